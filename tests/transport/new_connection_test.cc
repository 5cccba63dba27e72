// Connections that are begun later, and connections whose peer goes away while they wait.
#include <gmock/gmock.h>

#include "ledger/transport/server.h"
#include "tests/transport/test_server.h"

namespace envledger {
namespace {

using testing::HasSubstr;
using testing::Optional;

class NewConnectionTest : public ServerTest {
 protected:
  NewConnectionTest() {
    open_ = [this](const Peer& peer, NewConnection connection) {
      MutexLock lock(mutex_);
      connections_.emplace_back(peer, std::move(connection));
    };
  }
  // The connection that waits, once there is one.
  std::pair<Peer, NewConnection> TakeConnection() {
    EXPECT_TRUE(WaitUntil(
        [this] {
          MutexLock lock(mutex_);
          return !connections_.empty();
        },
        seconds(20)));
    MutexLock lock(mutex_);
    std::pair<Peer, NewConnection> first = std::move(connections_.front());
    connections_.erase(connections_.begin());
    return first;
  }

 private:
  Mutex mutex_;
  std::vector<std::pair<Peer, NewConnection>> connections_ GUARDED_BY(mutex_);
};

TEST_F(NewConnectionTest, NothingIsReadBeforeAConnectionIsAcceptedAndEverythingAfter) {
  ServerLimits limits;
  limits.frame_timeout = milliseconds(200);  // does not run while the peer cannot be read
  Start(limits);
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  auto [peer, connection] = TakeConnection();
  RawClient other(path_);
  TakeConnection().second.Accept([](std::string frame, Reply reply) { reply.Send(std::move(frame)); });
  EXPECT_TRUE(other.ReadToEnd()) << "it owed a frame, and its time is up";
  EXPECT_EQ(Stats().inflight_bytes, 0u);
  EXPECT_EQ(Handled(), 0u);
  Accept(peer, std::move(connection));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("1")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("2")));
}

TEST_F(NewConnectionTest, ARefusalIsToldAndClosesTheConnection) {
  Start();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  TakeConnection().second.Refuse(Unavailable("not today"));
  EXPECT_THAT(client.ReadFrame(), Optional(HasSubstr("not today")));
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().refused, 1u);
}

TEST_F(NewConnectionTest, OneThatIsDroppedClosesTheConnection) {
  Start();
  RawClient client(path_);
  { const NewConnection dropped = TakeConnection().second; }
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(NewConnectionTest, APeerThatGoesAwayMeanwhileCountsNoLonger) {
  Start();
  RawClient client(path_);
  auto [peer, connection] = TakeConnection();
  EXPECT_EQ(Stats().connections, 1u);
  client.Close();
  EXPECT_TRUE(WaitForConnections(0));
  Accept(peer, std::move(connection));  // too late, and harmless
  RawClient next(path_);
  ASSERT_TRUE(next.WriteFrame("1"));
  auto [next_peer, next_opening] = TakeConnection();
  Accept(next_peer, std::move(next_opening));
  EXPECT_THAT(next.ReadFrame(), Optional(std::string("1")));
}

TEST_F(NewConnectionTest, MayOutliveTheServer) {
  Start();
  RawClient client(path_);
  auto [peer, connection] = TakeConnection();
  server_.reset();
  EXPECT_TRUE(client.ReadToEnd());
  Accept(peer, std::move(connection));
}

class HangUpTest : public ServerTest {};

TEST_F(HangUpTest, IsToldToWhoWorksForThePeerAndTheConnectionCountsUntilThatEnds) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  std::vector<Request> held = TakeHeld(1);
  const Reply::Watch watch = held[0].reply.MakeWatch();
  EXPECT_FALSE(watch.Unwanted());
  std::atomic<int> told = 0;
  watch.WhenUnwanted([&] { ++told; });
  client.Close();
  EXPECT_TRUE(WaitUntil([&] { return told == 1; }, seconds(20)));
  EXPECT_TRUE(watch.Unwanted());
  EXPECT_EQ(Stats().connections, 1u) << "what works for it still takes memory";
  EXPECT_GT(Stats().inflight_bytes, 0u);
  watch.WhenUnwanted([&] { ++told; });
  EXPECT_EQ(told, 2) << "it is so already";
  held.clear();
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
}

TEST_F(HangUpTest, IsNoticedThoughThePeerMayNotBeReadFrom) {
  ServerLimits limits;
  limits.max_inflight_requests_per_connection = 1;
  Start(limits);
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(1);
  const Reply::Watch watch = held[0].reply.MakeWatch();
  client.Close();
  EXPECT_TRUE(WaitUntil([&] { return watch.Unwanted(); }, seconds(20)));
}

TEST_F(HangUpTest, WhatWasSentBeforeIsStillHandledInOrder) {
  ServerLimits limits;
  limits.max_inflight_requests_per_connection = 1;
  Start(limits);
  Hold();
  {
    RawClient client(path_);
    ASSERT_TRUE(client.Write(Framed("1") + Framed("2") + Framed("3")));
  }
  for (const std::string frame : {"1", "2", "3"}) {
    std::vector<Request> held = TakeHeld(1);
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held[0].frame, frame);
    const Reply::Watch watch = held[0].reply.MakeWatch();
    EXPECT_TRUE(WaitUntil([&] { return watch.Unwanted(); }, seconds(20)));
    held[0].reply.Send("nobody reads this");
  }
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
  EXPECT_EQ(Handled(), 3u);
}

TEST_F(HangUpTest, APeerThatOnlyStoppedWritingIsNotHungUp) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  client.EndWriting();
  std::vector<Request> held = TakeHeld(1);
  const Reply::Watch watch = held[0].reply.MakeWatch();
  // When another peer's hang-up has been through the loop, this one's would have been.
  {
    RawClient leaves(path_);
    ASSERT_TRUE(leaves.WriteFrame("2"));
    std::vector<Request> other = TakeHeld(1);
    const Reply::Watch gone = other[0].reply.MakeWatch();
    leaves.Close();
    EXPECT_TRUE(WaitUntil([&] { return gone.Unwanted(); }, seconds(20)));
  }
  EXPECT_FALSE(watch.Unwanted());
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
}

TEST_F(HangUpTest, OfOneThatLeftRepliesUnreadIsNoticedToo) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  held[0].reply.Send(std::string(100, 'x'));
  pollfd unread{.fd = client.fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&unread, 1, 20'000), 1);
  client.Close();
  const Reply::Watch watch = held[1].reply.MakeWatch();
  EXPECT_TRUE(WaitUntil([&] { return watch.Unwanted(); }, seconds(20)));
  held.clear();
  EXPECT_TRUE(WaitForConnections(0));
}

}  // namespace
}  // namespace envledger
