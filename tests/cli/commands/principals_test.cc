#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/cli/json_lines.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

TEST(Principals, PrintsRolesCountsAndTimes) {
  World world;
  PrincipalSummary summary;
  summary.principal = User("alice");
  summary.by_role = {3, 0, 0, 1};
  summary.envelopes = 4;
  summary.first_seen = kMorning;
  summary.last_seen = kMorning + kSecond;
  world.ledger->principals = {summary};
  ASSERT_EQ(world.Run({"principals", "--format", "jsonl"}), 0);
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (json{{"principal", {{"kind", "user"}, {"issuer", "https://id.example.com"}, {"id", "alice"}}},
                            {"roles", {{"requester", 3}, {"decider", 1}}},
                            {"envelopes", 4},
                            {"first_seen", "2026-03-17T09:20:00Z"},
                            {"last_seen", "2026-03-17T09:20:01Z"}}));
  EXPECT_EQ(lines[1]["completeness"]["complete"], true);
  World csv;
  csv.ledger = world.ledger;
  csv.Run({"principals", "--format", "csv"});
  EXPECT_EQ(csv.out.str(),
            "kind,issuer,id,envelopes,requester,subject,delegate,decider,first_seen,last_seen\r\n"
            "user,https://id.example.com,alice,4,3,0,0,1,2026-03-17T09:20:00Z,2026-03-17T09:20:01Z\r\n");
}

}  // namespace
}  // namespace envledger::cli
