#include <gtest/gtest.h>

#include <string>

#include "ledger/base/bytes.h"
#include "ledger/query/view.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

// A cursor that was cut when it was copied would begin behind principals that nobody has seen, in an answer that is
// called complete.
TEST(PrincipalsTest, APartOfACursorIsRefused) {
  TestLedger ledger;
  ledger.Open();
  for (const char* user : {"alice", "alice2", "bob"}) ledger.MustAppend({Encoded(Requested(user, user))});
  const LedgerView view = *ledger.ledger().CurrentView();
  PrincipalsRequest request;
  request.limit = 1;
  const auto first = RunPrincipals(view, request, {});
  ASSERT_TRUE(first.ok());
  const std::string cursor = first->completeness.next_cursor;
  ASSERT_GT(cursor.size(), 20u);
  request.cursor = cursor;
  const auto second = RunPrincipals(view, request, {});
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_EQ(second->principals.at(0).principal.id, "alice2");
  for (size_t size = 1; size < cursor.size(); ++size) {
    request.cursor = cursor.substr(0, size);
    EXPECT_EQ(RunPrincipals(view, request, {}).status().code(), Code::kInvalidArgument) << request.cursor;
  }
  PrincipalsRequest other = request;
  other.cursor = cursor;
  other.filter.roles = kDecider;
  EXPECT_EQ(RunPrincipals(view, other, {}).status().code(), Code::kInvalidArgument) << "other filters";
  for (const std::string& more : {cursor + "00", cursor + "0102030405060708", std::string("zz")}) {
    request.cursor = more;
    EXPECT_EQ(RunPrincipals(view, request, {}).status().code(), Code::kInvalidArgument) << more;
  }
}

Transition RequestedFrom(const std::string& envelope_id, const std::string& issuer) {
  Transition transition = Requested(envelope_id, "alice");
  transition.identity->requester.issuer = issuer;
  return transition;
}

TEST(PrincipalsTest, NamesThatAreLongFillAPageBeforeTheirNumberDoes) {
  TestLedger ledger;
  ledger.Open();
  for (const char letter : {'a', 'b', 'c', 'd', 'e'}) {
    ledger.MustAppend({Encoded(RequestedFrom(std::string(1, letter), std::string(10'000, letter)))});
  }
  const LedgerView view = *ledger.ledger().CurrentView();
  AnswerLimits limits;
  limits.max_bytes = 25'000;
  PrincipalsRequest request;
  size_t found = 0;
  for (int page = 0; page < 3; ++page) {
    const auto response = RunPrincipals(view, request, limits);
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->principals.size(), page < 2 ? 2u : 1u);
    found += response->principals.size();
    request.cursor = response->completeness.next_cursor;
  }
  EXPECT_EQ(found, 5u);
  EXPECT_TRUE(request.cursor.empty());
  limits.max_bytes = 1;
  EXPECT_EQ(RunPrincipals(view, {}, limits)->principals.size(), 1u) << "one is always given";
}

// All of them are walked side by side, and anybody who may append can make more of them.
TEST(PrincipalsTest, AnIdThatVeryManyHaveMustBeNamedWithItsIssuer) {
  TestLedger ledger;
  ledger.Open();
  for (const char letter : {'a', 'b', 'c', 'd', 'e'}) {
    ledger.MustAppend({Encoded(RequestedFrom(std::string(1, letter), std::string(10'000, letter)))});
  }
  const LedgerView view = *ledger.ledger().CurrentView();
  AnswerLimits limits;
  limits.max_principal_bytes = 90'000;
  QueryRequest query;
  query.principal.emplace().id = "alice";
  EXPECT_EQ(RunQuery(view, query, {})->envelopes.size(), 5u);
  const auto refused = RunQuery(view, query, limits);
  EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.status().rule(), "principal");
  query.principal->issuer = std::string(10'000, 'c');
  const auto one = RunQuery(view, query, limits);
  ASSERT_TRUE(one.ok()) << one.status().ToString();
  EXPECT_EQ(one->envelopes.size(), 1u);
}

}  // namespace
}  // namespace envledger
