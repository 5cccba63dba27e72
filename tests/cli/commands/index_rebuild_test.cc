#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ledger/store/layout.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger::cli {
namespace {

namespace fs = std::filesystem;

class IndexRebuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.Open();
    ledger_.MustAppend({Encoded(Opening("env-1"))});
  }
  int Rebuild(World& world) { return world.Run({"index", "rebuild", "--data-dir", ledger_.data_dir()}); }

  TestLedger ledger_;
};

TEST_F(IndexRebuildTest, SaysHowManyEntriesAreIndexed) {
  ledger_.Close();
  fs::remove_all(IndexPath(ledger_.data_dir()));
  World world;
  EXPECT_EQ(Rebuild(world), 0) << world.err.str();
  EXPECT_EQ(world.out.str(), "rebuilt the indexes of 4 entries\n") << "genesis, opened, a record, closed";
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
}

TEST_F(IndexRebuildTest, OfARunningLedgerIsUnavailable) {
  World world;
  EXPECT_EQ(Rebuild(world), 5);
  EXPECT_EQ(world.out.str(), "");
}

TEST_F(IndexRebuildTest, NeedsADirectoryWithALedger) {
  World none;
  EXPECT_EQ(none.Run({"index", "rebuild"}), 2);
  EXPECT_NE(none.err.str().find("--data-dir"), std::string::npos);
  World empty;
  EXPECT_EQ(empty.Run({"index", "rebuild", "--data-dir", ledger_.data_dir() + "/nothing"}), 3) << empty.err.str();
}

}  // namespace
}  // namespace envledger::cli
