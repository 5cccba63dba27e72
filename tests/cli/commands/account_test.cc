#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/cli/json_lines.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(AccountCommand, AsOfAMomentWhatIsOpenIsHeldUntilThen) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  world.ledger->Append(GrantedGpus("env-1", "4", kMorning));
  const auto hours = [&](const std::vector<std::string>& more) {
    world.out.str("");
    std::vector<std::string> words = {
        "account", "--resource", "gpu", "--format", "jsonl", "--at", FormatTime(kMorning + 7200 * kSecond)};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(world.Run(words), 0) << world.err.str();
    return Lines(world.out.str()).at(0)["resources"]["gpu"]["granted"]["unit_hours"].get<std::string>();
  };
  EXPECT_EQ(hours({}), "8");
  EXPECT_EQ(hours({"--held-until", FormatTime(kMorning + 3600 * kSecond)}), "4");
}

TEST(AccountCommand, AddsUpByTenantAndDayWithHours) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  world.ledger->Append(GrantedGpus("env-1", "4", kMorning));
  world.ledger->Append(Completed("env-1", kMorning + 7200 * kSecond));
  world.ledger->Append(Requested("env-2", User("bob")));
  ASSERT_EQ(world.Run({"account", "--by", "tenant,day", "--resource", "gpu", "--format", "jsonl"}), 0)
      << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["by"], (json{{"tenant", "search"}, {"day", "2026-03-17"}}));
  EXPECT_EQ(lines[0]["envelopes"], 2);
  EXPECT_EQ(lines[0]["open"], 1);
  const json gpu = lines[0]["resources"]["gpu"];
  EXPECT_EQ(gpu["requested"], (json{{"amount", "16"}, {"unit_hours", "16"}, {"amounts", 2}}));
  EXPECT_EQ(gpu["granted"], (json{{"amount", "4"}, {"unit_hours", "8"}, {"amounts", 1}}));
  EXPECT_EQ(gpu["used"], (json{{"amount", "4"}, {"unit_hours", "8"}, {"amounts", 1}}));
  EXPECT_EQ(lines[0]["resources"].size(), 1u);
  EXPECT_EQ(lines[1]["by"], nullptr) << "the total";
  EXPECT_EQ(lines[1]["resources"], lines[0]["resources"]);
  EXPECT_EQ(lines[2]["completeness"]["complete"], true);
}

TEST(AccountCommand, TheTableHasATotalAndTheCsvHasNone) {
  World table;
  FillDay(*table.ledger);
  ASSERT_EQ(table.Run({"account"}), 0) << table.err.str();
  EXPECT_THAT(table.out.str(), HasSubstr("TOTAL"));
  EXPECT_THAT(table.out.str(), HasSubstr("64Gi"));
  World csv;
  FillDay(*csv.ledger);
  ASSERT_EQ(csv.Run({"account", "--by", "principal,resource", "--format", "csv"}), 0);
  EXPECT_THAT(csv.out.str(), HasSubstr("principal_kind,principal_issuer,principal_id,resource,envelopes,open,requested,"
                                       "granted,used,requested_unit_hours,granted_unit_hours,used_unit_hours,"));
  EXPECT_THAT(csv.out.str(), Not(HasSubstr("TOTAL")));
  EXPECT_EQ(csv.Run({"account", "--by", "nothing"}), 2);
  EXPECT_EQ(csv.Run({"account", "--by", "tenant,tenant"}), 2);
}

}  // namespace
}  // namespace envledger::cli
