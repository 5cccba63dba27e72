#include "cli/arguments/selection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

Result<QueryPlan> Plan(const std::vector<std::string>& words) {
  const auto options = ParseOptions(QueryOptions(), 0, 0, words);
  if (!options.ok()) return options.status();
  return PlanSelection(*options, kMorning);
}

PrincipalSummary Known(const std::string& issuer) {
  PrincipalSummary summary;
  summary.principal = User("alice", issuer);
  return summary;
}

TEST(Selection, HasNoLimitUnlessOneIsGiven) {
  EXPECT_EQ(Plan({})->limit, 0u);
  EXPECT_EQ(Plan({"--limit", "7"})->limit, 7u);
  EXPECT_EQ(Plan({"--tenant", "t"})->request.tenant, "t");
  EXPECT_EQ(Plan({"--stage", "nonsense"}).status().code(), Code::kInvalidArgument);
}

TEST(Selection, AsksTheLedgerWhomANameMeansAndSaysWhenThereAreSeveral) {
  World world;
  world.ledger->principals = {Known("one"), Known("other")};
  auto plan = Plan({"--principal", "user:alice"});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  const auto principals = ResolvePrincipal(world.context, *world.ledger, *plan);
  ASSERT_TRUE(principals.ok()) << principals.status().ToString();
  EXPECT_EQ(principals->size(), 2u);
  ASSERT_TRUE(plan->request.principal.has_value());
  EXPECT_EQ(plan->request.principal->id, "alice");
  EXPECT_EQ(plan->request.principal->kind, PrincipalKind::kUser);
  EXPECT_FALSE(plan->request.principal->issuer.has_value()) << "all of them";
  EXPECT_NE(world.err.str(), "");
}

TEST(Selection, WithoutAPrincipalNobodyIsAskedFor) {
  World world;
  auto plan = Plan({"--tenant", "t"});
  const auto principals = ResolvePrincipal(world.context, *world.ledger, *plan);
  ASSERT_TRUE(principals.ok());
  EXPECT_TRUE(principals->empty());
  EXPECT_FALSE(plan->request.principal.has_value());
  EXPECT_EQ(world.err.str(), "");
}

}  // namespace
}  // namespace envledger::cli
