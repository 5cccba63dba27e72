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

TEST_F(ServerTest, AFrameWrittenByteByByteIsAnswered) {
  Start();
  RawClient client(path_);
  const std::string bytes = Framed("first") + Framed(std::string(300, 'x')) + Framed("z");
  for (const char byte : bytes) ASSERT_TRUE(client.Write({&byte, 1}));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string(300, 'x')));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("z")));
}

TEST_F(ServerTest, ManyFramesInOneWriteAreAnsweredInOrder) {
  Start();
  RawClient client(path_);
  constexpr int kFrames = 5000;
  std::string bytes;
  for (int i = 0; i < kFrames; ++i) bytes += Framed("frame " + std::to_string(i));
  std::thread writer([&] { EXPECT_TRUE(client.Write(bytes)); });
  for (int i = 0; i < kFrames; ++i) ASSERT_THAT(client.ReadFrame(), Optional("frame " + std::to_string(i)));
  writer.join();
  EXPECT_EQ(Handled(), size_t{kFrames});
}

TEST_F(ServerTest, FramesOfAllSizesComeBackAsTheyWere) {
  ServerLimits limits;
  Start(limits);
  RawClient client(path_);
  for (const size_t size : {1u, 4095u, 4096u, 4097u, 65531u, 65532u, 65533u, 200'001u, limits.max_frame_bytes}) {
    std::string body(size, '\0');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 % 251);
    std::thread writer([&] { EXPECT_TRUE(client.WriteFrame(body)); });
    const std::optional<std::string> reply = client.ReadFrame();
    writer.join();
    ASSERT_TRUE(reply.has_value()) << size;
    EXPECT_TRUE(*reply == body) << size;
  }
}

TEST_F(ServerTest, RepliesAreInTheOrderOfFramesWhateverTheOrderOfSends) {
  Start();
  Hold();
  RawClient client(path_);
  constexpr size_t kFrames = 100;
  for (size_t i = 0; i < kFrames; ++i) ASSERT_TRUE(client.WriteFrame(std::to_string(i)));
  std::vector<Request> held = TakeHeld(kFrames);
  ASSERT_EQ(held.size(), kFrames);
  std::thread odd([&] {
    for (size_t i = kFrames; i-- > 0;) {
      if (i % 2 == 1) held[i].reply.Send("reply " + held[i].frame);
    }
  });
  for (size_t i = kFrames; i-- > 0;) {
    if (i % 2 == 0) held[i].reply.Send("reply " + held[i].frame);
  }
  odd.join();
  for (size_t i = 0; i < kFrames; ++i) ASSERT_THAT(client.ReadFrame(), Optional("reply " + std::to_string(i)));
}

TEST_F(ServerTest, NothingIsWrittenAheadOfAnEarlierReply) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  held[1].reply.Send("second");
  RawClient other(path_);
  ASSERT_TRUE(other.WriteFrame("3"));
  TakeHeld(1)[0].reply.Send("third");  // what was sent before it has been through the loop when it is read
  EXPECT_THAT(other.ReadFrame(), Optional(std::string("third")));
  char byte = 0;
  EXPECT_EQ(recv(client.fd(), &byte, 1, MSG_DONTWAIT), -1);
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
}

TEST_F(ServerTest, AReplyIsMadeOnTheLoopsThreadWhenItsTurnComes) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  std::atomic<int> made = 0;
  std::promise<std::thread::id> made_on[2];
  held[1].reply.Send([&] {
    EXPECT_EQ(made++, 1);
    made_on[1].set_value(std::this_thread::get_id());
    return std::string("second");
  });
  held[0].reply.Send([&] {
    EXPECT_EQ(made++, 0);
    made_on[0].set_value(std::this_thread::get_id());
    return std::string("first");
  });
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
  for (auto& thread : made_on) EXPECT_EQ(thread.get_future().get(), HandlerThread());
}

TEST_F(ServerTest, AReplyThatIsMadeEmptyClosesTheConnection) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  held[0].reply.Send([] { return std::string("first"); });
  held[1].reply.Send([] { return std::string(); });
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
}

TEST_F(ServerTest, NoReplyIsMadeForAConnectionThatIsGone) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  std::vector<Request> held = TakeHeld(1);
  server_.reset();
  held[0].reply.Send([]() -> std::string {
    ADD_FAILURE() << "nobody reads it";
    return "reply";
  });
}

TEST_F(ServerTest, ADroppedReplyClosesTheConnectionAfterTheRepliesBeforeIt) {
  Start();
  Hold();
  RawClient client(path_);
  for (const char* frame : {"1", "2", "3"}) ASSERT_TRUE(client.WriteFrame(frame));
  std::vector<Request> held = TakeHeld(3);
  held[2].reply.Send("never read");
  { const Reply dropped = std::move(held[1].reply); }
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
}

TEST_F(ServerTest, AReplyAssignedOverIsDroppedAndAMovedFromReplyIsNot) {
  Start();
  Hold();
  RawClient kept(path_);
  RawClient lost(path_);
  ASSERT_TRUE(kept.WriteFrame("kept"));
  std::vector<Request> first = TakeHeld(1);
  ASSERT_TRUE(lost.WriteFrame("lost"));
  {
    std::vector<Request> second = TakeHeld(1);
    Reply reply = std::move(second[0].reply);
    reply = std::move(first[0].reply);
    reply.Send("answer");
    reply.Send("once only");
  }
  EXPECT_THAT(kept.ReadFrame(), Optional(std::string("answer")));
  EXPECT_EQ(lost.ReadFrame(), std::nullopt);
}

TEST_F(ServerTest, APeerThatStopsWritingStillGetsItsReplies) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  ASSERT_TRUE(client.Write(std::string("\x09\0\0\0cut", 7)));  // and begins a third
  client.EndWriting();
  std::vector<Request> held = TakeHeld(2);
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  held[1].reply.Send("second");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(ServerTest, APeerThatGoesAwayTakesNobodyWithIt) {
  Start();
  Hold();
  RawClient stays(path_);
  {
    RawClient leaves(path_);
    ASSERT_TRUE(leaves.WriteFrame("1"));
    TakeHeld(1)[0].reply.Send(std::string(3 << 20, 'x'));  // more than its socket takes
  }
  ASSERT_TRUE(stays.WriteFrame("2"));
  TakeHeld(1)[0].reply.Send("fine");
  EXPECT_THAT(stays.ReadFrame(), Optional(std::string("fine")));
  EXPECT_TRUE(WaitForConnections(1));
}

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

TEST_F(ServerTest, AReplyMayOutliveTheServer) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  server_.reset();
  EXPECT_TRUE(client.ReadToEnd());
  held[0].reply.Send("nobody hears this");
  held.clear();
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
  EXPECT_EQ(refusal([](ServerLimits& l) { l.max_connections_per_user_without_pid = 0; }),
            "max-connections-per-user-without-pid");
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

}  // namespace
}  // namespace envledger
