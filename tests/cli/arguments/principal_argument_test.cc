#include "cli/arguments/principal_argument.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_ledger.h"

namespace envledger::cli {
namespace {

PrincipalSummary Known(PrincipalKind kind, const std::string& id, const std::string& issuer = "k8s") {
  PrincipalSummary summary;
  summary.principal = {kind, issuer, id};
  return summary;
}

std::string NoteOf(LedgerReader& ledger, const PrincipalName& name) {
  std::vector<Principal> principals;
  const auto resolved = Resolve(ledger, name);
  for (const PrincipalSummary& one : resolved->candidates) principals.push_back(one.principal);
  return NoteOn(principals);
}

TEST(PrincipalArgument, AnIdThatBeginsWithAKindIsFoundInTheLedger) {
  FakeLedger ledger;
  ledger.principals = {Known(PrincipalKind::kService, "system:serviceaccount:default:web"),
                       Known(PrincipalKind::kSystem, "scheduler")};
  const PrincipalName account = *ParsePrincipalName("system:serviceaccount:default:web");
  const auto whole = Resolve(ledger, account);
  EXPECT_EQ(whole->filter.id, "system:serviceaccount:default:web");
  EXPECT_EQ(whole->filter.kind, PrincipalKind::kUnspecified);
  EXPECT_EQ(NoteOf(ledger, account), "");
  const auto kind = Resolve(ledger, *ParsePrincipalName("system:scheduler"));
  EXPECT_EQ(kind->filter.id, "scheduler");
  EXPECT_EQ(kind->filter.kind, PrincipalKind::kSystem);
  EXPECT_NE(NoteOf(ledger, *ParsePrincipalName("nobody")), "");
}

TEST(PrincipalArgument, SeveralOfOneNameAreListed) {
  FakeLedger ledger;
  ledger.principals = {Known(PrincipalKind::kUser, "alice", "https://a.example"),
                       Known(PrincipalKind::kUser, "alice", "https://b.example")};
  const std::string note = NoteOf(ledger, *ParsePrincipalName("alice"));
  EXPECT_NE(note.find("user:alice@a.example, user:alice@b.example"), std::string::npos) << note;
  PrincipalName one = *ParsePrincipalName("alice");
  one.filter.issuer = "https://b.example";
  EXPECT_EQ(NoteOf(ledger, one), "");
}

}  // namespace
}  // namespace envledger::cli
