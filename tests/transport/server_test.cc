#include "ledger/transport/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/transport/test_server.h"

namespace envledger {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST_F(ServerTest, APeerThatIsNotAdmittedIsToldWhyAndNothingOfItIsRead) {
  admit_ = [](const Peer& peer) {
    return peer.uid == getuid() && peer.pid == getpid() ? Status(Code::kNotPermitted, "peer", "not you") : Ok();
  };
  Start();
  RawClient client(path_);
  client.WriteSome(Framed("hello"));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("error: not permitted (peer): not you")));
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_EQ(Handled(), 0u);
  EXPECT_EQ(Stats().refused, 1u);
  EXPECT_EQ(Stats().connections, 0u);
}

TEST_F(ServerTest, TheHandlerLearnsThePeer) {
  Start();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("who am I"));
  ASSERT_TRUE(client.ReadFrame().has_value());
  EXPECT_EQ(LastPeer().pid, getpid());
  EXPECT_EQ(LastPeer().uid, getuid());
}

TEST_F(ServerTest, EveryListenerHasItsOwnRulesAndMayComeBlocking) {
  std::vector<Listener> listeners;
  for (const char* name : {"open", "shut"}) {
    Result<UniqueFd> fd = ListenUnix(directory_.path() + "/" + name, 0600, 8);
    ASSERT_TRUE(fd.ok());
    ASSERT_EQ(fcntl(fd->get(), F_SETFL, 0), 0);  // as a service manager hands it over
    const bool open = std::string_view(name) == "open";
    listeners.push_back({.fd = *std::move(fd),
                         .name = name,
                         .admit = [open](const Peer&) { return open ? Ok() : Status(Code::kNotPermitted, "shut"); },
                         .open =
                             [](const Peer&, NewConnection connection) {
                               connection.Accept([](std::string frame, Reply reply) { reply.Send(std::move(frame)); });
                             }});
  }
  Result<std::unique_ptr<Server>> server = Server::Start(std::move(listeners), {}, EncodeError, counters_);
  ASSERT_TRUE(server.ok());
  (*server)->Accept();
  RawClient in(directory_.path() + "/open");
  RawClient out(directory_.path() + "/shut");
  ASSERT_TRUE(in.WriteFrame("in"));
  EXPECT_THAT(in.ReadFrame(), Optional(std::string("in")));
  EXPECT_THAT(out.ReadFrame(), Optional(HasSubstr("shut")));
}

TEST_F(ServerTest, DrainWritesThePendingRepliesThenClosesAndAcceptsNobody) {
  Start();
  Hold();
  RawClient idle(path_);
  RawClient client(path_);
  ASSERT_TRUE(idle.open());
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  std::thread drain([&] { server_->Drain(std::chrono::steady_clock::now() + seconds(60)); });
  EXPECT_TRUE(idle.ReadToEnd());
  EXPECT_TRUE(WaitUntil([&] { return !RawClient(path_).open(); }, seconds(20)));
  client.WriteSome(Framed("too late"));
  held[1].reply.Send("second");
  held[0].reply.Send("first");
  drain.join();
  EXPECT_EQ(Stats().connections, 0u);
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_EQ(Handled(), 2u);
}

TEST_F(ServerTest, DrainGivesUpAtItsDeadline) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  const std::vector<Request> held = TakeHeld(1);
  server_->Drain(std::chrono::steady_clock::now() + milliseconds(30));
  EXPECT_EQ(Stats().connections, 1u);
  server_.reset();
  EXPECT_TRUE(client.ReadToEnd());
}

TEST_F(ServerTest, DrainOfAServerWithoutConnectionsReturnsAtOnceAndAgain) {
  Start();
  server_->Drain(std::chrono::steady_clock::now() + seconds(60));
  server_->Drain(std::chrono::steady_clock::now() + seconds(60));
  EXPECT_FALSE(RawClient(path_).open());
}

TEST_F(ServerTest, LimitsThatContradictEachOtherAreRefused) {
  const auto refusal = [this](auto change) {
    ServerLimits limits;
    change(limits);
    const std::string rule = CheckServerLimits(limits).rule();
    EXPECT_EQ(Server::Start({}, limits, EncodeError, counters_).status().rule(), rule);
    return rule;
  };
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_frame_bytes = 0; }), "max-frame-bytes");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_connections = 0; }), "max-connections");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_connections_per_process = 0; }), "max-connections-per-process");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.idle_timeout = milliseconds(0); }), "idle-timeout-seconds");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_inflight_bytes_per_connection = l.max_frame_bytes; }),
            "max-inflight-bytes-per-connection");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_inflight_bytes = 2 * l.max_frame_bytes; }), "max-inflight-bytes");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_inflight_bytes_per_connection = 2 * l.max_inflight_bytes; }),
            "max-inflight-bytes");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_inflight_requests_per_connection = 0; }),
            "max-inflight-requests-per-connection");
  EXPECT_EQ(refusal([](ServerLimits& l) { l.frame_timeout = milliseconds(0); }), "frame-timeout-seconds");
  EXPECT_EQ(refusal([](ServerLimits&) {}), "");
}

TEST_F(ServerTest, NobodyIsAcceptedBeforeTheServerIsToldTo) {
  Result<UniqueFd> fd = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(fd.ok());
  std::atomic<int> admitted = 0;
  std::vector<Listener> listeners;
  listeners.push_back({.fd = *std::move(fd),
                       .name = "test",
                       .admit =
                           [&](const Peer&) {
                             ++admitted;
                             return Ok();
                           },
                       .open = open_});
  Result<std::unique_ptr<Server>> server = Server::Start(std::move(listeners), {}, EncodeError, counters_);
  ASSERT_TRUE(server.ok());
  RawClient early(path_);
  ASSERT_TRUE(early.WriteFrame("early"));
  char byte = 0;
  pollfd answer{.fd = early.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&answer, 1, 50), 0);
  EXPECT_EQ(recv(early.fd(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(admitted, 0);
  (*server)->Accept();
  EXPECT_THAT(early.ReadFrame(), Optional(std::string("early")));
}

TEST_F(ServerTest, RespondsUnlessItsThreadIsHeldUp) {
  std::promise<void> entered;
  std::promise<void> go_on;
  admit_ = [&](const Peer&) {
    entered.set_value();
    go_on.get_future().wait();
    return Ok();
  };
  Start();
  EXPECT_TRUE(server_->Responds(seconds(20)));
  const RawClient client(path_);
  entered.get_future().wait();
  EXPECT_FALSE(server_->Responds(milliseconds(1)));
  go_on.set_value();
  EXPECT_TRUE(server_->Responds(seconds(20)));
}

}  // namespace
}  // namespace envledger
