// What peers that break the rules get, and that the others do not notice.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "ledger/transport/server.h"
#include "tests/transport/test_server.h"

namespace envledger {
namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr size_t kKiB = 1024;

class ServerLimitsTest : public ServerTest {
 protected:
  // A server with small limits and a client of it that behaves.
  void StartSmall() {
    limits_.max_frame_bytes = 64 * kKiB;
    limits_.max_inflight_bytes_per_connection = 128 * kKiB;
    limits_.max_inflight_bytes = 512 * kKiB;
    limits_.max_connections = 16;
  }
  // Whether a new client gets an answer.
  bool Serves() {
    RawClient client(path_);
    return client.WriteFrame("hello") && client.ReadFrame() == "hello";
  }
  bool WaitForTimeouts(uint64_t count) {
    return WaitUntil([&] { return Stats().timeouts == count; }, seconds(20));
  }
  // Writes the same bytes over and over, until the socket has taken nothing for a while.
  size_t Flood(RawClient& client, const std::string& bytes) {
    size_t taken = 0;
    while (WaitUntil(
        [&] {
          const size_t written = client.WriteSome(std::string_view(bytes).substr(taken % bytes.size()));
          taken += written;
          return written > 0;
        },
        milliseconds(100))) {
    }
    return taken;
  }

  ServerLimits limits_;
};

TEST_F(ServerLimitsTest, AFrameThatClaimsFourGiBIsRefusedByItsHeader) {
  Start();
  RawClient client(path_);
  ASSERT_TRUE(client.Write(FrameHeader(0xffffffff)));
  EXPECT_THAT(client.ReadFrame(), Optional(HasSubstr("resource exhausted (max-frame-bytes)")));
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
  EXPECT_EQ(Stats().refused, 1u);
  EXPECT_EQ(Handled(), 0u);
}

TEST_F(ServerLimitsTest, ARefusalComesAfterTheRepliesToEarlierFrames) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.Write(Framed("1") + Framed("2") + FrameHeader(0) + Framed("never looked at")));
  std::vector<Request> held = TakeHeld(2);
  held[1].reply.Send("second");
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
  EXPECT_THAT(client.ReadFrame(), Optional(HasSubstr("invalid argument: an empty frame")));
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_EQ(Handled(), 2u);
}

TEST_F(ServerLimitsTest, ARefusalOfAFrameThatWaitedForASlotIsToldToo) {
  limits_.max_inflight_requests_per_connection = 1;
  Start(limits_);
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.Write(Framed("1") + FrameHeader(0)));
  TakeHeld(1)[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(HasSubstr("an empty frame")));
  EXPECT_TRUE(client.ReadToEnd());
}

TEST_F(ServerLimitsTest, AnAnnouncedBodyCostsNothingUntilItArrives) {
  Start();
  RawClient client(path_);
  ASSERT_TRUE(client.Write(FrameHeader(4 << 20) + std::string(1000, 'x')));
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes == 1004; }, seconds(20)));
  client.Close();
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes == 0; }, seconds(20)));
}

TEST_F(ServerLimitsTest, AClientThatNeverReadsIsNotReadFromAndThenDisconnected) {
  StartSmall();
  limits_.frame_timeout = milliseconds(1000);
  Start(limits_);
  RawClient deaf(path_);
  Flood(deaf, Framed(std::string(8 * kKiB, 'x')));
  // Its kernel buffers are full of replies; beyond them the server keeps no more than the limit.
  EXPECT_LE(Stats().inflight_bytes, limits_.max_inflight_bytes_per_connection);
  EXPECT_TRUE(Serves());
  EXPECT_TRUE(WaitForTimeouts(1));
  EXPECT_TRUE(deaf.ReadToEnd());
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes == 0; }, seconds(20)));
  EXPECT_TRUE(Serves());
}

TEST_F(ServerLimitsTest, ASlowReaderGetsEveryReply) {
  StartSmall();
  Start(limits_);
  RawClient client(path_);
  const std::string frame = Framed(std::string(8 * kKiB, 'x'));
  const size_t taken = Flood(client, frame);
  for (size_t i = 0; i < taken / frame.size(); ++i) {
    const std::optional<std::string> reply = client.ReadFrame();
    ASSERT_TRUE(reply.has_value() && reply->size() == 8 * kKiB) << i;
  }
  EXPECT_EQ(Stats().timeouts, 0u);
}

