#include "ledger/files/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

// While it lives, $TMPDIR is another.
class TmpDir {
 public:
  explicit TmpDir(const std::string& path) {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", path.c_str(), 1);
  }
  ~TmpDir() { before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1); }
  TmpDir(const TmpDir&) = delete;
  TmpDir& operator=(const TmpDir&) = delete;

 private:
  std::string before_;
};

TEST(Spool, GivesBackWhatWasAddedFromMemoryAndFromItsFile) {
  const TempDir directory;
  const TmpDir tmp(directory.path());
  for (const size_t pieces : {0u, 1u, 100u, 3000u, 5000u}) {
    Spool spool;
    std::string expected;
    for (size_t i = 0; i < pieces; ++i) {
      const std::string piece = std::to_string(i) + std::string(10'000, static_cast<char>('a' + i % 26)) + "\n";
      ASSERT_TRUE(spool.Add(piece).ok());
      expected += piece;
    }
    EXPECT_EQ(spool.bytes(), expected.size());
    for (int twice = 0; twice < 2; ++twice) {
      std::ostringstream out;
      ASSERT_TRUE(spool.CopyTo(out).ok());
      EXPECT_TRUE(out.str() == expected) << pieces;
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "the file has no name";
  }
}

TEST(Spool, WithoutADirectoryItSaysSoAndTakesNoMore) {
  const TmpDir tmp("/nowhere");
  Spool spool;
  ASSERT_TRUE(spool.Add("in memory").ok());
  const Status full = spool.Add(std::string(Spool::kInMemory, 'x'));
  EXPECT_EQ(full.code(), Code::kUnavailable);
  EXPECT_EQ(spool.Add("more").code(), Code::kUnavailable);
  std::ostringstream out;
  EXPECT_EQ(spool.CopyTo(out).code(), Code::kUnavailable);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace envledger
