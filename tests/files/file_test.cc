#include "ledger/files/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace envledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "envledger-file-test.XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~FileTest() override { std::filesystem::remove_all(directory_); }
  void SetUp() override { ASSERT_FALSE(directory_.empty()); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::string Contents(const std::string& path) {
    Result<std::string> contents = ReadFile(path, 1 << 20);
    EXPECT_TRUE(contents.ok()) << contents.status().ToString();
    return contents.ok() ? *contents : "";
  }
  static unsigned Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }

  std::string directory_;
};

// Whether the process has this descriptor open.
bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST_F(FileTest, ADescriptorIsClosedByItsLastOwner) {
  int number = -1;
  {
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.get();
    ASSERT_TRUE(IsOpen(number));
    UniqueFd moved(std::move(fd));
    EXPECT_FALSE(fd.valid());  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(moved.get(), number);
    UniqueFd assigned;
    EXPECT_FALSE(assigned.valid());
    assigned = std::move(moved);
    EXPECT_EQ(assigned.get(), number);
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST_F(FileTest, AReleasedDescriptorStaysOpen) {
  int number = -1;
  {
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.release();
    EXPECT_FALSE(fd.valid());
  }
  EXPECT_TRUE(IsOpen(number));
  close(number);
}

TEST_F(FileTest, IsReadWholeUpToTheLimit) {
  const std::string contents(100'000, 'x');
  ASSERT_TRUE(WriteFileDurably(Path("f"), contents, 0600).ok());
  EXPECT_EQ(*ReadFile(Path("f"), 100'000), contents);
  const Result<std::string> over = ReadFile(Path("f"), 99'999);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(over.status().message(), HasSubstr("longer than 99999 bytes"));
  // One that has no end, too.
  EXPECT_EQ(ReadFile("/dev/zero", 1000).status().code(), Code::kResourceExhausted);
}

TEST_F(FileTest, ThatIsMissingOrADirectoryCannotBeRead) {
  EXPECT_EQ(ReadFile(Path("none"), 10).status().code(), Code::kNotFound);
  EXPECT_THAT(ReadFile(Path("none"), 10).status().message(), HasSubstr(Path("none")));
  EXPECT_EQ(ReadFile(directory_, 10).status().code(), Code::kUnavailable);
}

TEST_F(FileTest, OfTheLedgerIsReadOnlyIfItIsOne) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  for (const std::string& other : {Path("fifo"), directory_, std::string("/dev/zero")}) {
    const Result<std::string> contents = ReadRegularFile(other, 10);
    EXPECT_EQ(contents.status().code(), Code::kCorruption) << other;
    EXPECT_EQ(contents.status().message(), other + " is not a regular file");
  }
  EXPECT_EQ(ReadRegularFile(Path("none"), 10).status().code(), Code::kNotFound);
  std::ofstream(Path("f")) << "contents";
  EXPECT_EQ(*ReadRegularFile(Path("f"), 8), "contents");
  EXPECT_EQ(ReadRegularFile(Path("f"), 7).status().code(), Code::kResourceExhausted);
}

TEST_F(FileTest, IsReplacedWhole) {
  ASSERT_TRUE(WriteFileDurably(Path("f"), std::string(10'000, 'o'), 0600).ok());
  ASSERT_TRUE(WriteFileDurably(Path("f"), std::string("n\0ew", 4), 0600).ok());
  EXPECT_EQ(Contents(Path("f")), std::string("n\0ew", 4));
  ASSERT_TRUE(WriteFileDurably(Path("f"), "", 0600).ok());
  EXPECT_EQ(Contents(Path("f")), "");
  EXPECT_THAT(Names(), ElementsAre("f"));  // no temporary file is left
}

TEST_F(FileTest, ReplacingDoesNotTouchTheOldFileItself) {
  ASSERT_TRUE(WriteFileDurably(Path("f"), "old", 0600).ok());
  const UniqueFd reader(open(Path("f").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(WriteFileDurably(Path("f"), "new", 0600).ok());
  char bytes[8];
  ASSERT_EQ(read(reader.get(), bytes, sizeof bytes), 3);
  EXPECT_EQ(std::string_view(bytes, 3), "old");
}

TEST_F(FileTest, HasTheModeAskedForWhateverTheUmask) {
  const mode_t before = umask(0077);
  EXPECT_TRUE(WriteFileDurably(Path("wide"), "x", 0644).ok());
  umask(0);
  EXPECT_TRUE(WriteFileDurably(Path("narrow"), "x", 0600).ok());
  EXPECT_TRUE(CreateFileDurably(Path("created"), "x", 0640).ok());
  // The old file's mode does not live on.
  EXPECT_TRUE(WriteFileDurably(Path("wide"), "x", 0400).ok());
  umask(before);
  EXPECT_EQ(Mode(Path("narrow")), 0600u);
  EXPECT_EQ(Mode(Path("created")), 0640u);
  EXPECT_EQ(Mode(Path("wide")), 0400u);
}

TEST_F(FileTest, AFailureLeavesWhatWasThere) {
  // The directory that it would stand in is missing.
  EXPECT_EQ(WriteFileDurably(Path("none/f"), "x", 0600).code(), Code::kNotFound);
  EXPECT_EQ(CreateFileDurably(Path("none/f"), "x", 0600).code(), Code::kNotFound);
  EXPECT_THAT(Names(), IsEmpty());
  // A directory has the name, and something in it.
  ASSERT_TRUE(std::filesystem::create_directory(Path("d")));
  ASSERT_TRUE(WriteFileDurably(Path("d/inner"), "kept", 0600).ok());
  const Status status = WriteFileDurably(Path("d"), "x", 0600);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("rename"));
  EXPECT_EQ(Contents(Path("d/inner")), "kept");
  EXPECT_THAT(Names(), ElementsAre("d"));
  // A file stands where a directory should.
  ASSERT_TRUE(WriteFileDurably(Path("f"), "kept", 0600).ok());
  EXPECT_FALSE(WriteFileDurably(Path("f/inner"), "x", 0600).ok());
  EXPECT_EQ(Contents(Path("f")), "kept");
}

TEST_F(FileTest, AWriteThatFailsHalfWayLeavesTheOldFileAndNothingElse) {
  ASSERT_TRUE(WriteFileDurably(Path("f"), "old", 0600).ok());
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);  // so that the write fails with EFBIG
  rlimit small = limit;
  small.rlim_cur = 5000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status replaced = WriteFileDurably(Path("f"), std::string(10'000, 'n'), 0600);
  const Status created = CreateFileDurably(Path("g"), std::string(10'000, 'n'), 0600);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, handler);
  EXPECT_THAT(replaced.message(), HasSubstr("write "));
  EXPECT_FALSE(created.ok());
  EXPECT_EQ(Contents(Path("f")), "old");
  EXPECT_THAT(Names(), ElementsAre("f"));
}

TEST_F(FileTest, ReplacesASymbolicLinkAndNotWhatItPointsTo) {
  ASSERT_TRUE(WriteFileDurably(Path("target"), "kept", 0600).ok());
  ASSERT_EQ(symlink("target", Path("f").c_str()), 0);
  ASSERT_TRUE(WriteFileDurably(Path("f"), "x", 0600).ok());
  EXPECT_FALSE(std::filesystem::is_symlink(Path("f")));
  EXPECT_EQ(Contents(Path("f")), "x");
  EXPECT_EQ(Contents(Path("target")), "kept");
}

TEST_F(FileTest, IsCreatedOnlyWhereNothingStands) {
  ASSERT_TRUE(CreateFileDurably(Path("f"), "first", 0600).ok());
  const Status second = CreateFileDurably(Path("f"), "second", 0600);
  EXPECT_EQ(second.code(), Code::kConflict);
  EXPECT_EQ(second.rule(), "exists");
  EXPECT_EQ(Contents(Path("f")), "first");
  ASSERT_EQ(symlink("nowhere", Path("link").c_str()), 0);
  EXPECT_EQ(CreateFileDurably(Path("link"), "x", 0600).code(), Code::kConflict);
  EXPECT_THAT(Names(), ElementsAre("f", "link"));
}

TEST_F(FileTest, IsCreatedByOneOfManyWhoTryAtOnce) {
  std::atomic<int> winners = 0;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Status status = CreateFileDurably(Path("f"), std::to_string(i), 0600);
      if (status.ok()) ++winners;
      if (status.code() == Code::kConflict) ++conflicts;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(conflicts, 7);
  EXPECT_THAT(Names(), ElementsAre("f"));
}

TEST_F(FileTest, ATemporaryFileThatACrashLeftBehindIsNoObstacle) {
  // The names that this process would use next.
  for (int i = 0; i < 200; ++i) {
    const UniqueFd fd(open((Path("f.tmp.") + std::to_string(getpid()) + "." + std::to_string(i)).c_str(),
                           O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(fd.valid());
  }
  EXPECT_TRUE(WriteFileDurably(Path("f"), "x", 0600).ok());
  EXPECT_EQ(Contents(Path("f")), "x");
}

TEST_F(FileTest, IsRenamedOverAnotherOne) {
  ASSERT_TRUE(WriteFileDurably(Path("old"), "old", 0600).ok());
  ASSERT_TRUE(WriteFileDurably(Path("new"), "new", 0600).ok());
  EXPECT_TRUE(RenameDurably(Path("new"), Path("old")).ok());
  EXPECT_EQ(Contents(Path("old")), "new");
  EXPECT_THAT(Names(), ElementsAre("old"));
  EXPECT_EQ(RenameDurably(Path("none"), Path("old")).code(), Code::kNotFound);
  ASSERT_TRUE(std::filesystem::create_directory(Path("d")));
  EXPECT_EQ(RenameDurably(Path("old"), Path("d")).code(), Code::kUnavailable);
  EXPECT_EQ(Contents(Path("old")), "new");
  EXPECT_TRUE(RenameDurably(Path("d"), Path("e")).ok()) << "a directory, too";
}

TEST_F(FileTest, OnlyADirectoryIsSyncedAsOne) {
  EXPECT_TRUE(SyncDirectory(directory_).ok());
  // What was to be made durable was done before.
  EXPECT_EQ(SyncDirectory(Path("none")).code(), Code::kUnknownOutcome);
  ASSERT_TRUE(WriteFileDurably(Path("f"), "x", 0600).ok());
  EXPECT_EQ(SyncDirectory(Path("f")).code(), Code::kUnknownOutcome);
}

TEST(DirectoryOf, IsWhatStandsBeforeTheLastSlash) {
  EXPECT_EQ(DirectoryOf("a/b"), "a");
  EXPECT_EQ(DirectoryOf("/a/b/c"), "/a/b");
  EXPECT_EQ(DirectoryOf("b"), ".");
  EXPECT_EQ(DirectoryOf("/b"), "/");
  EXPECT_EQ(DirectoryOf("./b"), ".");
}

}  // namespace
}  // namespace envledger