TEST_F(ServerLimitsTest, AFloodOfUnansweredRequestsStopsAtTheLimitsAndGoesOnWithTheAnswers) {
  StartSmall();
  limits_.max_inflight_requests_per_connection = 10;
  limits_.frame_timeout = milliseconds(300);  // does not run while the server is the one that waits
  Start(limits_);
  Hold();
  RawClient client(path_);
  std::string bytes;
  for (int i = 0; i < 25; ++i) bytes += Framed(std::to_string(i));
  ASSERT_TRUE(client.Write(bytes + Framed("large").substr(0, 7)));
  std::vector<Request> held = TakeHeld(10);
  // Half-open connections time out while the flooded one, which owes a frame as well, does not.
  RawClient idle(path_);
  EXPECT_TRUE(idle.ReadToEnd());
  RawClient again(path_);
  EXPECT_TRUE(again.ReadToEnd());
  EXPECT_EQ(Handled(), 10u);
  EXPECT_EQ(Stats().timeouts, 2u);
  for (int i = 0; i < 25;) {
    if (held.empty()) held = TakeHeld(1);
    ASSERT_FALSE(held.empty());
    EXPECT_EQ(held.front().frame, std::to_string(i));
    held.front().reply.Send(held.front().frame);
    held.erase(held.begin());
    EXPECT_THAT(client.ReadFrame(), Optional(std::to_string(i++)));
  }
  EXPECT_TRUE(client.ReadToEnd());  // the begun frame is all that is left, and its time runs now
  EXPECT_EQ(Stats().timeouts, 3u);
}

TEST_F(ServerLimitsTest, HoldersOfLargeFramesCannotStopSmallOnesAndAreDisconnected) {
  StartSmall();
  limits_.max_connections = 32;  // 256 KiB are common, and 8 KiB are each connection's own
  limits_.frame_timeout = milliseconds(1000);
  Start(limits_);
  const std::string nearly = FrameHeader(64 * kKiB) + std::string(64 * kKiB - 1, 'x');
  std::vector<RawClient> holders;
  for (int i = 0; i < 8; ++i) {
    holders.emplace_back(path_);
    holders.back().WriteSome(nearly);
  }
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes >= 256 * kKiB; }, seconds(20)));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Serves());
  EXPECT_LE(Stats().inflight_bytes, limits_.max_inflight_bytes);

  // A large frame waits until the holders are gone, which their time limit sees to.
  std::optional<std::string> reply;
  while (!reply) {
    RawClient late(path_);
    if (late.WriteFrame(std::string(64 * kKiB, 'y'))) reply = late.ReadFrame();
  }
  EXPECT_EQ(reply->size(), 64 * kKiB);
  for (RawClient& holder : holders) EXPECT_TRUE(holder.ReadToEnd());
  EXPECT_GE(Stats().timeouts, 8u);
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes == 0; }, seconds(20)));
}

TEST_F(ServerLimitsTest, LargeFramesOfManyClientsAllPassThroughTheBudget) {
  StartSmall();
  limits_.max_inflight_bytes = 256 * kKiB;  // 128 KiB for those that need more than their 4
  limits_.max_connections = 32;
  limits_.max_connections_per_process = 16;
  Start(limits_);
  std::vector<std::thread> clients;
  for (int c = 0; c < 12; ++c) {
    clients.emplace_back([this, c] {
      RawClient client(path_);
      const std::string body(64 * kKiB, static_cast<char>('a' + c));
      for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(client.WriteFrame(body));
        ASSERT_TRUE(client.ReadFrame() == body);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(Handled(), 600u);
  EXPECT_TRUE(WaitUntil([&] { return Stats().inflight_bytes == 0; }, seconds(20)));
}

TEST_F(ServerLimitsTest, HundredsOfHalfOpenConnectionsDisturbNobodyAndTimeOut) {
  constexpr size_t kHalfOpen = 500;
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, std::max<rlim_t>(files.rlim_cur, 4096));
  if (files.rlim_cur < 2 * kHalfOpen + 100 || setrlimit(RLIMIT_NOFILE, &files) != 0) {
    GTEST_SKIP() << "this process may open only " << files.rlim_cur << " files";
  }
  limits_.max_connections_per_process = 1024;
  limits_.frame_timeout = milliseconds(2000);
  Start(limits_);
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("hello"));
  std::vector<RawClient> half_open;
  for (size_t i = 0; i < kHalfOpen; ++i) {
    half_open.emplace_back(path_);
    ASSERT_TRUE(half_open.back().open());
    if (i % 2 == 0) half_open.back().WriteSome("\x05");
    EXPECT_THAT(client.ReadFrame(), Optional(std::string("hello")));
    ASSERT_TRUE(client.WriteFrame("hello"));
  }
  EXPECT_TRUE(WaitForTimeouts(kHalfOpen));
  EXPECT_TRUE(WaitForConnections(1));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("hello")));
}

TEST_F(ServerLimitsTest, AConnectionThatIsIdleBetweenFramesStays) {
  limits_.frame_timeout = milliseconds(200);
  Start(limits_);
  RawClient idle(path_);
  ASSERT_TRUE(idle.WriteFrame("1"));
  EXPECT_THAT(idle.ReadFrame(), Optional(std::string("1")));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(RawClient(path_).ReadToEnd());  // each waits for the time limit
  ASSERT_TRUE(idle.WriteFrame("2"));
  EXPECT_THAT(idle.ReadFrame(), Optional(std::string("2")));
}

TEST_F(ServerLimitsTest, AFrameThatTricklesInIsCutOff) {
  limits_.frame_timeout = milliseconds(200);
  Start(limits_);
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("whole"));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("whole")));
  ASSERT_TRUE(client.Write(FrameHeader(1 << 20)));
  EXPECT_TRUE(WaitUntil([&] { return !client.Write("x"); }, seconds(20)));
  EXPECT_TRUE(WaitForTimeouts(1));
  EXPECT_EQ(Handled(), 1u);
}

