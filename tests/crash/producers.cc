#include "tests/crash/producers.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <utility>

#include "ledger/client/append_client.h"
#include "ledger/codec/transition.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::seconds;

AppendClientOptions ClientOptions(const std::string& socket) {
  AppendClientOptions options;
  options.socket_path = socket;
  options.deadline = seconds(60);
  return options;
}

std::vector<AppendRecord> RecordsOf(const Batch& batch) {
  std::vector<AppendRecord> records;
  for (const std::string& bytes : batch) records.push_back({bytes, std::nullopt});
  return records;
}

bool MayBeSentAgain(const Status& status) {
  return status.code() == Code::kUnavailable || status.code() == Code::kUnknownOutcome;
}

// One append and whether it was answered.
struct Sent {
  Batch batch;
  std::atomic<bool> answered = false;  // whatever the answer
  std::atomic<bool> settled = false;   // it was acknowledged or refused
};

class Producer {
 public:
  Producer(const std::string& name, const Load& load, uint64_t seed, Oracle& oracle)
      : name_(name), load_(load), random_(seed), oracle_(oracle) {}

  void Run(const std::string& socket, const std::atomic<bool>& stop) {
    {
      const auto client = AppendClient::Create(ClientOptions(socket));
      while (!stop) {
        Send(*client, NextBatch());
        const size_t most = 1 + random_() % load_.most_inflight;
        WaitUntil([&] { return stop || Waiting() < most; }, seconds(60));
      }
    }
    for (const auto& sent : sent_) {
      if (!sent->settled) oracle_.Unanswered(sent->batch);
    }
  }

 private:
  Batch NextBatch() {
    Batch batch;
    for (size_t items = 1 + random_() % load_.most_items; items > 0; --items) {
      if (next_.empty()) NextStory();
      batch.push_back(std::move(next_.front()));
      next_.pop_front();
    }
    return batch;
  }

  void NextStory() {
    std::vector<Transition> story = WholeStory(name_ + "-" + std::to_string(stories_++), name_);
    if (load_.purpose_bytes > 0) {
      story.resize(1);
      story[0].scope->purpose = std::string(load_.purpose_bytes, 'p');
    }
    for (const Transition& transition : story) {
      auto bytes = EncodeTransition(transition);
      if (!bytes.ok()) return oracle_.Problem("a transition cannot be encoded: " + bytes.status().ToString());
      next_.push_back(*std::move(bytes));
    }
  }

  void Send(AppendClient& client, Batch batch) {
    auto sent = std::make_shared<Sent>();
    sent->batch = std::move(batch);
    sent_.push_back(sent);
    client.AppendBatchAsync(RecordsOf(sent->batch),
                            [this, sent](Result<std::vector<Acknowledgment>> answer, const ErrorInfo*) {
                              if (answer.ok()) oracle_.Acknowledged(sent->batch, *answer);
                              sent->settled = answer.ok() || !MayBeSentAgain(answer.status());
                              if (!answer.ok() && sent->settled) {
                                oracle_.Problem("an append was refused: " + answer.status().ToString());
                              }
                              sent->answered = true;
                            });
  }

  size_t Waiting() {
    while (!sent_.empty() && sent_.front()->settled) sent_.pop_front();
    return static_cast<size_t>(
        std::count_if(sent_.begin(), sent_.end(), [](const auto& sent) { return !sent->answered; }));
  }

  const std::string name_;
  const Load load_;
  std::mt19937_64 random_;
  Oracle& oracle_;
  unsigned stories_ = 0;
  std::deque<std::string> next_;
  std::deque<std::shared_ptr<Sent>> sent_;
};

}  // namespace

Producers::Producers(const std::string& socket, const std::string& name, const Load& load, uint64_t seed,
                     Oracle& oracle) {
  for (unsigned i = 0; i < load.threads; ++i) {
    threads_.emplace_back(
        [=, this, &oracle] { Producer(name + "-" + std::to_string(i), load, seed + i, oracle).Run(socket, stop_); });
  }
}

void Producers::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void AppendUnanswered(const std::string& socket, Oracle& oracle) {
  const auto client = AppendClient::Create(ClientOptions(socket));
  for (Batch& batch : oracle.TakeUnanswered()) {
    const auto answer = client->AppendBatch(RecordsOf(batch)).get();
    if (answer.ok()) {
      oracle.Acknowledged(batch, *answer);
    } else {
      oracle.Problem("an append that was sent again was not acknowledged: " + answer.status().ToString());
    }
  }
}

void AppendSample(const std::string& socket, Oracle& oracle) {
  const Batch batch = oracle.Sample();
  if (batch.empty()) return;
  const auto answer = AppendClient::Create(ClientOptions(socket))->AppendBatch(RecordsOf(batch)).get();
  if (answer.ok()) {
    oracle.Acknowledged(batch, *answer);
  } else {
    oracle.Problem("an acknowledged append was refused when sent again: " + answer.status().ToString());
  }
}

}  // namespace envledger
