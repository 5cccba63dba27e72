// A page is checked by rendering it again from what it embeds. What the tool says is tested in
// tests/cli/commands/report_verify_test.cc.
#include "ledger/report/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ledger/report/page.h"
#include "tests/report/reported.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ReportCheckTest : public ::testing::Test {
 protected:
  ReportCheckTest() {
    day::FillDay(ledger_);
    data_ = Gathered(ledger_);
  }
  static std::string PageOf(const ReportData& data) { return *ReportPage(data, *StoriesOf(data)); }
  static Status Checked(const std::string& page, char seed = 1) {
    return CheckReport(page, TrustKey(FakeLedger::key(seed))).status();
  }
  // Of a page that is rendered honestly from changed values.
  Status Forged(const std::function<void(ReportData&)>& change) const {
    ReportData data = data_;
    change(data);
    return Checked(PageOf(data));
  }

  FakeLedger ledger_;
  ReportData data_;
};

TEST_F(ReportCheckTest, AnHonestPageHoldsAndSaysWhatWasChecked) {
  const auto check = CheckReport(PageOf(data_), TrustKey(FakeLedger::key()));
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_EQ(check->checkpoint.size, 5u);
  EXPECT_EQ(check->data.entries.size(), 5u);
  EXPECT_THAT(check->shown, Not(IsEmpty()));
  EXPECT_EQ(Checked(PageOf(data_), 2).code(), Code::kCorruption) << "another key";
}

TEST_F(ReportCheckTest, WhatIsNoReportOrCutOffIsRefused) {
  EXPECT_EQ(Checked("").code(), Code::kInvalidArgument);
  EXPECT_EQ(Checked("<html></html>").code(), Code::kInvalidArgument);
  const std::string page = PageOf(data_);
  EXPECT_THAT(Checked(page.substr(0, page.find(kReportDataBegin) + 100)).message(), HasSubstr("cut off"));
  EXPECT_FALSE(Checked(page + "\n").ok());
}

TEST_F(ReportCheckTest, AChangedCharacterIsNamedByItsLine) {
  std::string page = PageOf(data_);
  const size_t at = page.find("quota of the project");
  ASSERT_NE(at, std::string::npos);
  page[at] = 'Q';
  EXPECT_EQ(Checked(page).code(), Code::kCorruption);
  EXPECT_THAT(Checked(page).message(), HasSubstr("in line "));
}

TEST_F(ReportCheckTest, EvidenceThatContradictsItselfIsCaughtThoughItIsRendered) {
  EXPECT_TRUE(Forged([](ReportData&) {}).ok());
  EXPECT_THAT(Forged([](ReportData& data) { data.envelopes.push_back(data.envelopes[0]); }).message(),
              HasSubstr("is shown twice"));
  EXPECT_THAT(Forged([](ReportData& data) { data.envelopes.pop_back(); }).message(),
              HasSubstr("the report embeds 5 entries but shows only"));
  EXPECT_EQ(Forged([](ReportData& data) { data.nodes.emplace_back(); }).code(), Code::kCorruption);
  EXPECT_EQ(Forged([](ReportData& data) { data.filters = {{"tenant", "another"}}; }).code(), Code::kCorruption);
  EXPECT_THAT(Forged([](ReportData& data) { data.envelopes[0].roles = 1; }).message(), HasSubstr("other roles"))
      << "no principal is asked for, so nobody has any";
}

}  // namespace
}  // namespace envledger
