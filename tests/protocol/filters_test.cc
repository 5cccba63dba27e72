#include "ledger/protocol/filters.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/base/time.h"

namespace envledger {
namespace {

std::string Complaint(const std::vector<KeyValue>& filters) {
  const auto plan = ReadFilters(filters);
  if (plan.ok()) return "";
  EXPECT_EQ(plan.status().code(), Code::kInvalidArgument);
  return plan.status().message();
}

// A value that the filter takes; for those of words and numbers, one that others are not.
std::string ValueOf(const QueryFilter& filter) {
  if (filter.takes == FilterTakes::kNothing) return "";
  if (filter.takes == FilterTakes::kTime) return "2026-03-17T09:20:00Z";
  if (filter.takes == FilterTakes::kNumber) return "7";
  if (filter.name == "role") return "requester,decider";
  if (filter.name == "stage") return "denied,failed";
  if (filter.name == "relation") return "narrowed,withheld";
  if (filter.name == "kind") return "inference";
  if (filter.name == "order") return "desc";
  return "x";
}

TEST(Filters, AreAllReadInTheirOrder) {
  std::vector<KeyValue> filters;
  for (const QueryFilter& filter : QueryFilters()) {
    if (filter.name != "widened") filters.push_back({std::string(filter.name), ValueOf(filter)});
  }
  const auto plan = ReadFilters(filters);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->principal->filter.id, "x");
  EXPECT_EQ(plan->principal->filter.issuer, "x");
  EXPECT_EQ(plan->principal->filter.roles, kRequester | kDecider);
  EXPECT_FALSE(plan->request.principal) << "it is to be resolved";
  EXPECT_EQ(plan->limit, 7u);
  const QueryRequest& request = plan->request;
  for (const std::string* text :
       {&request.tenant, &request.target, &request.scope, &request.recorder, &request.request_id, &request.trace_id,
        &request.native_id, &request.node, &request.parent}) {
    EXPECT_EQ(*text, "x");
  }
  for (const auto& time : {request.since, request.until, request.recorded_since, request.recorded_until, request.at}) {
    EXPECT_EQ(FormatTime(time.value()), "2026-03-17T09:20:00Z");
  }
  EXPECT_EQ(request.kind, ExecutionKind::kInference);
  EXPECT_EQ(request.stages, (std::vector<Stage>{Stage::kDenied, Stage::kFailed}));
  EXPECT_EQ(request.relations, (std::vector<Relation>{Relation::kNarrowed, Relation::kWithheld}));
  EXPECT_TRUE(request.open && request.narrowed && request.delegated && request.scan && request.descending);
  EXPECT_EQ(request.cursor, "");
}

// Whatever one filter sets, no other one sets, and it alone sets it.
TEST(Filters, EachOfThemAsksForSomethingElse) {
  std::set<std::string> asked;
  for (const QueryFilter& filter : QueryFilters()) {
    const std::string name(filter.name);
    std::vector<KeyValue> filters = {{name, ValueOf(filter)}};
    if (name == "issuer" || name == "role") filters.insert(filters.begin(), {"principal", "alice"});
    const auto plan = ReadFilters(filters);
    ASSERT_TRUE(plan.ok()) << plan.status().ToString();
    std::string text = std::to_string(plan->limit);
    if (plan->principal) {
      text += plan->principal->filter.id + plan->principal->filter.issuer.value_or("-") +
              std::to_string(plan->principal->filter.roles);
    }
    text += EncodeRequest({.correlation = 7, .body = plan->request});
    EXPECT_TRUE(asked.insert(text).second) << name << " asks for what another one does";
  }
}

TEST(Filters, AreWrittenInOneWayOnly) {
  EXPECT_EQ(Complaint({}), "");
  EXPECT_EQ(Complaint({{"tenant", "t"}, {"open", ""}}), "");
  EXPECT_EQ(Complaint({{"open", ""}, {"tenant", "t"}}), "--tenant is repeated or out of order");
  EXPECT_EQ(Complaint({{"open", ""}, {"open", ""}}), "--open is repeated or out of order");
  EXPECT_EQ(Complaint({{"colour", "red"}}), "no filter is named --colour");
  EXPECT_EQ(Complaint({{"cursor", "x"}}), "no filter is named --cursor");
  EXPECT_EQ(Complaint({{"tenant", ""}}), "--tenant needs a value");
  EXPECT_EQ(Complaint({{"open", "yes"}}), "--open takes no value");
  EXPECT_EQ(Complaint({{"tenant", "\xff"}}), "--tenant is not UTF-8");
  for (const char* time : {"24h", "2026-03-17", "2026-03-17T09:20:00+00:00", "2026-03-17T09:20:00.000Z", "soon"}) {
    EXPECT_EQ(Complaint({{"since", time}}), "--since: not a canonical time: \"" + std::string(time) + "\"");
  }
}

TEST(Filters, NameWhatTheyDoNotTake) {
  EXPECT_EQ(Complaint({{"kind", "nap"}}), "--kind: no such kind of execution: \"nap\"");
  EXPECT_EQ(Complaint({{"stage", "denied,"}}), "--stage: no such stage: \"\"");
  EXPECT_EQ(Complaint({{"relation", "alike"}}), "--relation: no such relation: \"alike\"");
  EXPECT_EQ(Complaint({{"order", "up"}}), "--order: an order is asc or desc, not \"up\"");
  EXPECT_EQ(Complaint({{"principal", "user:"}}), "--principal: a principal needs an id, but \"user:\" has none");
  for (const char* number : {"many", "-1", "01", "9223372036854775808"}) {
    EXPECT_NE(Complaint({{"limit", number}}).find("--limit: expected a number from 0 to 9223372036854775807"),
              std::string::npos);
  }
  EXPECT_EQ(Complaint({{"principal", "a"}, {"role", "boss"}}),
            "--role: a role is requester, subject, delegate or decider, not \"boss\"");
}

TEST(Filters, ExcludeOrNeedEachOther) {
  EXPECT_EQ(Complaint({{"issuer", "i"}}), "--issuer and --role need --principal");
  EXPECT_EQ(Complaint({{"role", "decider"}}), "--issuer and --role need --principal");
  EXPECT_NE(Complaint({{"widened", ""}, {"relation", "added"}}).find("exclude each other"), std::string::npos);
  const auto widened = ReadFilters({{"widened", ""}});
  EXPECT_EQ(widened->request.relations, (std::vector<Relation>{Relation::kWidened, Relation::kAdded}));
}

TEST(Filters, OfAPrincipalAreReadAmongOthersAndAlone) {
  const auto among = ReadPrincipalFilters({{"issuer", "i"}, {"limit", "x"}, {"cursor", "y"}});
  ASSERT_TRUE(among.ok()) << among.status().ToString();
  EXPECT_EQ(among->filter.issuer, "i");
  EXPECT_EQ(among->filter.id, "");
  EXPECT_EQ(ReadPrincipalFilters({{"role", "boss"}}).status().code(), Code::kInvalidArgument);
}

TEST(Filters, AreWrittenInSentencesAsOnACommandLine) {
  EXPECT_EQ(FiltersText({}), "");
  EXPECT_EQ(FiltersText({{"tenant", "search"}, {"open", ""}, {"limit", "3"}}), "--tenant search --open --limit 3");
}

}  // namespace
}  // namespace envledger
