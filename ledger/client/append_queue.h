// The appends that a client has not answered to its caller yet, and what to report for each. This is the part of
// AppendClient that makes decisions: no threads, no sockets, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/client/append_client.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Not thread-safe.
class AppendQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What to tell the caller. The append counts as unanswered until Forget.
  struct Answer {
    uint64_t correlation;
    AppendClient::Callback done;
    Result<std::vector<Acknowledgment>> result;
    std::optional<ErrorInfo> refusal;
  };

  // Adds a request of `items` records, already encoded with this correlation number. Requests are sent in the order of
  // their numbers.
  void Add(uint64_t correlation, std::string request, size_t items, Time deadline, AppendClient::Callback done);
  // Adds a request that is answered without being sent.
  void AddFailed(uint64_t correlation, AppendClient::Callback done, Status status);

  // The next request to send, which then counts as sent. Null when there is none, when `max_inflight` requests are sent
  // and unanswered, or while holding().
  const std::string* NextToSend(size_t max_inflight);

  // Not ok, with the reason, when the connection can no longer be used; the caller must then call Disconnected.
  Status OnResponse(Response response);
  // Unanswered requests will be sent again on the next connection.
  void Disconnected();

  // Whether the ledger answered "not now" to a request. Nothing more is sent until all others have been answered and
  // Release is called; then everything unfinished is sent again, in order.
  bool holding() const { return !hold_.ok(); }
  const std::string& hold_reason() const { return hold_.message(); }
  size_t inflight() const { return inflight_.size(); }
  void Release();

  // Answers requests whose deadline has passed. `problem` is the last error, for the message.
  void Expire(Time now, const std::string& problem);
  void FailAll(const Status& status);

  std::vector<Answer> TakeAnswers() { return std::exchange(answers_, {}); }
  void Forget(const std::vector<Answer>& answers);

  size_t bytes() const { return bytes_; }
  bool waiting() const { return !deadlines_.empty(); }  // some request has no answer yet
  Time NextDeadline() const { return deadlines_.empty() ? Time::max() : deadlines_.begin()->first; }
  // Whether all requests up to this number have been answered and forgotten.
  bool DoneUpTo(uint64_t correlation) const { return pending_.empty() || pending_.begin()->first > correlation; }

 private:
  struct Pending {
    std::string request;
    size_t items = 0;
    Time deadline{};
    AppendClient::Callback done;
    bool sent = false;             // on the present connection, and not answered on it
    bool outcome_unknown = false;  // sent on an earlier connection that broke before the answer
    bool finished = false;         // its answer is in answers_ or was taken
  };
  using Entry = std::pair<const uint64_t, Pending>;

  Status OnRefusedConnection(const ResponseBody& body);
  void ForgetSent();
  void Finish(Entry& entry, Result<std::vector<Acknowledgment>> result,
              std::optional<ErrorInfo> refusal = std::nullopt);
  static Status Undelivered(const Pending& pending, const Status& why);

  std::map<uint64_t, Pending> pending_;
  std::set<std::pair<Time, uint64_t>> deadlines_;  // of unfinished requests
  std::deque<uint64_t> inflight_;                  // sent on this connection, in order; their deadlines may have passed
  uint64_t next_ = 0;                              // requests before it are not sent
  Status hold_;                                    // not ok: why to send nothing for a while
  size_t bytes_ = 0;
  std::vector<Answer> answers_;
};

}  // namespace envledger
