#include "ledger/service/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/codec/entry.h"
#include "tests/support/ledger_fixture.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;

// The names of the ledger's events, in order.
std::vector<std::string> Events(const TestLedger& ledger) {
  std::vector<std::string> names;
  for (const std::string& bytes : TestLedger::Entries(ledger.data_dir())) {
    const auto entry = CheckEntry(bytes);
    EXPECT_TRUE(entry.ok()) << entry.status().ToString();
    if (entry.ok() && entry->event) names.emplace_back(EventName(*entry->event));
  }
  return names;
}

TEST(LedgerTest, VerifiesWithItsIndexBeforeItIsEverOpened) {
  TestLedger ledger;
  const VerifyReport report = ledger.Verify();
  EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  EXPECT_EQ(report.entries, 1u);
}

TEST(LedgerTest, StatesItsSettingsEachTimeItIsOpenedWithThem) {
  TestLedger ledger;
  ledger.options.settings = {{"append-allow", "gid:7"}, {"append-allow", "serving"}, {"audit-queries", "on"}};
  ledger.Open();
  ledger.Close();
  ledger.options.settings.clear();
  ledger.Open();
  ledger.Close();
  EXPECT_THAT(Events(ledger), ElementsAre("genesis", "opened", "configuration_changed", "closed", "opened", "closed"));
  const auto entry = CheckEntry(TestLedger::Entries(ledger.data_dir())[2]);
  ASSERT_TRUE(entry.ok());
  const auto& stated = std::get<ConfigurationChanged>(*entry->event).settings;
  ASSERT_EQ(stated.size(), 3u);
  EXPECT_EQ(stated[1].key, "append-allow");
  EXPECT_EQ(stated[1].value, "serving");
  EXPECT_EQ(ledger.Verify().verdict, Verdict::kUnanchored);
}

TEST(LedgerTest, StatesMoreSettingsThanFitAnEntryInSeveralEvents) {
  TestLedger ledger;
  for (int i = 0; i < 300; ++i) {
    ledger.options.settings.push_back({"producer", "user-" + std::to_string(i) + "=" + std::string(500, 'p')});
  }
  ledger.Open();
  ledger.Close();
  std::vector<std::string> values;
  size_t events = 0;
  for (const std::string& bytes : TestLedger::Entries(ledger.data_dir())) {
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok() && entry->event);
    const auto* stated = std::get_if<ConfigurationChanged>(&*entry->event);
    if (stated == nullptr) continue;
    ++events;
    for (const KeyValue& setting : stated->settings) values.push_back(setting.value);
  }
  EXPECT_GE(events, 3u);
  ASSERT_EQ(values.size(), 300u);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], ledger.options.settings[i].value);
}

}  // namespace
}  // namespace envledger
