#include "ledger/text/words.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/day.h"

namespace envledger {
namespace {

using day::Amount;
using day::User;

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

TEST(Words, GroupDigitsByThree) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
}

TEST(Words, AmountsSayBoundsAndUnits) {
  Resource resource = Amount("gpu", "2");
  resource.per = Per::kUnit;
  EXPECT_EQ(AmountText(resource), "2 each");
  resource.unit_of = "nodes";
  EXPECT_EQ(AmountText(resource), "2 x nodes");
  Resource bounds;
  bounds.min = 1000;
  EXPECT_EQ(AmountText(bounds), ">=1");
  bounds.max = 4000;
  EXPECT_EQ(AmountText(bounds), "1..4");
  EXPECT_EQ(AmountText(Amount("memory", "64Gi")), "64Gi");
  EXPECT_EQ(AmountText(Amount("gpu", "0")), "0");
}

TEST(Words, WhoNamesOnlyHopsThatAreNotNamedAlready) {
  Envelope envelope;
  const Principal aria{PrincipalKind::kAgent, "https://agents.example.com", "aria"};
  envelope.identity.requester = aria;
  envelope.identity.subject = User("dana");
  envelope.identity.delegation.resize(2);
  envelope.identity.delegation[0].actor = {PrincipalKind::kAgent, "https://agents.example.com", "planner"};
  envelope.identity.delegation[1].actor = aria;
  EXPECT_EQ(WhoText(envelope, {}), "agent:aria for user:dana via agent:planner");
}

TEST(Words, TheIssuerIsSaidWhereOnlyItTellsApart) {
  NameBook names;
  names.Learn(User("alice"));
  names.Learn(User("bob"));
  EXPECT_EQ(names.Name(User("alice")), "user:alice");
  names.Learn(User("alice", "https://partner.example.net"));
  EXPECT_EQ(names.Name(User("alice")), "user:alice@id.example.com");
  EXPECT_EQ(names.Name(User("alice", "https://partner.example.net")), "user:alice@partner.example.net");
  EXPECT_EQ(names.Name(User("bob")), "user:bob");
}

TEST(Words, RelationsSayWhatStandsOut) {
  Envelope envelope;
  EXPECT_EQ(SummaryOf(envelope).text, "");
  envelope.relation = {{"cpu", Relation::kAsRequested}};
  EXPECT_EQ(SummaryOf(envelope).text, "as_requested");
  envelope.relation["gpu"] = Relation::kNarrowed;
  envelope.relation["memory"] = Relation::kNarrowed;
  envelope.relation["disk"] = Relation::kAdded;
  EXPECT_EQ(SummaryOf(envelope).text, "narrowed gpu, memory; added disk");
  EXPECT_EQ(SummaryOf(envelope).worst, Relation::kNarrowed);
}

}  // namespace
}  // namespace envledger
