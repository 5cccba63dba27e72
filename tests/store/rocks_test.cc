#include "ledger/store/rocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/temp_dir.h"

namespace envledger::rocks {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RocksTest : public ::testing::Test {
 protected:
  Result<Handle> TryOpen(bool read_only, bool create = true) {
    rocksdb::DBOptions options = CommonOptions(read_only);
    options.create_if_missing = create;
    options.create_missing_column_families = create;
    const rocksdb::ColumnFamilyOptions family;
    return Open(options, path_, {{rocksdb::kDefaultColumnFamilyName, family}, {"more", family}}, read_only);
  }
  void SetUp() override { fs::create_directory(path_); }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/db";
};

TEST_F(RocksTest, OneWriterKeepsOthersOutAndReadersIn) {
  auto writer = TryOpen(false);
  ASSERT_TRUE(writer.ok()) << writer.status().ToString();
  ASSERT_EQ(writer->families.size(), 2u);
  const auto second = TryOpen(false);
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_EQ(Lock(path_).status().code(), Code::kUnavailable);
  EXPECT_TRUE(TryOpen(true).ok());
  { const Handle closed = *std::move(writer); }
  EXPECT_TRUE(TryOpen(false).ok()) << "a handle that ends lets go of it";
}

TEST_F(RocksTest, WithoutADatabaseNothingIsOpenedForReading) {
  EXPECT_FALSE(TryOpen(true, false).ok());
  fs::remove_all(path_);
  EXPECT_EQ(Lock(path_).status().code(), Code::kNotFound);
  EXPECT_EQ(TryOpen(false).status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(RocksTest, NoFilesOfRocksDbsOwnLogAreWritten) {
  { ASSERT_TRUE(TryOpen(false).ok()); }
  for (const auto& file : fs::directory_iterator(path_)) {
    EXPECT_FALSE(file.path().filename().string().starts_with("LOG")) << file.path();
  }
}

TEST_F(RocksTest, AFailureIsTheStatusThatSaysWhatToDo) {
  EXPECT_TRUE(ToStatus(rocksdb::Status::OK(), "read").ok());
  EXPECT_EQ(ToStatus(rocksdb::Status::NotFound(), "read").code(), Code::kNotFound);
  EXPECT_EQ(ToStatus(rocksdb::Status::Corruption(), "read").code(), Code::kCorruption);
  const Status disk = ToStatus(rocksdb::Status::IOError("no space"), "write");
  EXPECT_EQ(disk.code(), Code::kUnavailable);
  EXPECT_THAT(disk.message(), HasSubstr("write: "));
  EXPECT_THAT(disk.message(), HasSubstr("no space"));
}

TEST_F(RocksTest, APropertyIsSummedOverTheFamilies) {
  auto handle = TryOpen(false);
  ASSERT_TRUE(handle.ok());
  const char* keys = "rocksdb.estimate-num-keys";
  EXPECT_EQ(SumProperty(*handle, keys), 0u);
  for (rocksdb::ColumnFamilyHandle* family : handle->families) {
    ASSERT_TRUE(handle->db->Put({}, family, "key", "value").ok());
  }
  EXPECT_EQ(SumProperty(*handle, keys), 2u);
  EXPECT_EQ(SumProperty(*handle, "no such property"), 0u);
}

}  // namespace
}  // namespace envledger::rocks
