// What one connection does with its frames and its peer, through a server. What it may hold is tested in
// server_limits_test.cc.
#include "ledger/transport/connection.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/transport/test_server.h"

namespace envledger {
namespace {

using testing::Optional;

class ConnectionTest : public ServerTest {};

TEST_F(ConnectionTest, AFrameWrittenByteByByteIsAnswered) {
  Start();
  RawClient client(path_);
  const std::string bytes = Framed("first") + Framed(std::string(300, 'x')) + Framed("z");
  for (const char byte : bytes) ASSERT_TRUE(client.Write({&byte, 1}));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string(300, 'x')));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("z")));
}

TEST_F(ConnectionTest, ManyFramesInOneWriteAreAnsweredInOrder) {
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

TEST_F(ConnectionTest, FramesOfAllSizesComeBackAsTheyWere) {
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

TEST_F(ConnectionTest, APeerThatStopsWritingStillGetsItsReplies) {
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

TEST_F(ConnectionTest, APeerThatGoesAwayTakesNobodyWithIt) {
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

}  // namespace
}  // namespace envledger
