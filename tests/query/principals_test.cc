#include <gtest/gtest.h>

#include <string>

#include "ledger/base/bytes.h"
#include "ledger/query/view.h"
#include "tests/query/pages.h"
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

// Anybody who may append can make very many of them.
TEST(PrincipalsTest, RecordsOfVeryManyPrincipalsOfOneIdAreFoundInPages) {
  TestLedger ledger;
  ledger.Open();
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    Transition opening = RequestedFrom("e" + std::to_string(i), "issuer-" + std::to_string(i % 20));
    if (i % 7 == 3) opening.identity->requester.id = "bob";
    if (i % 5 == 0) opening.identity->requester.kind = PrincipalKind::kService;
    if (opening.identity->requester.id == "alice") expected.push_back(opening.envelope_id);
    ledger.MustAppend({Encoded(opening)});
  }
  const LedgerView view = *ledger.ledger().CurrentView();
  QueryRequest query;
  query.principal.emplace().id = "alice";
  for (const uint64_t most : {1u, 3u, 10u, 256u}) {
    for (const uint64_t work : {1u, 20u, 200u, 100'000u}) {
      AnswerLimits limits;
      limits.max_principals = most;
      limits.max_work = work;
      query.principal->kind = PrincipalKind::kUnspecified;
      EXPECT_EQ(Ids(Ask(view, query, limits).envelopes), expected) << most << " " << work;
      query.principal->kind = PrincipalKind::kService;
      EXPECT_EQ(Ids(Ask(view, query, limits).envelopes), Ids(Ask(view, query).envelopes)) << most << " " << work;
    }
  }
  AnswerLimits limits;
  limits.max_principals = 1;
  const auto page = RunQuery(view, query, limits);
  EXPECT_LT(page->completeness.scanned, 200u) << "no more is read than the records of this id";
}

TEST(PrincipalsTest, APageMayBeEmptyAndTheNextGoesOn) {
  TestLedger ledger;
  ledger.Open();
  for (int i = 0; i < 50; ++i)
    ledger.MustAppend({Encoded(Requested("e" + std::to_string(i), "u" + std::to_string(i)))});
  Transition decided = Later(Stage::kAdmitted, "e30");
  decided.decision->decider = User("u30x");
  ledger.MustAppend({Encoded(decided)});
  const LedgerView view = *ledger.ledger().CurrentView();
  AnswerLimits limits;
  limits.max_work = 15;
  PrincipalsRequest request;
  request.filter.roles = kDecider;
  size_t empty = 0;
  std::vector<std::string> found;
  for (int page = 0; page < 100; ++page) {
    const auto response = RunPrincipals(view, request, limits);
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_TRUE(response->completeness.complete);
    EXPECT_LE(response->completeness.scanned, 16u);
    empty += response->principals.empty() ? 1 : 0;
    for (const PrincipalSummary& summary : response->principals) found.push_back(summary.principal.id);
    request.cursor = response->completeness.next_cursor;
    if (request.cursor.empty()) break;
  }
  EXPECT_EQ(request.cursor, "");
  EXPECT_GT(empty, 3u);
  EXPECT_EQ(found, std::vector<std::string>{"u30x"});
}

TEST(PrincipalsTest, AnIssuerIsFoundWhicheverKindItsPrincipalsAre) {
  TestLedger ledger;
  ledger.Open();
  for (int i = 0; i < 30; ++i) {
    Transition opening = RequestedFrom("e" + std::to_string(i), i % 10 == 0 ? "this" : "other-" + std::to_string(i));
    opening.identity->requester.kind = i < 15 ? PrincipalKind::kAnonymous : PrincipalKind::kUser;
    ledger.MustAppend({Encoded(opening)});
  }
  const LedgerView view = *ledger.ledger().CurrentView();
  PrincipalsRequest request;
  request.filter.id = "alice";
  request.filter.issuer = "this";
  request.limit = 1;
  std::vector<PrincipalKind> kinds;
  for (int page = 0; page < 5; ++page) {
    const auto response = RunPrincipals(view, request, {});
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_LT(response->completeness.scanned, 20u) << "the others are not read";
    for (const PrincipalSummary& summary : response->principals) kinds.push_back(summary.principal.kind);
    request.cursor = response->completeness.next_cursor;
    if (request.cursor.empty()) break;
  }
  EXPECT_EQ(kinds, (std::vector{PrincipalKind::kUser, PrincipalKind::kAnonymous}));
}

}  // namespace
}  // namespace envledger
