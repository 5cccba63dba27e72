// The example of an auditor's program (tests/evidence/example), on a real daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr char kRequested[] =
    R"({"envelope_id":"e1","stage":"requested","occurred_at":"2026-03-17T09:20:00Z",)"
    R"("identity":{"requester":{"kind":"user","issuer":"i","id":"alice"}},"execution":{"kind":"inference"},)"
    R"("scope":{"kind":"project","id":"p","binding":"bound"},"requested":{"gpu":"1"}})"
    "\n";

TEST(ExampleAuditor, ProvesAnAnswerAndPrintsItAndBelievesNoOtherKey) {
  ServedLedger ledger;
  ledger.Start();
  ASSERT_EQ(ledger.Append(kRequested).status, 0);
  const Ended proven = RunProgram({EXAMPLE_AUDITOR, ledger.audit_socket(), ledger.vkey(), "alice"});
  EXPECT_EQ(proven.status, 0) << proven.err;
  EXPECT_THAT(proven.err, HasSubstr("Proven: 1 entry of 1 envelope"));
  EXPECT_THAT(proven.out, HasSubstr("\"envelope_id\":\"e1\""));
  EXPECT_THAT(proven.out, HasSubstr("{\"completeness\":"));

  const ServedLedger other;
  const Ended refused = RunProgram({EXAMPLE_AUDITOR, ledger.audit_socket(), other.vkey(), "alice"});
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("NOT PROVEN: the ledger does not have the key given"));
  EXPECT_EQ(refused.out, "");
}

}  // namespace
}  // namespace envledger
