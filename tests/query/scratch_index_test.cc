#include "ledger/query/scratch_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ScratchIndexTest : public ::testing::Test {
 protected:
  static void Use(const std::string& directory) { ASSERT_EQ(setenv("TMPDIR", directory.c_str(), 1), 0); }
  void TearDown() override { unsetenv("TMPDIR"); }

  TempDir dir_;
};

TEST_F(ScratchIndexTest, IsBelowTheDirectoryForTemporaryFilesAndGoesWithItsOwner) {
  Use(dir_.path());
  {
    const auto one = ScratchIndex::Make();
    const auto other = ScratchIndex::Make();
    ASSERT_TRUE(one.ok() && other.ok());
    std::vector<IndexPut> puts = {{Table::kFacets, "key", "value"}};
    ASSERT_TRUE((*one)->db().Apply(puts, {1, std::string(32, 'h')}).ok());
    EXPECT_EQ((*one)->db().watermark().seq, 1u);
    EXPECT_EQ((*other)->db().watermark().seq, 0u) << "each has its own";
    EXPECT_FALSE(fs::is_empty(dir_.path()));
  }
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(ScratchIndexTest, WithoutSuchADirectoryThereIsNone) {
  Use(dir_.path() + "/nowhere");
  const auto scratch = ScratchIndex::Make();
  EXPECT_EQ(scratch.status().code(), Code::kUnavailable);
  EXPECT_THAT(scratch.status().message(), HasSubstr("directory"));
}

}  // namespace
}  // namespace envledger
