#include "cli/arguments/query_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/day.h"

namespace envledger::cli {
namespace {

using day::kMorning;

std::string PlanError(const std::vector<std::string>& words) {
  const auto options = ParseOptions(QueryOptions(), 0, 0, words);
  if (!options.ok()) return options.status().message();
  const auto plan = PlanQuery(*options, kMorning);
  return plan.ok() ? "fine" : plan.status().message();
}

TEST(QueryRequest, TakesEveryFilter) {
  const auto options = ParseOptions(
      QueryOptions(), 0, 0,
      {"--principal",      "user:alice", "--issuer",         "i",         "--role",     "requester,decider",
       "--tenant",         "t",          "--kind",           "inference", "--target",   "model:m",
       "--scope",          "s",          "--stage",          "denied",    "--stage",    "failed",
       "--recorder",       "gateway",    "--request-id",     "r",         "--trace-id", "x",
       "--native-id",      "n",          "--since",          "1h",        "--until",    "2026-03-17",
       "--recorded-since", "2h",         "--recorded-until", "1h",        "--open",     "--narrowed",
       "--limit",          "0",          "--order",          "desc"});
  ASSERT_TRUE(options.ok()) << options.status().ToString();
  const auto plan = PlanQuery(*options, kMorning);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->principal->filter.roles, kRequester | kDecider);
  EXPECT_EQ(plan->principal->filter.issuer, "i");
  EXPECT_EQ(plan->limit, 0u);
  const QueryRequest& request = plan->request;
  EXPECT_EQ(request.tenant, "t");
  EXPECT_EQ(request.kind, ExecutionKind::kInference);
  EXPECT_EQ(request.target, "model:m");
  EXPECT_EQ(request.scope, "s");
  EXPECT_EQ(request.stages, (std::vector<Stage>{Stage::kDenied, Stage::kFailed}));
  EXPECT_EQ(request.recorder, "gateway");
  EXPECT_EQ(request.request_id, "r");
  EXPECT_EQ(request.trace_id, "x");
  EXPECT_EQ(request.native_id, "n");
  EXPECT_EQ(request.since, kMorning - 3600 * kSecond);
  EXPECT_EQ(FormatTime(*request.until), "2026-03-17T00:00:00Z");
  EXPECT_EQ(request.recorded_since, kMorning - 7200 * kSecond);
  EXPECT_EQ(request.recorded_until, kMorning - 3600 * kSecond);
  EXPECT_TRUE(request.open);
  EXPECT_TRUE(request.narrowed);
  EXPECT_TRUE(request.descending);
}

TEST(QueryRequest, OptionsAreTheFiltersInTheirOrder) {
  OptionSpecs options = QueryOptions();
  std::erase_if(options, [](const OptionSpec& option) { return option.name == "cursor"; });
  ASSERT_EQ(options.size(), QueryFilters().size());
  for (size_t i = 0; i < options.size(); ++i) {
    const auto& [name, takes] = QueryFilters()[i];
    EXPECT_EQ(options[i].name, name);
    EXPECT_EQ(options[i].takes == Takes::kNothing, takes == FilterTakes::kNothing) << name;
    EXPECT_EQ(options[i].takes == Takes::kValues, takes == FilterTakes::kWords) << name;
    EXPECT_EQ(options[i].placeholder == "TIME", takes == FilterTakes::kTime) << name;
  }
}

TEST(QueryRequest, ErrorsNameTheOption) {
  EXPECT_NE(PlanError({"--role", "requester"}).find("--principal"), std::string::npos);
  EXPECT_NE(PlanError({"--issuer", "x"}).find("--principal"), std::string::npos);
  EXPECT_NE(PlanError({"--principal", "a", "--role", "boss"}).find("--role"), std::string::npos);
  EXPECT_NE(PlanError({"--kind", "nap"}).find("--kind"), std::string::npos);
  EXPECT_NE(PlanError({"--stage", "denied,"}).find("--stage"), std::string::npos);
  EXPECT_NE(PlanError({"--since", "soon"}).find("--since"), std::string::npos);
  EXPECT_NE(PlanError({"--limit", "many"}).find("--limit"), std::string::npos);
  EXPECT_NE(PlanError({"--order", "up"}).find("--order"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
