#include "ledger/base/message.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

TEST(Message, PartsAreJoinedByTheSeparator) {
  EXPECT_EQ(Joined({}, ", "), "");
  EXPECT_EQ(Joined({"a"}, ", "), "a");
  EXPECT_EQ(Joined({"a", "", "b"}, "; "), "a; ; b");
}

TEST(Message, EntriesAreCountedAndNamed) {
  EXPECT_EQ(Entries(0), "0 entries");
  EXPECT_EQ(Entries(1), "1 entry");
  EXPECT_EQ(Entries(2), "2 entries");
  EXPECT_EQ(EntryName(UINT64_MAX), "entry 18446744073709551615");
}

}  // namespace
}  // namespace envledger
