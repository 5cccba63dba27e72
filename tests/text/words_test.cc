#include "ledger/text/words.h"

#include <gtest/gtest.h>

#include <string>

namespace envledger {
namespace {

Principal User(const std::string& id, const std::string& issuer) { return {PrincipalKind::kUser, issuer, id}; }

TEST(NameBook, GivesTheIssuerOnlyOfNamesThatSeveralShare) {
  NameBook names;
  names.Learn(User("alice", "a"));
  names.Learn(User("alice", "a"));
  EXPECT_EQ(names.Name(User("alice", "a")), "user:alice");
  names.Learn(User("bob", "b"));
  names.Learn(User("alice", "b"));
  EXPECT_EQ(names.Name(User("alice", "a")), FullPrincipalText(User("alice", "a")));
  EXPECT_EQ(names.Name(User("bob", "b")), "user:bob");
  EXPECT_EQ(names.Name(User("carol", "c")), "user:carol") << "never met";
}

// Names are as long and as many as producers like.
TEST(NameBook, ThatIsFullGivesEverybodysIssuer) {
  NameBook names;
  names.Learn(User("alice", "a"));
  const std::string longest(16'000, 'x');
  size_t learned = 0;
  while (names.Name(User("alice", "a")) == "user:alice") {
    ASSERT_LT(learned, 2000u);
    names.Learn(User(longest + std::to_string(learned++), "a"));
  }
  EXPECT_GT(learned * longest.size(), NameBook::kMaxBytes / 2);
  EXPECT_LT(learned * longest.size(), NameBook::kMaxBytes + 2 * longest.size());
  EXPECT_EQ(names.Name(User("bob", "b")), FullPrincipalText(User("bob", "b")));
}

}  // namespace
}  // namespace envledger
