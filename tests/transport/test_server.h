// A server whose handler echoes, or keeps the replies until the test sends them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/transport/server.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerTest : public testing::Test {
 protected:
  struct Request {
    std::string frame;
    Reply reply;
  };

  void Start(const ServerLimits& limits = {}) {
    Result<UniqueFd> fd = ListenUnix(path_, 0600, 4096);
    ASSERT_TRUE(fd.ok()) << fd.status().ToString();
    std::vector<Listener> listeners;
    listeners.push_back(
        {.fd = *std::move(fd),
         .name = "test",
         .admit = [this](const Peer& peer) { return admit_(peer); },
         .open = [this](const Peer& peer, NewConnection connection) { open_(peer, std::move(connection)); }});
    Result<std::unique_ptr<Server>> server = Server::Start(std::move(listeners), limits, EncodeError, counters_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
    server_->Accept();
  }
  ServerStats Stats() const { return counters_.Read(); }

  static std::string EncodeError(const Status& status) { return "error: " + status.ToString(); }

  // From now on frames are kept until the test takes them.
  void Hold() {
    MutexLock lock(mutex_);
    holding_ = true;
  }
  size_t Handled() {
    MutexLock lock(mutex_);
    return handled_;
  }
  std::thread::id HandlerThread() {
    MutexLock lock(mutex_);
    return handler_thread_;
  }
  Peer LastPeer() {
    MutexLock lock(mutex_);
    return last_peer_;
  }
  // The frames that are kept, once there are `count`.
  std::vector<Request> TakeHeld(size_t count) {
    EXPECT_TRUE(WaitUntil(
        [&] {
          MutexLock lock(mutex_);
          return held_.size() >= count;
        },
        seconds(20)));
    MutexLock lock(mutex_);
    return std::exchange(held_, {});
  }
  bool WaitForConnections(uint64_t count) {
    return WaitUntil([&] { return Stats().connections == count; }, seconds(20));
  }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/test.sock";
  std::function<Status(const Peer&)> admit_ = [](const Peer&) { return Ok(); };
  std::function<void(const Peer&, NewConnection)> open_ = [this](const Peer& peer, NewConnection connection) {
    Accept(peer, std::move(connection));
  };
  void Accept(const Peer& peer, NewConnection connection) {
    connection.Accept(
        [this, peer](std::string frame, Reply reply) { Handle(peer, std::move(frame), std::move(reply)); });
  }

 private:
  void Handle(const Peer& peer, std::string frame, Reply reply) {
    MutexLock lock(mutex_);
    ++handled_;
    last_peer_ = peer;
    handler_thread_ = std::this_thread::get_id();
    if (holding_) {
      held_.push_back({std::move(frame), std::move(reply)});
    } else {
      reply.Send(std::move(frame));
    }
  }

  Mutex mutex_;
  bool holding_ GUARDED_BY(mutex_) = false;
  size_t handled_ GUARDED_BY(mutex_) = 0;
  Peer last_peer_ GUARDED_BY(mutex_);
  std::thread::id handler_thread_ GUARDED_BY(mutex_);
  std::vector<Request> held_ GUARDED_BY(mutex_);

 protected:
  ServerCounters counters_;
  std::unique_ptr<Server> server_;  // stops first
};

}  // namespace envledger
