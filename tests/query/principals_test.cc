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

}  // namespace
}  // namespace envledger
