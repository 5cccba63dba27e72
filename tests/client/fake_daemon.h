// A daemon that remembers appends and misbehaves as a test tells it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/protocol/message.h"
#include "ledger/transport/server.h"

namespace envledger {

class FakeDaemon {
 public:
  enum class Act {
    kAppend,         // and acknowledge
    kAppendAndDrop,  // and break the connection instead of the acknowledgment
    kDrop,           // break the connection
    kHold,           // neither handle nor answer, until AnswerHeld
    kRefuse,         // answer with `refusal`
    kNonsense,       // answer with bytes that are no message
  };
  // What to do with the request that is the `nth` (from 0) of all that came, whatever connection it came on.
  using Script = std::function<Act(size_t nth, const std::vector<std::string>& transitions)>;

  explicit FakeDaemon(std::string path) : path_(std::move(path)) {}

  void Start(const ServerLimits& limits = {}) {
    Result<UniqueFd> fd = ListenUnix(path_, 0600, 64);
    ASSERT_TRUE(fd.ok()) << fd.status().ToString();
    std::vector<Listener> listeners;
    listeners.push_back({.fd = *std::move(fd),
                         .name = "fake",
                         .admit = [this](const Peer&) { return admit; },
                         .open =
                             [this](const Peer& peer, NewConnection connection) {
                               // Each connection has its own.
                               const auto mine = std::make_shared<const Peer>(peer);
                               connection.Accept([this, mine](std::string frame, Reply reply) {
                                 Handle(mine, std::move(frame), std::move(reply));
                               });
                             }});
    const auto encode_error = [](const Status& status) {
      ErrorInfo error;
      error.status = status;
      return EncodeResponse({.correlation = 0, .body = std::move(error)});
    };
    Result<std::unique_ptr<Server>> server = Server::Start(std::move(listeners), limits, encode_error, counters_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
    server_->Accept();
  }
  void Stop() { server_.reset(); }
  ServerStats Stats() const { return counters_.Read(); }

  // What was appended, in order, each once.
  std::vector<std::string> Appended() {
    MutexLock lock(mutex_);
    return appended_;
  }
  size_t Received() {
    MutexLock lock(mutex_);
    return received_;
  }
  size_t Replays() {
    MutexLock lock(mutex_);
    return replays_;
  }
  void SetScript(Script script) {
    MutexLock lock(mutex_);
    script_ = std::move(script);
  }
  // Handles what was held.
  void AnswerHeld() {
    MutexLock lock(mutex_);
    for (auto& [request, reply] : std::exchange(held_, {})) reply.Send(Append(request));
  }

  Status admit;       // set before Start
  ErrorInfo refusal;  // set before a script uses it

 private:
  void Handle(const std::shared_ptr<const Peer>& connection, std::string frame, Reply reply) {
    Result<Request> request = DecodeRequest(frame);
    ASSERT_TRUE(request.ok()) << request.status().ToString();
    MutexLock lock(mutex_);
    if (broken_ == connection) return;  // what comes behind a break on the same connection is lost
    if (!std::holds_alternative<AppendRequest>(request->body)) {
      return reply.Send(EncodeResponse({.correlation = request->correlation, .body = PingResponse{}}));
    }
    std::vector<std::string> transitions;
    for (const AppendItem& item : std::get<AppendRequest>(request->body).items)
      transitions.emplace_back(item.transition);
    switch (script_ ? script_(received_++, transitions) : (++received_, Act::kAppend)) {
      case Act::kAppend:
        return reply.Send(Append(frame));
      case Act::kAppendAndDrop:
        Append(frame);
        broken_ = connection;
        return;
      case Act::kDrop:
        broken_ = connection;
        return;
      case Act::kHold:
        held_.emplace_back(std::move(frame), std::move(reply));
        return;
      case Act::kRefuse:
        return reply.Send(EncodeResponse({.correlation = request->correlation, .body = refusal}));
      case Act::kNonsense:
        return reply.Send("nonsense");
    }
  }

  std::string Append(const std::string& frame) REQUIRES(mutex_) {
    const Result<Request> request = DecodeRequest(frame);
    AppendResponse response;
    for (const AppendItem& item : std::get<AppendRequest>(request->body).items) {
      const auto [known, added] = acknowledged_.try_emplace(std::string(item.transition));
      if (added) {
        known->second = {.seq = appended_.size(), .envelope_revision = item.expected_revision.value_or(0)};
        appended_.emplace_back(item.transition);
      }
      response.acknowledgments.push_back(known->second);
      response.acknowledgments.back().replayed = !added;
      if (!added) ++replays_;
    }
    return EncodeResponse({.correlation = request->correlation, .body = std::move(response)});
  }

  const std::string path_;
  Mutex mutex_;
  Script script_ GUARDED_BY(mutex_);
  size_t received_ GUARDED_BY(mutex_) = 0;
  size_t replays_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const Peer> broken_ GUARDED_BY(mutex_);
  std::map<std::string, Acknowledgment> acknowledged_ GUARDED_BY(mutex_);
  std::vector<std::string> appended_ GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, Reply>> held_ GUARDED_BY(mutex_);
  ServerCounters counters_;
  std::unique_ptr<Server> server_;  // stops first
};

}  // namespace envledger
