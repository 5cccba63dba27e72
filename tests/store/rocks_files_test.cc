#include "ledger/store/rocks_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "ledger/files/file.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace envledger::rocks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RocksFilesTest : public ::testing::Test {
 protected:
  std::unique_ptr<rocksdb::FSWritableFile> New(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(files_.NewWritableFile(path(name), {}, &file, nullptr).ok());
    return file;
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

  TempDir directory_;
  rocksdb::FileSystem& files_ = *FilesEnv()->GetFileSystem();
};

TEST_F(RocksFilesTest, AFileHoldsWhatWasAppendedAndKeepsNoReservedSpace) {
  const auto file = New("file");
  file->SetPreallocationBlockSize(1 << 20);
  file->PrepareWrite(0, 5, {}, nullptr);
  EXPECT_TRUE(file->Append("first", {}, nullptr).ok());
  EXPECT_TRUE(file->Append(" second", {}, nullptr).ok());
  EXPECT_EQ(file->GetFileSize({}, nullptr), 12u);
  EXPECT_TRUE(file->Sync({}, nullptr).ok());
  EXPECT_TRUE(file->Close({}, nullptr).ok());
  EXPECT_EQ(*ReadFile(path("file"), 100), "first second");
  struct stat info {};
  ASSERT_EQ(stat(path("file").c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

TEST_F(RocksFilesTest, AFileThatIsOpenedAgainGrowsAtItsEndOrIsCut) {
  EXPECT_TRUE(New("file")->Append("first", {}, nullptr).ok());
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(files_.ReopenWritableFile(path("file"), {}, &file, nullptr).ok());
  EXPECT_EQ(file->GetFileSize({}, nullptr), 5u);
  EXPECT_TRUE(file->Append(" more", {}, nullptr).ok());
  EXPECT_TRUE(file->Truncate(7, {}, nullptr).ok());
  EXPECT_EQ(*ReadFile(path("file"), 100), "first m");
  EXPECT_TRUE(New("file")->Fsync({}, nullptr).ok());
  EXPECT_EQ(*ReadFile(path("file"), 100), "") << "a new file replaces it";
}

TEST_F(RocksFilesTest, AfterASyncThatFailedEveryLaterOneFails) {
  const auto file = New("file");
  EXPECT_TRUE(file->Append("bytes", {}, nullptr).ok());
  FileFaults faults(directory_.path());
  faults.Fail(FileFault::kFailed, 0, "fdatasync");
  EXPECT_FALSE(file->Sync({}, nullptr).ok());
  EXPECT_FALSE(file->Sync({}, nullptr).ok());
  const rocksdb::IOStatus again = file->Fsync({}, nullptr);
  EXPECT_THAT(again.ToString(), HasSubstr("Input/output error"));
  EXPECT_THAT(faults.calls(), ElementsAre("fdatasync")) << "it is not even tried";
}

TEST_F(RocksFilesTest, AWriteThatFailedSaysWhy) {
  const auto file = New("file");
  FileFaults faults(directory_.path());
  faults.Fail(FileFault::kFailed, 0, "write");
  EXPECT_EQ(file->Append("bytes", {}, nullptr).ToString(), "IO error: write " + path("file") + ": Input/output error");
  EXPECT_TRUE(file->Append("bytes", {}, nullptr).ok());
}

TEST_F(RocksFilesTest, TheDirectoryIsSyncedBeforeCurrentIsReplacedAndOnlyThen) {
  New("new");
  New("other");
  FileFaults faults(directory_.path());
  EXPECT_TRUE(files_.RenameFile(path("new"), path("CURRENT"), {}, nullptr).ok());
  EXPECT_THAT(faults.calls(), ElementsAre("open-directory", "fsync-directory", "rename"));
  faults.Fail(FileFault::kFailed, 0, "fsync-directory");
  EXPECT_FALSE(files_.RenameFile(path("other"), path("CURRENT"), {}, nullptr).ok());
  EXPECT_TRUE(files_.FileExists(path("other"), {}, nullptr).ok()) << "not replaced";
  EXPECT_TRUE(files_.RenameFile(path("other"), path("another"), {}, nullptr).ok());
  EXPECT_EQ(faults.calls().size(), 6u);
}

TEST_F(RocksFilesTest, WhatIsNoFileIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(path("000007.sst").c_str(), 0600), 0);
  std::unique_ptr<rocksdb::FSSequentialFile> sequential;
  EXPECT_THAT(files_.NewSequentialFile(path("000007.sst"), {}, &sequential, nullptr).ToString(),
              HasSubstr("000007.sst: not a regular file"));
  // The second name is the one that RocksDB tries when it does not find the first.
  std::unique_ptr<rocksdb::FSRandomAccessFile> at_random;
  for (const char* name : {"000007.sst", "000007.ldb"}) {
    EXPECT_THAT(files_.NewRandomAccessFile(path(name), {}, &at_random, nullptr).ToString(),
                HasSubstr("000007.sst: not a regular file"));
  }
}

TEST_F(RocksFilesTest, TheProbeForDirectIoFindsNothingWrong) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  EXPECT_TRUE(files_.NewRandomAccessFile(path("CURRENT"), {}, &file, nullptr).ok());
  char scratch[8];
  rocksdb::Slice bytes;
  EXPECT_TRUE(file->Read(0, 8, {}, &bytes, scratch, nullptr).IsNotSupported());
}

TEST_F(RocksFilesTest, WhatDoesNotExistCannotBeOpened) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  EXPECT_TRUE(files_.NewWritableFile(path("none/file"), {}, &file, nullptr).IsPathNotFound());
  std::unique_ptr<rocksdb::FSDirectory> directory;
  EXPECT_TRUE(files_.NewDirectory(path("none"), {}, &directory, nullptr).IsPathNotFound());
  ASSERT_TRUE(files_.NewDirectory(directory_.path(), {}, &directory, nullptr).ok());
  EXPECT_TRUE(directory->Fsync({}, nullptr).ok());
  EXPECT_TRUE(directory->Close({}, nullptr).ok());
}

}  // namespace
}  // namespace envledger::rocks
