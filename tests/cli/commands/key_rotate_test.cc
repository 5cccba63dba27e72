#include <gtest/gtest.h>

#include <string>

#include "ledger/crypto/ed25519.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

class KeyRotateTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(FakeLedger::signing_key(1).Create(path_).ok()); }
  int Rotate(World& world) { return world.Run({"key", "rotate", "--key", path_}); }
  std::string PublicKey() const { return SigningKey::Load(path_)->public_key(); }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/signing.key";
};

TEST_F(KeyRotateTest, PrintsTheNewKeyAndSaysWhatIsLeftToDo) {
  World world;
  ASSERT_EQ(Rotate(world), 0) << world.err.str();
  EXPECT_NE(PublicKey(), FakeLedger::signing_key(1).public_key());
  EXPECT_EQ(world.out.str(), FormatVerifierKey(*MakeVerifierKey(FakeLedger::kOrigin, PublicKey())) + "\n");
  EXPECT_NE(world.err.str().find("restart the daemon to record it"), std::string::npos);
  World again;
  ASSERT_EQ(Rotate(again), 0) << again.err.str();
  EXPECT_EQ(again.out.str(), world.out.str()) << "the ledger has not recorded it yet";
  EXPECT_NE(again.err.str().find("before you rotate the key again"), std::string::npos);
}

TEST_F(KeyRotateTest, AKeyThatIsNotTheLedgersStaysAsItIs) {
  World world;
  world.ledger->genesis = *EntryBuilder().Build({}, Genesis{FakeLedger::kOrigin, FakeLedger::key(2).public_key});
  EXPECT_EQ(Rotate(world), 4) << world.err.str();
  EXPECT_EQ(world.out.str(), "");
  EXPECT_EQ(PublicKey(), FakeLedger::signing_key(1).public_key());
}

TEST_F(KeyRotateTest, NeedsAKeyFileAndALedger) {
  World none;
  EXPECT_EQ(none.Run({"key", "rotate"}), 2);
  World missing;
  EXPECT_NE(missing.Run({"key", "rotate", "--key", path_ + ".none"}), 0);
  World closed;
  closed.open_status = Unavailable("no daemon");
  EXPECT_EQ(Rotate(closed), 5);
  EXPECT_EQ(PublicKey(), FakeLedger::signing_key(1).public_key());
}

}  // namespace
}  // namespace envledger::cli
