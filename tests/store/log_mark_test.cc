#include "ledger/store/log_mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ledger/files/file.h"
#include "tests/support/file_faults.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr size_t kFileBytes = 8192;
constexpr std::chrono::milliseconds kSoon{1};
constexpr std::chrono::seconds kPatience{60};

LogMark MarkOf(uint64_t size) {
  LogMark mark{size, {}};
  mark.last_leaf_hash.fill(static_cast<uint8_t>(size));
  return mark;
}

class LogMarkTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogMarkWriter> Create(uint64_t size) {
    auto writer = LogMarkWriter::Create(path_, MarkOf(size), kSoon);
    EXPECT_TRUE(writer.ok()) << writer.status().ToString();
    return *std::move(writer);
  }
  std::optional<LogMark> Read() const {
    const auto mark = ReadLogMark(path_);
    EXPECT_TRUE(mark.ok()) << mark.status().ToString();
    return *mark;
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/log-mark";
};

TEST_F(LogMarkTest, TheLastMarkIsReadBackAndNothingIsReadWhereNoneIs) {
  EXPECT_EQ(Read(), std::nullopt);
  const auto writer = Create(7);
  EXPECT_THAT(Read(), Optional(MarkOf(7)));
  for (const uint64_t size : {8, 9, 10, 99, 100, 1000}) {
    writer->Write(MarkOf(size));
    EXPECT_THAT(Read(), Optional(MarkOf(size))) << "before anything was synced";
  }
  EXPECT_TRUE(writer->problem().ok());
  EXPECT_EQ(std::filesystem::file_size(path_), kFileBytes);
}

TEST_F(LogMarkTest, ANewFileReplacesALargerMark) {
  Create(1000);
  Create(5);
  EXPECT_THAT(Read(), Optional(MarkOf(5)));
}

TEST_F(LogMarkTest, ATornCopyLeavesTheOtherOne) {
  {
    const auto writer = Create(41);
    writer->Write(MarkOf(42));
  }
  const std::string whole = *ReadFile(path_, kFileBytes);
  const size_t line = whole.find('\n', kFileBytes / 2) + 1 - kFileBytes / 2;
  for (size_t at = 0; at < line; ++at) {
    std::string torn = whole;
    torn[kFileBytes / 2 + at] ^= 1;
    ASSERT_TRUE(WriteFileDurably(path_, torn, 0600).ok());
    EXPECT_THAT(Read(), Optional(MarkOf(41))) << at;
    torn[at] ^= 1;  // the same byte of the other copy
    ASSERT_TRUE(WriteFileDurably(path_, torn, 0600).ok());
    EXPECT_EQ(ReadLogMark(path_).status().code(), Code::kCorruption) << at;
  }
}

TEST_F(LogMarkTest, AFileThatIsNoMarkIsDamage) {
  for (const std::string& bytes : {std::string(), std::string("text\n"), std::string(kFileBytes, '\0'),
                                   std::string(kFileBytes + 1, 'x'), std::string("envledger-log-mark/1 ")}) {
    ASSERT_TRUE(WriteFileDurably(path_, bytes, 0600).ok());
    EXPECT_EQ(ReadLogMark(path_).status().code(), Code::kCorruption) << bytes.size();
  }
}

TEST_F(LogMarkTest, TheMarkIsMadeDurableAfterItIsWrittenAndAtTheEnd) {
  FileFaults faults(dir_.path());
  auto writer = Create(1);
  writer->Write(MarkOf(2));
  EXPECT_TRUE(WaitUntil([&] { return testing::Value(faults.calls(), Contains("fdatasync")); }, kPatience));
  writer->Write(MarkOf(3));
  writer.reset();
  EXPECT_EQ(faults.calls().back(), "fdatasync");
  EXPECT_THAT(Read(), Optional(MarkOf(3)));
}

TEST_F(LogMarkTest, AFailureIsAProblemUntilAMarkIsDurableAgain) {
  for (const char* call : {"pwrite", "fdatasync"}) {
    FileFaults faults(dir_.path());
    const auto writer = Create(1);
    faults.Fail(FileFault::kFailed, 0, call);
    writer->Write(MarkOf(2));
    EXPECT_TRUE(WaitUntil([&] { return !writer->problem().ok(); }, kPatience));
    EXPECT_THAT(writer->problem().message(), HasSubstr(path_)) << call;
    writer->Write(MarkOf(3));
    EXPECT_TRUE(WaitUntil([&] { return writer->problem().ok(); }, kPatience));
    EXPECT_THAT(Read(), Optional(MarkOf(3)));
  }
}

TEST_F(LogMarkTest, AFileThatCannotBeMadeIsAnError) {
  EXPECT_FALSE(LogMarkWriter::Create(dir_.path() + "/none/log-mark", MarkOf(1), kSoon).ok());
}

}  // namespace
}  // namespace envledger