TEST_F(ServerLimitsTest, ConnectionsBeyondAProcesssShareAreToldSoUntilOneCloses) {
  limits_.max_connections_per_process = 2;
  Start(limits_);
  RawClient first(path_);
  RawClient second(path_);
  RawClient third(path_);
  EXPECT_THAT(third.ReadFrame(), Optional(HasSubstr("resource exhausted (max-connections-per-process)")));
  EXPECT_TRUE(third.ReadToEnd());
  ASSERT_TRUE(first.WriteFrame("still here"));
  EXPECT_THAT(first.ReadFrame(), Optional(std::string("still here")));
  second.Close();
  EXPECT_TRUE(WaitForConnections(1));
  EXPECT_TRUE(Serves());
}

TEST_F(ServerLimitsTest, ConnectionsBeyondTheUsersShareAreToldSo) {
  limits_.max_connections = 6;
  Start(limits_);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(path_);
  RawClient fourth(path_);
  EXPECT_THAT(fourth.ReadFrame(), Optional(HasSubstr("resource exhausted (max-connections)")));
  EXPECT_EQ(Stats().refused, 1u);
  EXPECT_EQ(Stats().accepted, 4u);
}

TEST_F(ServerLimitsTest, TheConnectionThatIsIdleLongestMakesRoomForANewOne) {
  limits_.max_connections = 6;
  Start(limits_);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(path_);
    ASSERT_TRUE(clients.back().WriteFrame("hello"));
    ASSERT_THAT(clients.back().ReadFrame(), Optional(std::string("hello")));
  }
  ASSERT_TRUE(clients[0].WriteFrame("used again"));
  ASSERT_THAT(clients[0].ReadFrame(), Optional(std::string("used again")));
  RawClient fourth(path_);
  ASSERT_TRUE(fourth.WriteFrame("let in"));
  EXPECT_THAT(fourth.ReadFrame(), Optional(std::string("let in")));
  EXPECT_TRUE(clients[1].ReadToEnd());
  for (const size_t kept : {size_t{0}, size_t{2}}) {
    ASSERT_TRUE(clients[kept].WriteFrame("still here"));
    EXPECT_THAT(clients[kept].ReadFrame(), Optional(std::string("still here")));
  }
  EXPECT_EQ(Stats().closed_idle, 1u);
  EXPECT_EQ(Stats().refused, 0u);
}

TEST_F(ServerLimitsTest, AConnectionThatIsOwedAnAnswerOrHasBegunAFrameIsNotIdle) {
  limits_.max_connections = 4;
  Start(limits_);
  RawClient begun(path_);
  ASSERT_TRUE(begun.WriteFrame("hello"));
  ASSERT_THAT(begun.ReadFrame(), Optional(std::string("hello")));
  ASSERT_TRUE(begun.Write(FrameHeader(5)));
  Hold();
  RawClient waiting(path_);
  ASSERT_TRUE(waiting.WriteFrame("question"));
  std::vector<Request> held = TakeHeld(1);
  ASSERT_TRUE(WaitUntil([&] { return Stats().inflight_bytes > FrameHeader(8).size() + 8; }, seconds(20)));
  RawClient third(path_);
  EXPECT_THAT(third.ReadFrame(), Optional(HasSubstr("resource exhausted (max-connections)")));
  held[0].reply.Send("answer");
  EXPECT_THAT(waiting.ReadFrame(), Optional(std::string("answer")));
}

TEST_F(ServerLimitsTest, AConnectionThatNobodyUsesIsClosedAfterATime) {
  limits_.frame_timeout = seconds(4);  // time is counted in eighths of it
  limits_.idle_timeout = milliseconds(20);
  Start(limits_);
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("hello"));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("hello")));
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_EQ(Stats().closed_idle, 1u);
  EXPECT_EQ(Stats().timeouts, 0u);
}

TEST_F(ServerLimitsTest, WithoutDescriptorsNewConnectionsWaitAndOldOnesAreServed) {
  Start();
  RawClient old(path_);
  ASSERT_TRUE(old.WriteFrame("1") && old.ReadFrame() == "1");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  RawClient late(path_);  // so that its descriptor is there
  ASSERT_TRUE(late.WriteFrame("first") && late.ReadFrame() == "first");

  // The sanitizer of undefined behaviour needs a descriptor the first time that it checks an object's type.
  ASSERT_FALSE(FromErrno(EMFILE, "as the server will say").ok());
  // The next descriptor that anybody asks for is the waiting connection's own; the server gets none.
  const UniqueFd lowest_free(dup(0));
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free.get()) + 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  RawClient waiting(path_);
  const bool open = waiting.open();
  const bool old_served = old.WriteFrame("2") && old.ReadFrame() == "2";
  const uint64_t connections = Stats().connections;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(open);
  EXPECT_TRUE(old_served);
  EXPECT_EQ(connections, 2u);
  ASSERT_TRUE(waiting.WriteFrame("3"));
  EXPECT_THAT(waiting.ReadFrame(), Optional(std::string("3")));
}

}  // namespace
}  // namespace envledger
