#include "cli/arguments/options.h"

#include <gtest/gtest.h>

#include "cli/arguments/principal_argument.h"
#include "cli/arguments/query_request.h"
#include "cli/arguments/time_argument.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

const OptionSpecs kSpecs = {
    {"name", Takes::kValue, "NAME", ""}, {"many", Takes::kValues, "M", ""}, {"flag", Takes::kNothing, "", ""}};

std::string ErrorOf(const std::vector<std::string>& words) {
  const auto options = ParseOptions(kSpecs, 0, 1, words);
  return options.ok() ? "fine" : options.status().message();
}

TEST(Options, AreReadInBothForms) {
  const auto options = ParseOptions(kSpecs, 0, 1, {"--name", "a", "file", "--many=x,y", "--many", "z", "--flag"});
  ASSERT_TRUE(options.ok()) << options.status().ToString();
  EXPECT_EQ(options->Get("name"), "a");
  EXPECT_EQ(options->Split("many"), (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_TRUE(options->Has("flag"));
  EXPECT_EQ(options->arguments(), std::vector<std::string>{"file"});
}

TEST(Options, ErrorsNameTheOption) {
  EXPECT_NE(ErrorOf({"--nmae", "a"}).find("--nmae"), std::string::npos);
  EXPECT_NE(ErrorOf({"--nam", "a"}).find("--nam"), std::string::npos) << "abbreviations must not be guessed";
  EXPECT_NE(ErrorOf({"--name"}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--name", ""}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--name", "a", "--name", "b"}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--flag=yes"}).find("--flag"), std::string::npos);
  EXPECT_NE(ErrorOf({"-n"}).find("-n"), std::string::npos);
  EXPECT_NE(ErrorOf({"one", "two"}).find("two"), std::string::npos);
  EXPECT_NE(ErrorOf({"--%canonical_option%"}).find("--%canonical_option%"), std::string::npos);
}

TEST(Options, ADashIsAnArgumentAndSoIsAllAfterTwoDashes) {
  const auto dash = ParseOptions(kSpecs, 0, 1, {"-"});
  ASSERT_TRUE(dash.ok()) << dash.status().ToString();
  EXPECT_EQ(dash->arguments(), std::vector<std::string>{"-"});
  const auto after = ParseOptions(kSpecs, 0, 1, {"--", "-odd-name"});
  ASSERT_TRUE(after.ok()) << after.status().ToString();
  EXPECT_EQ(after->arguments(), std::vector<std::string>{"-odd-name"});
}

TEST(Options, NumbersKeepTheirBounds) {
  const auto options = ParseOptions(kSpecs, 0, 0, {"--name", "12"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(*options->Number("name", 1, 0, 12), 12u);
  EXPECT_EQ(*options->Number("other", 7, 0, 12), 7u);
  EXPECT_NE(options->Number("name", 1, 0, 11).status().message().find("--name"), std::string::npos);
  EXPECT_FALSE(ParseOptions(kSpecs, 0, 0, {"--name", "-1"})->Number("name", 1, 0, 11).ok());
}

TEST(TimeArgument, IsATimeADateOrASpanAgo) {
  const Nanos now = kMorning;
  EXPECT_EQ(*ParseTimeArgument("2026-03-17T10:20:00+01:00", now), kMorning);
  EXPECT_EQ(FormatTime(*ParseTimeArgument("2026-03-17", now)), "2026-03-17T00:00:00Z");
  EXPECT_EQ(*ParseTimeArgument("90m", now), kMorning - 5400 * kSecond);
  EXPECT_EQ(*ParseTimeArgument("24h", now), *ParseTimeArgument("1d", now));
  EXPECT_EQ(*ParseTimeArgument("1w", now), *ParseTimeArgument("6d24h", now));
  EXPECT_EQ(*ParseTimeArgument("0s", now), now);
  EXPECT_TRUE(IsSpanAgo("90m"));
  EXPECT_FALSE(IsSpanAgo("2026-03-17"));
  EXPECT_FALSE(IsSpanAgo(""));
  const auto leap_second = ParseTimeArgument("2016-12-31T23:59:60Z", now);
  ASSERT_FALSE(leap_second.ok());
  EXPECT_NE(leap_second.status().message().find("give 2017-01-01T00:00:00Z"), std::string::npos);
}

TEST(TimeArgument, RefusesAllElseAndSaysWhatItTakes) {
  for (const char* text : {"", "7", "d", "7y", "-1d", "1.5h", "yesterday", "2026-13-01", "2026-03-17T09:20:00",
                           "99999999999999999d", "20000w"}) {
    const auto time = ParseTimeArgument(text, kMorning);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_NE(time.status().message().find("\"" + std::string(text) + "\""), std::string::npos) << text;
  }
}

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
