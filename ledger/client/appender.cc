// How a refused batch is split. A batch is all or nothing, and the refusal names one of its records. The records are
// sent again in pieces, one piece at a time: first those before the named record, which the ledger did not object to,
// then the rest. A piece that is refused again is halved, so that a batch full of bad records costs a few requests per
// record, and never a quadratic number. A refusal that names no record (for example, because the batch is too large)
// halves the batch too.
#include "ledger/client/appender.h"

#include <algorithm>

#include "ledger/base/mutex.h"

namespace envledger {

struct Appender::Answer {
  Mutex mutex;
  CondVar arrived;
  bool done GUARDED_BY(mutex) = false;
  // Written once, before `done`.
  Status status;
  std::vector<Acknowledgment> acknowledgments;
  std::optional<ErrorInfo> error;

  bool Arrived() {
    MutexLock lock(mutex);
    return done;
  }
  void Wait() {
    MutexLock lock(mutex);
    while (!done) arrived.Wait(mutex);
  }
};

namespace {

// Whether the ledger refused a record, rather than being unavailable or refusing this caller altogether.
bool IsRefusal(const Status& status) {
  return status.code() == Code::kInvalidArgument || status.code() == Code::kConflict ||
         status.code() == Code::kResourceExhausted;
}

}  // namespace

Appender::Appender(SendBatch send, AppendLimits limits, bool keep_going, AppendEvents events)
    : send_(std::move(send)), limits_(limits), keep_going_(keep_going), events_(std::move(events)) {}

Appender::~Appender() = default;

void Appender::Add(AppendLine line) {
  if (stopped_) {
    ++abandoned_;
    return;
  }
  const size_t size = line.record.transition.size();
  if (!pending_.empty() && pending_bytes_ + size > limits_.most_batch_bytes) Flush();
  pending_bytes_ += size;
  pending_.push_back(std::move(line));
  if (pending_.size() < limits_.batch_records && pending_bytes_ < limits_.batch_bytes) return;

  bool settled = false;
  while (!in_flight_.empty() && in_flight_.front().answer->Arrived()) {
    SettleFront();
    settled = true;
  }
  // A waiting batch can only be unblocked when another is settled, so it is checked again only then.
  if (!waiting_ || settled) waiting_ = MustWait();
  if (!waiting_ || !HasRoomToWait()) Flush();
}

bool Appender::HasRoomToWait() const {
  return pending_.size() < limits_.most_batch_records && pending_bytes_ < limits_.most_batch_bytes;
}

void Appender::Flush() {
  if (pending_.empty()) return;
  while (MustWait()) SettleFront();
  if (stopped_) {
    abandoned_ += pending_.size();
  } else {
    for (const AppendLine& line : pending_) ++envelopes_in_flight_[line.envelope_id];
    auto answer = Send(send_, pending_, 0, pending_.size());
    in_flight_.push_back({std::move(pending_), std::move(answer)});
  }
  pending_.clear();
  pending_bytes_ = 0;
  waiting_ = false;
}

void Appender::Finish() {
  Flush();
  while (!in_flight_.empty()) SettleFront();
}

bool Appender::MustWait() const {
  if (in_flight_.empty()) return false;
  return in_flight_.size() >= limits_.batches_in_flight ||
         std::any_of(pending_.begin(), pending_.end(),
                     [this](const AppendLine& line) { return envelopes_in_flight_.contains(line.envelope_id); });
}

std::shared_ptr<Appender::Answer> Appender::Send(const SendBatch& send, const std::vector<AppendLine>& lines,
                                                 size_t from, size_t to) {
  auto answer = std::make_shared<Answer>();
  const size_t expected = to - from;
  std::vector<AppendRecord> records;
  records.reserve(expected);
  for (size_t i = from; i < to; ++i) records.push_back(lines[i].record);
  send(std::move(records), [answer, expected](Result<std::vector<Acknowledgment>> result, const ErrorInfo* error) {
    if (!result.ok()) {
      answer->status = result.status();
    } else if (result->size() != expected) {
      answer->status = Internal("the ledger acknowledged " + std::to_string(result->size()) + " records of " +
                                std::to_string(expected));
    } else {
      answer->acknowledgments = *std::move(result);
    }
    if (error != nullptr) answer->error = *error;
    MutexLock lock(answer->mutex);
    answer->done = true;
    answer->arrived.NotifyAll();
  });
  return answer;
}

void Appender::SettleFront() {
  const Batch batch = std::move(in_flight_.front());
  in_flight_.pop_front();
  batch.answer->Wait();
  if (batch.answer->status.ok()) {
    Acknowledge(batch.lines, 0, *batch.answer);
  } else {
    SettleRefused(batch.lines, *batch.answer);
  }
  for (const AppendLine& line : batch.lines) {
    const auto found = envelopes_in_flight_.find(line.envelope_id);
    if (--found->second == 0) envelopes_in_flight_.erase(found);
  }
}

void Appender::Acknowledge(const std::vector<AppendLine>& lines, size_t from, const Answer& answer) {
  for (size_t i = 0; i < answer.acknowledgments.size(); ++i) {
    events_.acknowledged(lines[from + i], answer.acknowledgments[i]);
  }
  acknowledged_ += answer.acknowledgments.size();
}

void Appender::Refuse(const AppendLine& line, const Answer& answer) {
  ++refused_;
  events_.refused(line, answer.status, answer.error ? &*answer.error : nullptr);
}

void Appender::SettleRefused(const std::vector<AppendLine>& lines, const Answer& answer) {
  if (!IsRefusal(answer.status)) {
    Fail(answer.status, lines.size());
  } else if (!stopped_) {
    TakeApart(lines, answer);
  } else {
    // It was already sent when an earlier one was refused. Nothing more is sent, but its known result is reported.
    const int64_t item = answer.error ? answer.error->item : -1;
    const bool named = item >= 0 && static_cast<size_t>(item) < lines.size();
    if (named) Refuse(lines[static_cast<size_t>(item)], answer);
    abandoned_ += lines.size() - (named ? 1 : 0);
  }
}

void Appender::TakeApart(const std::vector<AppendLine>& lines, const Answer& first_answer) {
  size_t from = 0;             // the first line that is not settled
  size_t size = lines.size();  // size of the piece from there: first the one that was sent, then the next
  const Answer* refused = &first_answer;
  std::shared_ptr<Answer> answer;
  while (true) {
    const int64_t item = refused != nullptr && refused->error ? refused->error->item : -1;
    if (refused == nullptr) {
      Acknowledge(lines, from, *answer);
      from += size;
      size *= 2;
    } else if (!IsRefusal(refused->status)) {
      return Fail(refused->status, lines.size() - from);
    } else if (item == 0 || size == 1) {
      Refuse(lines[from], *refused);
      ++from;
      size = std::max<size_t>(1, size / 2);
      if (!keep_going_) {
        stopped_ = true;
        abandoned_ += lines.size() - from;
        return;
      }
    } else {
      const bool named = item > 0 && static_cast<size_t>(item) < size;
      size = named ? static_cast<size_t>(item) : size / 2;
    }
    if (from == lines.size()) return;
    size = std::min(size, lines.size() - from);
    answer = Send(send_, lines, from, from + size);
    answer->Wait();
    refused = answer->status.ok() ? nullptr : answer.get();
  }
}

void Appender::Fail(const Status& failure, size_t lines) {
  stopped_ = true;
  abandoned_ += lines;
  if (failure_.ok()) failure_ = failure;
}

}  // namespace envledger
