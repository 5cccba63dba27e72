#include "ledger/index/logged_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/index/own_log.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class LoggedKeysTest : public OwnLog {
 protected:
  // A log of entries of which entry `rotation` is noted as one.
  void CreateWithRotation(const std::vector<std::string>& entries, uint64_t rotation) {
    const auto at = entries.begin() + static_cast<ptrdiff_t>(rotation);
    Create({entries.begin(), at});
    ASSERT_TRUE(log_->AppendKeyRotation(rotation, *at).ok());
    ASSERT_TRUE(log_->Append(rotation + 1, {at + 1, entries.end()}).ok());
  }
};

TEST_F(LoggedKeysTest, AreTheGenesissAndThoseOfNotedRotations) {
  CreateWithRotation(SealedWithRotation(), 2);
  const auto keys = NotedKeys(*log_);
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  ASSERT_THAT(keys->keys(), SizeIs(2));
  EXPECT_EQ(keys->origin(), kTestOrigin);
  EXPECT_EQ(keys->keys()[0].key.public_key, TestKey(1).public_key());
  EXPECT_EQ(keys->current().key.public_key, TestKey(2).public_key());
  EXPECT_EQ(keys->current().seq, 2u);
}

TEST_F(LoggedKeysTest, EndTooEarlyWhereANoteWasLost) {
  Create(SealedWithRotation());
  const auto keys = NotedKeys(*log_);
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  EXPECT_THAT(keys->keys(), SizeIs(1));
}

TEST_F(LoggedKeysTest, ANotedEntryThatIsNoRotationIsCorruption) {
  CreateWithRotation(SealedStories(6), 3);
  EXPECT_EQ(NotedKeys(*log_).status().code(), Code::kCorruption);
}

TEST_F(LoggedKeysTest, ARotationThatTheOldKeyDidNotSignIsCorruption) {
  CreateWithRotation(SealedWithRotation(3), 2);
  EXPECT_EQ(NotedKeys(*log_).status().code(), Code::kCorruption);
}

TEST_F(LoggedKeysTest, AnEntryUnderAnothersNumberIsCorruption) {
  std::vector<std::string> entries = SealedWithRotation();
  std::swap(entries[2], entries[3]);
  CreateWithRotation(entries, 3);
  const auto keys = NotedKeys(*log_);
  EXPECT_EQ(keys.status().code(), Code::kCorruption);
  EXPECT_THAT(keys.status().message(), HasSubstr("entry 3 says that it is 2"));
}

TEST_F(LoggedKeysTest, ALogThatDoesNotBeginWithAGenesisHasNone) {
  std::vector<std::string> entries = SealedStories(3);
  Create({entries[1], entries[2]});
  EXPECT_FALSE(NotedKeys(*log_).ok());
}

}  // namespace
}  // namespace envledger
