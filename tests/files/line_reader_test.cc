#include "ledger/files/line_reader.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "ledger/files/file.h"
#include "tests/support/text_file.h"

namespace envledger {
namespace {

TEST(LineReader, GivesLinesWithTheirNumbers) {
  const TextFile input("one\r\n\ntwo\nlast");
  LineReader reader(input.fd());
  std::vector<std::string> lines;
  while (*reader.Next() == LineReader::Event::kLine) {
    lines.push_back(std::to_string(reader.number()) + " " + std::string(reader.line()));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"1 one", "2 ", "3 two", "4 last"}));
}

TEST(LineReader, PassesOverALineThatIsTooLong) {
  const TextFile input("a\n" + std::string(3 * kMaxLineBytes, 'x') + "\n" + std::string(kMaxLineBytes, 'y') + "\nb\n");
  LineReader reader(input.fd());
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kTooLong);
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line().size(), kMaxLineBytes);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line(), "b");
  EXPECT_EQ(*reader.Next(), LineReader::Event::kEnd);
}

TEST(LineReader, KnowsWhenItWouldWait) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd near(ends[0]);
  UniqueFd far(ends[1]);
  LineReader reader(near.get());
  EXPECT_TRUE(reader.WouldWait());
  ASSERT_EQ(write(far.get(), "one\ntw", 6), 6);
  EXPECT_FALSE(reader.WouldWait());
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_TRUE(reader.WouldWait()) << "half a line is none";
  ASSERT_EQ(write(far.get(), "o\n", 2), 2);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line(), "two");
}

TEST(LineReader, SaysWhyItCannotRead) {
  LineReader reader(-1);
  EXPECT_EQ(reader.Next().status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace envledger
