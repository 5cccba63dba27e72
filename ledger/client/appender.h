// Sends a stream of transitions in batches, several at a time, and finds the record that caused a batch to be refused.
//
// Two batches with records of one envelope are never in flight together, because the second could be stored although
// the first was refused, and the order of the records would be lost. Everything else is pipelined. A batch that must
// wait takes more lines meanwhile, so that a slow disk leads to larger batches and does not slow the reader down.
// Results are reported in the order of the lines.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/base/siphash.h"
#include "ledger/base/status.h"
#include "ledger/client/append_client.h"

namespace envledger {

// Sends one batch, as AppendClient::AppendBatchAsync does. The callback is called later, from any thread.
using SendBatch = std::function<void(const std::vector<AppendRecord>&, AppendClient::Callback)>;

struct AppendLine {
  uint64_t number = 0;
  std::string envelope_id;
  AppendRecord record;
};

struct AppendLimits {
  size_t batch_records = 256;  // a batch of this size is sent
  size_t batch_bytes = 256 * 1024;
  size_t most_batch_records = 1024;  // limit while a batch waits; the default limit of the daemon
  size_t most_batch_bytes = 1 << 20;
  size_t batches_in_flight = 16;
};

// Reports the results of the lines: acknowledgments in the order of the lines, refusals as soon as they are known.
struct AppendEvents {
  std::function<void(const AppendLine&, const Acknowledgment&)> acknowledged;
  std::function<void(const AppendLine&, const Status&, const ErrorInfo*)> refused;
};

// Used by one thread.
class Appender {
 public:
  // With `keep_going`, a refused record is skipped and the rest continues; without it, nothing is sent after a refusal.
  Appender(SendBatch send, AppendLimits limits, bool keep_going, AppendEvents events);
  ~Appender();  // REQUIRES: nothing is in flight (Finish was called)
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // Takes one more line. Waits while too much is in flight.
  void Add(AppendLine line);
  // Sends the lines that were added and not sent yet.
  void Flush();
  // Flushes, and waits until everything is answered.
  void Finish();

  // Whether sending has stopped: after a refusal without keep_going, or after a failure.
  bool stopped() const { return stopped_; }
  // Why the ledger could not answer; ok while it always could. Refusals of records are not failures.
  const Status& failure() const { return failure_; }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t refused() const { return refused_; }
  // Lines that were neither acknowledged nor refused: added before the stop, and not known to be stored.
  uint64_t abandoned() const { return abandoned_; }

 private:
  struct Answer;
  struct Batch {
    std::vector<AppendLine> lines;
    std::shared_ptr<Answer> answer;
  };

  static std::shared_ptr<Answer> Send(const SendBatch& send, const std::vector<AppendLine>& lines, size_t from,
                                      size_t to);
  bool HasRoomToWait() const;
  bool MustWait() const;
  void SettleFront();
  void SettleRefused(const std::vector<AppendLine>& lines, const Answer& answer);
  void Acknowledge(const std::vector<AppendLine>& lines, size_t from, const Answer& answer);
  void TakeApart(const std::vector<AppendLine>& lines, const Answer& first_answer);
  void Refuse(const AppendLine& line, const Answer& answer);
  void Fail(const Status& failure, size_t lines);

  const SendBatch send_;
  const AppendLimits limits_;
  const bool keep_going_;
  const AppendEvents events_;
  std::vector<AppendLine> pending_;
  size_t pending_bytes_ = 0;
  bool waiting_ = false;  // the pending batch is large enough, and had to wait at the last look
  std::deque<Batch> in_flight_;
  std::unordered_map<std::string, size_t, KeyedHash> envelopes_in_flight_;  // number of lines for each envelope
  bool stopped_ = false;
  Status failure_;
  uint64_t acknowledged_ = 0;
  uint64_t refused_ = 0;
  uint64_t abandoned_ = 0;
};

}  // namespace envledger
