#include "ledger/transport/frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace envledger {
namespace {

// All frames in `bytes`, given to the reader in pieces of `piece` bytes.
std::vector<std::string> FramesOf(std::string_view bytes, size_t piece) {
  FrameReader reader(1 << 20);
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    std::string frame;
    while (!input.empty()) {
      const Result<bool> whole = reader.Take(input, frame);
      if (!whole.ok()) return {whole.status().ToString()};
      if (*whole) frames.push_back(frame);
    }
  }
  return frames;
}

TEST(FrameTest, HeaderIsTheSizeInLittleEndian) {
  EXPECT_EQ(FrameHeader(0x04030201), std::string("\x01\x02\x03\x04", 4));
  EXPECT_EQ(FrameSize(std::string("\x01\x02\x03\x04", 4)), 0x04030201u);
  EXPECT_EQ(FrameSize(FrameHeader(0xfffefdfc)), 0xfffefdfcu);
}

TEST(FrameTest, FramesComeOutWholeHoweverTheStreamIsCut) {
  const std::vector<std::string> sent = {"a", std::string(300, 'b'), std::string("\0\0\0\0\0", 5), "last"};
  std::string bytes;
  for (const std::string& frame : sent) bytes += FrameHeader(static_cast<uint32_t>(frame.size())) + frame;
  for (size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_EQ(FramesOf(bytes, piece), sent) << piece;
}

TEST(FrameTest, TakesNothingBeyondTheFrame) {
  FrameReader reader(100);
  const std::string bytes = FrameHeader(2) + "ab" + FrameHeader(1);
  std::string_view input = bytes;
  std::string frame;
  const Result<bool> whole = reader.Take(input, frame);
  ASSERT_TRUE(whole.ok() && *whole);
  EXPECT_EQ(frame, "ab");
  EXPECT_EQ(input, FrameHeader(1));
}

TEST(FrameTest, AFrameAtTheLimitPassesAndOneAboveIsRefusedByItsHeaderAlone) {
  std::string frame;
  const std::string at_limit = FrameHeader(3) + "abc";
  std::string_view input = at_limit;
  const Result<bool> whole = FrameReader(3).Take(input, frame);
  EXPECT_TRUE(whole.ok() && *whole);

  const std::string above = FrameHeader(4);
  input = above;
  const Status refusal = FrameReader(3).Take(input, frame).status();
  EXPECT_EQ(refusal.code(), Code::kResourceExhausted);
  EXPECT_EQ(refusal.rule(), kMaxFrameBytesRule);
}

TEST(FrameTest, AnEmptyFrameIsRefused) {
  const std::string bytes = FrameHeader(0);
  std::string_view input = bytes;
  std::string frame;
  EXPECT_EQ(FrameReader(3).Take(input, frame).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace envledger
