#include "ledger/base/durable_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

size_t FilesIn(const std::string& directory) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

TEST(DurableFile, IsInItsPlaceOnlyAfterCommit) {
  TempDir directory;
  const std::string path = directory.path() + "/out";
  ASSERT_TRUE(WriteFileDurably(path, "old", 0600).ok());
  auto file = DurableFile::Begin(path, 0644);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Append("new ").ok());
  ASSERT_TRUE(file->Append("whole").ok());
  EXPECT_EQ(*ReadFile(path, 100), "old");
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(*ReadFile(path, 100), "new whole");
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
  EXPECT_EQ(FilesIn(directory.path()), 1u);
}

TEST(DurableFile, LeavesNothingBehindWithoutCommit) {
  TempDir directory;
  const std::string path = directory.path() + "/out";
  {
    auto file = DurableFile::Begin(path, 0644);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Append("half").ok());
  }
  EXPECT_EQ(FilesIn(directory.path()), 0u);
}

TEST(DurableFile, NamesTheFileThatCannotBeMade) {
  TempDir directory;
  const auto file = DurableFile::Begin(directory.path() + "/absent/out", 0644);
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find("/absent/out"), std::string::npos);
}

TEST(DurableFile, SaysAtCommitThatTheDirectoryIsGone) {
  TempDir directory;
  const std::string room = directory.path() + "/room";
  std::filesystem::create_directory(room);
  auto file = DurableFile::Begin(room + "/out", 0644);
  ASSERT_TRUE(file.ok());
  std::filesystem::remove_all(room);
  EXPECT_FALSE(file->Commit().ok());
}

}  // namespace
}  // namespace envledger
