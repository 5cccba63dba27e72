// The room without the tool: another program asks a ledger for a report, keeps the page, and checks it.
#include "ledger/report/gather.h"

#include <gtest/gtest.h>

#include "ledger/query/stored_reader.h"
#include "ledger/report/check.h"
#include "ledger/report/page.h"
#include "tests/support/chain_builder.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

class GatherReportTest : public testing::Test {
 protected:
  GatherReportTest() {
    ledger_.Open();
    ledger_.MustAppend(Encoded({Opening("env-1"), Opening("env-2", User("bob")), Later(Stage::kAdmitted, "env-1"),
                                Opening("env-3", User("alice", "other.example"))}));
    ledger_.Close();
    reader_ = *OpenStored(ledger_.data_dir());
  }
  Result<ReportData> Gather(std::vector<KeyValue> filters) {
    ReportRequest request;
    request.filters = std::move(filters);
    request.now = kTestStart;
    seen_ = 0;
    return GatherReport(*reader_, request, [this](uint64_t envelopes) { seen_ = envelopes; });
  }
  static std::vector<std::string> Ids(const ReportData& data) {
    std::vector<std::string> ids;
    for (const ReportEnvelope& envelope : data.envelopes) ids.push_back(envelope.id);
    return ids;
  }
  static std::string Page(const ReportData& data) { return *ReportPage(data, *StoriesOf(data)); }

  TestLedger ledger_;
  std::unique_ptr<LedgerReader> reader_;
  uint64_t seen_ = 0;
};

TEST_F(GatherReportTest, MakesAPageThatHolds) {
  const auto data = Gather({});
  ASSERT_TRUE(data.ok()) << data.status().ToString();
  EXPECT_EQ(Ids(*data), (std::vector<std::string>{"env-1", "env-2", "env-3"}));
  EXPECT_EQ(seen_, 3u);
  EXPECT_TRUE(data->complete);
  EXPECT_EQ(data->generated_at, kTestStart);
  EXPECT_EQ(data->vkey, FormatVerifierKey(TestVerifierKey()));
  const auto check = CheckReport(Page(*data), TrustKey(TestVerifierKey()));
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_EQ(check->data.entries.size(), 4u);
  EXPECT_FALSE(CheckReport(Page(*data), TrustKey(TestVerifierKey(2))).ok());
}

TEST_F(GatherReportTest, SaysWhomTheFiltersName) {
  const auto data = Gather({{"principal", "user:alice"}});
  ASSERT_TRUE(data.ok()) << data.status().ToString();
  EXPECT_EQ(data->principals, (std::vector<Principal>{User("alice"), User("alice", "other.example")}));
  EXPECT_EQ(Ids(*data), (std::vector<std::string>{"env-1", "env-3"}));
  EXPECT_TRUE(CheckReport(Page(*data), TrustKey(TestVerifierKey())).ok());
  const auto nobody = Gather({{"principal", "nobody"}});
  ASSERT_TRUE(nobody.ok()) << nobody.status().ToString();
  EXPECT_TRUE(nobody->principals.empty());
  EXPECT_TRUE(nobody->envelopes.empty());
}

TEST_F(GatherReportTest, TakesOneEnvelope) {
  const auto data = Gather({{"envelope", "env-1"}});
  ASSERT_TRUE(data.ok()) << data.status().ToString();
  EXPECT_EQ(Ids(*data), (std::vector<std::string>{"env-1"}));
  EXPECT_EQ(data->entries.size(), 2u);
  EXPECT_TRUE(CheckReport(Page(*data), TrustKey(TestVerifierKey())).ok());
  EXPECT_EQ(Gather({{"envelope", "env-9"}}).status().code(), Code::kNotFound);
}

TEST_F(GatherReportTest, RefusesFiltersThatNoReportStates) {
  for (const std::vector<KeyValue>& filters :
       std::vector<std::vector<KeyValue>>{{{"colour", "red"}},
                                          {{"since", "24h"}},
                                          {{"envelope", ""}},
                                          {{"envelope", "\xff"}},
                                          {{"tenant", "\xff"}},
                                          {{"open", ""}, {"envelope", "env-1"}},
                                          {{"envelope", "env-1"}, {"open", ""}}}) {
    EXPECT_EQ(Gather(filters).status().code(), Code::kInvalidArgument);
  }
}

TEST_F(GatherReportTest, NeedsTheKeyThatItIsGiven) {
  ReportRequest request;
  request.policy = TrustKey(TestVerifierKey(2));
  EXPECT_EQ(GatherReport(*reader_, request, {}).status().code(), Code::kCorruption);
}

// Of entries: what a page has of them is a multiple of that, and is made in memory.
TEST_F(GatherReportTest, EmbedsNoMoreBytesThanItMay) {
  uint64_t all = 0;
  const auto whole = Gather({});
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  for (const auto& [seq, entry] : whole->entries) all += entry.size();
  ReportRequest request;
  request.max_bytes = all;
  EXPECT_TRUE(GatherReport(*reader_, request, {}).ok());
  request.max_bytes = all - 1;
  const Status refused = GatherReport(*reader_, request, {}).status();
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_NE(refused.message().find("narrow the filters"), std::string::npos);
  request.filters = {{"envelope", "env-1"}};
  EXPECT_TRUE(GatherReport(*reader_, request, {}).ok());
  request.max_bytes = 100;
  EXPECT_EQ(GatherReport(*reader_, request, {}).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace envledger
