#include "ledger/store/index_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace envledger {
namespace {

IndexFiles Sample() {
  IndexFiles files{"MANIFEST-000005", 1234, 0xfedcba98, {}};
  files.tables["000012.sst"] = {4096, 77, 1'700'000'000'123'456'789, -1};
  files.tables["000013.sst"] = {1, 2, 3, 4};
  return files;
}

TEST(IndexFilesTest, ARecordIsReadAsItWasWritten) {
  const auto read = ParseIndexFiles(FormatIndexFiles(Sample()));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->manifest, "MANIFEST-000005");
  EXPECT_EQ(read->manifest_bytes, 1234u);
  EXPECT_EQ(read->manifest_crc, 0xfedcba98u);
  EXPECT_EQ(read->tables, Sample().tables);
}

TEST(IndexFilesTest, NoByteOfARecordCanBeChangedOrLeftOut) {
  const std::string text = FormatIndexFiles(Sample());
  for (size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] ^= 1;
    EXPECT_FALSE(ParseIndexFiles(changed).ok()) << at;
    EXPECT_FALSE(ParseIndexFiles(text.substr(0, at)).ok()) << at;
  }
}

}  // namespace
}  // namespace envledger
