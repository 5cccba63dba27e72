#include "ledger/index/rebuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/base/bytes.h"
#include "tests/index/own_log.h"
#include "tests/support/doctor.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLogSize = 30;

class RebuildTest : public OwnLog {
 protected:
  void SetUp() override {
    Create(SealedStories(kLogSize));
    log_.reset();
  }
  std::vector<std::string> Keys() { return KeysOf(*OpenIndex(IndexPath(data_dir()))->Snapshot()); }
};

TEST_F(RebuildTest, MakesTheIndexFromTheLogWhateverWasThere) {
  uint64_t done = 0;
  uint64_t total = 0;
  const auto entries = RebuildIndex(data_dir(), [&](uint64_t at, uint64_t of) {
    done = at;
    total = of;
  });
  ASSERT_TRUE(entries.ok()) << entries.status().ToString();
  EXPECT_EQ(*entries, kLogSize);
  EXPECT_EQ(done, kLogSize);
  EXPECT_EQ(total, kLogSize);
  const std::vector<std::string> good = Keys();
  EXPECT_GT(good.size(), kLogSize);
  PutKey(IndexPath(data_dir()), "facets", "a key that the log does not give", {});
  std::ofstream(DamageMarkPath(data_dir())) << "damaged";
  OpenIndex(RebuiltIndexPath(data_dir()));
  ASSERT_TRUE(RebuildIndex(data_dir(), {}).ok());
  EXPECT_EQ(Keys(), good);
  EXPECT_FALSE(fs::exists(DamageMarkPath(data_dir())));
  EXPECT_FALSE(fs::exists(RebuiltIndexPath(data_dir())));
}

TEST_F(RebuildTest, WithoutALedgerThereIsNothingToRebuild) {
  const std::string nothing = data_dir() + "/nothing";
  EXPECT_EQ(RebuildIndex(nothing, {}).status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(IndexPath(nothing)));
}

TEST_F(RebuildTest, LeavesTheIndexOfARunningDaemonAlone) {
  ASSERT_TRUE(RebuildIndex(data_dir(), {}).ok());
  const std::vector<std::string> before = Keys();
  const auto log = LogDb::Open(LogPath(data_dir()), {});
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(RebuildIndex(data_dir(), {}).status().code(), Code::kUnavailable);
  EXPECT_EQ(Keys(), before);
}

TEST_F(RebuildTest, AHoleInTheLogIsSaidAndTheMarkOfDamageStays) {
  DeleteKey(LogPath(data_dir()), "entries", U64Key(7));
  std::ofstream(DamageMarkPath(data_dir())) << "damaged";
  const auto rebuilt = RebuildIndex(data_dir(), {});
  EXPECT_TRUE(IsLogDamage(rebuilt.status())) << rebuilt.status().ToString();
  EXPECT_TRUE(fs::exists(DamageMarkPath(data_dir())));
}

}  // namespace
}  // namespace envledger
