// A stand-in for the append socket, in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/client/appender.h"

namespace envledger {

// Acts like the daemon's append socket: a batch is stored as a whole or not at all, in the order sent. Answers at once,
// or when told to.
class BatchDaemon {
 public:
  SendBatch Sender() {
    return [this](const std::vector<AppendRecord>& records, AppendClient::Callback done) {
      requests.push_back({});
      for (const AppendRecord& record : records) requests.back().push_back(record.transition);
      waiting_.push_back({records, std::move(done)});
      most_waiting = std::max(most_waiting, waiting_.size());
      if (waiting_.size() > delay) AnswerFirst();
    };
  }
  void AnswerAll() {
    while (!waiting_.empty()) AnswerFirst();
  }

  size_t delay = 0;  // the number of batches that may wait before the first is answered
  std::set<std::string> bad;
  bool name_the_item = true;
  Status failure;  // the answer to every batch from index fails_from on
  size_t fails_from = 1000;
  std::vector<std::vector<std::string>> requests;
  std::vector<std::string> stored;
  size_t most_waiting = 0;

 private:
  struct Waiting {
    std::vector<AppendRecord> records;
    AppendClient::Callback done;
  };
  void AnswerFirst() {
    const Waiting first = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    if (answered_++ >= fails_from) return first.done(failure, nullptr);
    for (size_t i = 0; i < first.records.size(); ++i) {
      if (!bad.contains(first.records[i].transition)) continue;
      ErrorInfo error;
      error.status = Conflict("legal-move", "bad " + first.records[i].transition);
      error.item = name_the_item ? static_cast<int32_t>(i) : -1;
      return first.done(error.status, &error);
    }
    std::vector<Acknowledgment> acknowledgments;
    for (const AppendRecord& record : first.records) {
      acknowledgments.push_back({.seq = stored.size()});
      stored.push_back(record.transition);
    }
    first.done(std::move(acknowledgments), nullptr);
  }
  std::vector<Waiting> waiting_;
  size_t answered_ = 0;
};

}  // namespace envledger
