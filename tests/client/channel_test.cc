// Against a plain socket, of which the test says what it sends and when it ends.
#include "ledger/client/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/transport/socket.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ChannelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto listening = ListenUnix(path_, 0600, 4);
    ASSERT_TRUE(listening.ok()) << listening.status().ToString();
    auto channel = Channel::Connect(path_);
    ASSERT_TRUE(channel.ok()) << channel.status().ToString();
    channel_ = *std::move(channel);
    peer_ = UniqueFd(accept(listening->get(), nullptr, nullptr));
    ASSERT_TRUE(peer_.valid());
  }
  void Send(const std::string& bytes) {
    ASSERT_EQ(send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  static std::string Framed(const std::string& body) { return FrameHeader(static_cast<uint32_t>(body.size())) + body; }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/socket";
  std::unique_ptr<Channel> channel_;
  UniqueFd peer_;
};

TEST_F(ChannelTest, GivesTheFramesThatEachReadCompletes) {
  std::vector<std::string> frames;
  EXPECT_TRUE(channel_->Read(frames).ok()) << "nothing has come";
  EXPECT_THAT(frames, IsEmpty());
  const std::string third = Framed("third");
  Send(Framed("first") + Framed("second") + third.substr(0, 6));
  ASSERT_TRUE(channel_->Read(frames).ok());
  EXPECT_THAT(frames, ElementsAre("first", "second"));
  Send(third.substr(6));
  ASSERT_TRUE(channel_->Read(frames).ok());
  EXPECT_THAT(frames, ElementsAre("first", "second", "third"));
}

TEST_F(ChannelTest, SendsWhatTheSocketTakesAndKeepsTheRest) {
  const std::string body(8 << 20, 'x');
  EXPECT_EQ(channel_->Events().events, POLLIN);
  channel_->Queue(body);
  EXPECT_EQ(channel_->Events().events, POLLIN | POLLOUT);
  channel_->Write();
  EXPECT_GT(channel_->output_bytes(), 0u) << "no socket takes that at once";
  EXPECT_LT(channel_->output_bytes(), body.size());
  std::string received;
  std::thread reader([&] {
    std::vector<char> chunk(1 << 16);
    while (received.size() < kFrameHeaderBytes + body.size()) {
      const ssize_t count = recv(peer_.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) break;
      received.append(chunk.data(), static_cast<size_t>(count));
    }
  });
  while (channel_->output_bytes() > 0) {
    pollfd events = channel_->Events();
    poll(&events, 1, -1);
    channel_->Write();
  }
  reader.join();
  EXPECT_TRUE(received == Framed(body));
  EXPECT_EQ(channel_->Events().events, POLLIN);
}

TEST_F(ChannelTest, WhatWasSentBeforeAnEndIsReadFirst) {
  Send(Framed("last words"));
  peer_ = UniqueFd();
  channel_->Queue("never read");
  channel_->Write();
  EXPECT_EQ(channel_->output_bytes(), 0u) << "what nobody takes is not kept";
  std::vector<std::string> frames;
  Status status = channel_->Read(frames);
  EXPECT_THAT(frames, ElementsAre("last words"));
  if (status.ok()) status = channel_->Read(frames);
  EXPECT_EQ(status.code(), Code::kUnavailable);
}

TEST_F(ChannelTest, AnAnswerWithoutMeasureIsRefusedByItsHeader) {
  Send("\xff\xff\xff\x7f");
  std::vector<std::string> frames;
  const Status status = channel_->Read(frames);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("the ledger's answer is refused"));
  EXPECT_THAT(frames, IsEmpty());
}

TEST_F(ChannelTest, WithoutASocketThereIsNone) {
  EXPECT_EQ(Channel::Connect(directory_.path() + "/nothing").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace envledger
