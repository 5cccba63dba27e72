#include "ledger/report/filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace envledger {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::vector<KeyValue>& filters) {
  const auto plan = ReadReportFilters(filters);
  EXPECT_TRUE(plan.ok() || plan.status().code() == Code::kInvalidArgument);
  return plan.status().message();
}

TEST(ReportFilters, SelectOneEnvelopeOrAQuery) {
  const auto one = ReadReportFilters({{"envelope", "env-1"}, {"at", "2026-03-17T09:00:00Z"}});
  ASSERT_TRUE(one.ok()) << one.status().ToString();
  EXPECT_EQ(one->envelope_id, "env-1");
  EXPECT_TRUE(one->query.request.at.has_value());
  const auto many = ReadReportFilters({{"tenant", "t"}});
  ASSERT_TRUE(many.ok()) << many.status().ToString();
  EXPECT_EQ(many->envelope_id, "");
  EXPECT_EQ(many->query.request.tenant, "t");
}

TEST(ReportFilters, OneEnvelopeTakesNoOtherFilterThanAMoment) {
  EXPECT_THAT(ErrorOf({{"envelope", "env-1"}, {"tenant", "t"}}), HasSubstr("cannot be used with --tenant"));
  EXPECT_NE(ErrorOf({{"tenant", "t"}, {"envelope", "env-1"}}), "") << "it comes first";
  EXPECT_NE(ErrorOf({{"envelope", "env-1"}, {"envelope", "env-2"}}), "");
  EXPECT_THAT(ErrorOf({{"envelope", ""}}), HasSubstr("--envelope needs a value"));
  EXPECT_THAT(ErrorOf({{"envelope", "\xff"}}), HasSubstr("not UTF-8"));
}

TEST(ReportFilters, OfAFinishedReportArePrincipalsThatTheyName) {
  ReportData data;
  data.principals = {{PrincipalKind::kUser, "issuer", "alice"}};
  EXPECT_THAT(PlanOf(data).status().message(), HasSubstr("no filter for a principal"));
  data.filters = {{"principal", "user:alice"}};
  const auto plan = PlanOf(data);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->query.request.principal->id, "alice");
  EXPECT_EQ(plan->query.request.principal->kind, PrincipalKind::kUser);
  data.principals[0].id = "bob";
  EXPECT_THAT(PlanOf(data).status().message(), HasSubstr("does not name"));
}

TEST(ReportFilters, ANameIsReadAsTheLedgerReadIt) {
  ReportData data;
  data.filters = {{"principal", "user:alice"}};
  data.principals = {{PrincipalKind::kService, "issuer", "user:alice"}};
  const auto plan = PlanOf(data);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->query.request.principal->id, "user:alice") << "an id that begins like a kind";
}

}  // namespace
}  // namespace envledger
