#include "ledger/files/durable_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "tests/support/file_faults.h"
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

// The calls that put a file in its place, each failing in turn.
struct Placement {
  const char* name;
  bool replaces;  // an old file, which is there before
  std::function<Status(const std::string& path)> place;
  friend void PrintTo(const Placement& placement, std::ostream* out) { *out << placement.name; }
};

Status InPieces(const std::string& path, Status (DurableFile::*commit)()) {
  ENVLEDGER_ASSIGN_OR_RETURN(DurableFile file, DurableFile::Begin(path, 0644));
  for (const char* piece : {"n", "e", "w"}) {
    // A caller that looks at nothing until Commit hears of it there.
    static_cast<void>(file.Append(piece));
  }
  return (file.*commit)();
}

const Placement kPlacements[] = {
    {"Write", true, [](const std::string& path) { return WriteFileDurably(path, "new", 0644); }},
    {"Create", false, [](const std::string& path) { return CreateFileDurably(path, "new", 0644); }},
    {"Commit", true, [](const std::string& path) { return InPieces(path, &DurableFile::Commit); }},
    {"CommitNew", false, [](const std::string& path) { return InPieces(path, &DurableFile::CommitNew); }},
};

class PlacementFaultTest : public testing::TestWithParam<Placement> {
 protected:
  // What stands at the path; "" for nothing.
  std::string There() const {
    const auto contents = ReadFile(path_, 100);
    return contents.ok() ? *contents : "";
  }
  // Puts things back to where they were before, and arms nothing.
  void Reset() {
    for (const auto& file : std::filesystem::directory_iterator(directory_.path())) std::filesystem::remove(file);
    if (!GetParam().replaces) return;
    ASSERT_TRUE(WriteFileDurably(path_, "old", 0600).ok());
  }
  std::string Before() const { return GetParam().replaces ? "old" : ""; }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/out";
};

TEST_P(PlacementFaultTest, WhicheverCallFailsTheOutcomeIsToldTruly) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    bool reached_end = false;
    for (size_t skip = 0; !reached_end && skip < 30; ++skip) {
      Reset();
      FileFaults faults(directory_.path());
      faults.Fail(fault, skip);
      const Status status = GetParam().place(path_);
      reached_end = faults.failed().empty();
      SCOPED_TRACE(faults.failed() + (fault == FileFault::kFailed ? " failed: " : " failed but was done: ") +
                   status.ToString());
      const bool after_the_rename = faults.failed().ends_with("-directory");
      const bool unnoticed =
          faults.failed() == "unlink" ||  // of the temporary file, beside the new one
          (fault == FileFault::kFailedButDone && (faults.failed() == "rename" || faults.failed() == "link"));
      if (reached_end || unnoticed) {
        EXPECT_TRUE(status.ok());
        EXPECT_EQ(There(), "new");
      } else if (after_the_rename) {
        EXPECT_EQ(status.code(), Code::kUnknownOutcome);
        EXPECT_EQ(There(), "new");
        EXPECT_THAT(status.message(), testing::HasSubstr("out was written, but the latest changes"));
      } else {
        EXPECT_EQ(status.code(), Code::kUnavailable);
        EXPECT_EQ(There(), Before());
      }
      if (faults.failed() != "unlink" && !(fault == FileFault::kFailedButDone && faults.failed() == "create")) {
        EXPECT_EQ(FilesIn(directory_.path()), There().empty() ? 0u : 1u) << "a temporary file was left";
      }
    }
    EXPECT_TRUE(reached_end) << "there are more calls than the test tries";
  }
}

TEST_P(PlacementFaultTest, ItCanBeDoneAgainAfterTheDirectoryWasNotSynced) {
  Reset();
  FileFaults faults(directory_.path());
  faults.Fail(FileFault::kFailed, 0, "fsync-directory");
  EXPECT_EQ(GetParam().place(path_).code(), Code::kUnknownOutcome);
  EXPECT_EQ(GetParam().place(path_).code(), GetParam().replaces ? Code::kOk : Code::kConflict);
  EXPECT_EQ(There(), "new");
}

TEST_P(PlacementFaultTest, TheFileIsSyncedBeforeItsNameAndTheNameBeforeTheEnd) {
  Reset();
  FileFaults faults(directory_.path());
  ASSERT_TRUE(GetParam().place(path_).ok());
  std::vector<std::string> calls = faults.calls();
  std::erase(calls, "write");  // as many as there are pieces
  if (GetParam().replaces) {
    EXPECT_THAT(calls, testing::ElementsAre("create", "chmod", "fsync", "rename", "open-directory", "fsync-directory"));
  } else {
    EXPECT_THAT(
        calls, testing::ElementsAre("create", "chmod", "fsync", "link", "unlink", "open-directory", "fsync-directory"));
  }
}

TEST(RenameDurably, WhicheverCallFailsTheOutcomeIsToldTruly) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    std::vector<std::string> failed;
    for (size_t skip = 0; failed.empty() || !failed.back().empty(); ++skip) {
      ASSERT_LT(skip, 10u) << "there are more calls than the test tries";
      const TempDir directory;
      const std::string path = directory.path() + "/out";
      ASSERT_TRUE(WriteFileDurably(path, "old", 0644).ok());
      ASSERT_TRUE(WriteFileDurably(path + ".next", "new", 0644).ok());
      FileFaults faults(directory.path());
      faults.Fail(fault, skip);
      const Status status = RenameDurably(path + ".next", path);
      failed.push_back(faults.failed());
      SCOPED_TRACE(failed.back() + ": " + status.ToString());
      const bool not_renamed = failed.back() == "rename" && fault == FileFault::kFailed;
      EXPECT_EQ(*ReadFile(path, 10), not_renamed ? "old" : "new");
      EXPECT_EQ(status.code(), not_renamed                             ? Code::kUnavailable
                               : failed.back().ends_with("-directory") ? Code::kUnknownOutcome
                                                                       : Code::kOk);
    }
    EXPECT_THAT(failed, testing::ElementsAre("rename", "open-directory", "fsync-directory", ""));
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, PlacementFaultTest, testing::ValuesIn(kPlacements),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace envledger
