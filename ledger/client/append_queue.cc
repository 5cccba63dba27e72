// Sending again is safe: the ledger answers bytes that it already has with their first acknowledgment. What remains is
// what to report when no answer comes. A request is "sent" from the moment that its bytes may have left. When its
// connection breaks before the answer, its outcome is unknown until a later answer settles it.
//
// Order matters, because records of one envelope build on each other. When the ledger answers "not now" to one request
// of a pipeline, requests behind it may be refused only because that one is missing. Their refusals are therefore
// ignored: the queue holds, waits for the rest of the answers, and sends everything that was not acknowledged again, in
// order.
#include "ledger/client/append_queue.h"

#include <algorithm>

#include "ledger/transport/frame.h"

namespace envledger {

void AppendQueue::Add(uint64_t correlation, std::string request, size_t items, Time deadline,
                      AppendClient::Callback done) {
  bytes_ += request.size();
  deadlines_.emplace(deadline, correlation);
  pending_.emplace(
      correlation,
      Pending{.request = std::move(request), .items = items, .deadline = deadline, .done = std::move(done)});
  next_ = std::min(next_, correlation);
}

void AppendQueue::AddFailed(uint64_t correlation, AppendClient::Callback done, Status status) {
  const auto added =
      pending_.emplace(correlation, Pending{.request = {}, .items = 0, .deadline = {}, .done = std::move(done)});
  Finish(*added.first, std::move(status));
}

const std::string* AppendQueue::NextToSend(size_t max_inflight) {
  if (holding() || inflight_.size() >= max_inflight) return nullptr;
  auto next = pending_.lower_bound(next_);
  while (next != pending_.end() && (next->second.finished || next->second.sent)) ++next;
  if (next == pending_.end()) return nullptr;
  next->second.sent = true;
  inflight_.push_back(next->first);
  next_ = next->first + 1;
  return &next->second.request;
}

Status AppendQueue::OnResponse(Response response) {
  if (response.correlation == 0) return OnRefusedConnection(response.body);
  if (inflight_.empty() || inflight_.front() != response.correlation) {
    return Internal("the ledger answered the requests out of order");
  }
  inflight_.pop_front();
  const auto found = pending_.find(response.correlation);
  if (found == pending_.end() || found->second.finished) return Ok();  // its deadline has passed
  Pending& pending = found->second;
  if (auto* refusal = std::get_if<ErrorInfo>(&response.body)) {
    pending.sent = false;
    const Code code = refusal->status.code();
    const bool final = code == Code::kUnknownOutcome || code == Code::kCorruption;
    if (code == Code::kUnavailable || (holding() && !final)) {
      hold_ = std::move(refusal->status);
      return Ok();
    }
    Status status = refusal->status;
    Finish(*found, std::move(status), std::move(*refusal));
    return Ok();
  }
  auto* acknowledged = std::get_if<AppendResponse>(&response.body);
  if (acknowledged == nullptr || acknowledged->acknowledgments.size() != pending.items) {
    Status nonsense = Internal("the ledger's answer does not match the request");
    Finish(*found, nonsense);
    return nonsense;
  }
  Finish(*found, std::move(acknowledged->acknowledgments));
  return Ok();
}

// A response to no particular request: the daemon's last message on this connection. Frames after it are not handled.
Status AppendQueue::OnRefusedConnection(const ResponseBody& body) {
  const auto* refusal = std::get_if<ErrorInfo>(&body);
  if (refusal == nullptr) return Internal("the ledger answered a request that was never made");
  const Status& status = refusal->status;
  switch (status.code()) {
    case Code::kNotPermitted:
      ForgetSent();
      FailAll(status);
      return status;
    case Code::kUnavailable:
      ForgetSent();
      return status;
    case Code::kResourceExhausted:
      if (status.rule() != kMaxFrameBytesRule) {  // too many connections: there may be room later
        ForgetSent();
        return status;
      }
      break;
    default:
      break;
  }
  // It concerns the first unanswered frame, which will never be accepted.
  if (!inflight_.empty()) {
    const auto found = pending_.find(inflight_.front());
    if (found != pending_.end() && !found->second.finished) Finish(*found, status, *refusal);
  }
  if (status.rule() == kMaxFrameBytesRule) ForgetSent();
  return status;
}

// Marks unanswered requests as not sent: the daemon did not handle them.
void AppendQueue::ForgetSent() {
  for (const uint64_t correlation : inflight_) {
    if (const auto found = pending_.find(correlation); found != pending_.end()) found->second.sent = false;
  }
  inflight_.clear();
}

void AppendQueue::Disconnected() {
  for (const uint64_t correlation : inflight_) {
    const auto found = pending_.find(correlation);
    if (found != pending_.end() && found->second.sent) found->second.outcome_unknown = true;
  }
  ForgetSent();
  Release();
}

void AppendQueue::Release() {
  hold_ = Ok();
  next_ = 0;
}

void AppendQueue::Expire(Time now, const std::string& problem) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Entry& entry = *pending_.find(deadlines_.begin()->second);
    const std::string because = problem.empty() ? "" : ": " + problem;
    Finish(entry, Undelivered(entry.second, Unavailable("the deadline passed" + because)));
  }
}

void AppendQueue::FailAll(const Status& status) {
  for (Entry& entry : pending_) {
    if (!entry.second.finished) Finish(entry, Undelivered(entry.second, status));
  }
}

Status AppendQueue::Undelivered(const Pending& pending, const Status& why) {
  if (!pending.sent && !pending.outcome_unknown) return why;
  return {Code::kUnknownOutcome,
          "sent, but no answer came; append the same bytes again to find out whether they were stored (" +
              why.message() + ")"};
}

void AppendQueue::Finish(Entry& entry, Result<std::vector<Acknowledgment>> result, std::optional<ErrorInfo> refusal) {
  auto& [correlation, pending] = entry;
  deadlines_.erase({pending.deadline, correlation});
  pending.finished = true;
  answers_.push_back({correlation, std::move(pending.done), std::move(result), std::move(refusal)});
}

void AppendQueue::Forget(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    const auto found = pending_.find(answer.correlation);
    bytes_ -= found->second.request.size();
    pending_.erase(found);
  }
}

}  // namespace envledger
