// What the page says of itself. What its sections hold is tested in charts_test.cc, tables_test.cc, record_test.cc and
// evidence_test.cc.
#include "ledger/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/reported.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string PageOf(const ReportData& data) {
  auto page = ReportPage(data, *StoriesOf(data));
  EXPECT_TRUE(page.ok()) << page.status().ToString();
  return *std::move(page);
}

class PageTest : public ::testing::Test {
 protected:
  PageTest() { day::FillDay(ledger_); }
  FakeLedger ledger_;
};

TEST_F(PageTest, TheSameValuesGiveTheSameBytesAndTheyAreEmbedded) {
  const ReportData data = Gathered(ledger_);
  const std::string page = PageOf(data);
  EXPECT_EQ(PageOf(data), page);
  std::string embedded;
  AddReportDataJson(data, embedded);
  EXPECT_THAT(page, HasSubstr(std::string(kReportDataBegin) + embedded + std::string(kReportDataEnd)));
}

TEST_F(PageTest, SaysHowFarTheAnswerCanBeTrusted) {
  ReportData data = Gathered(ledger_);
  EXPECT_THAT(PageOf(data),
              HasSubstr("Complete as of 5 entries, according to the ledger: every envelope that matches"));
  data.more = true;
  EXPECT_THAT(PageOf(data), HasSubstr("up to the given limit; there are more."));
  EXPECT_THAT(PageOf(data), HasSubstr("<p class=\"claim hole\">"));
  data.complete = false;
  data.problem = "entry 3 is <missing>";
  EXPECT_THAT(PageOf(data), HasSubstr("INCOMPLETE as of 5 entries"));
  EXPECT_THAT(PageOf(data), HasSubstr("What is missing: entry 3 is &lt;missing&gt;."));
}

TEST_F(PageTest, IsAboutWhatWasAskedFor) {
  EXPECT_THAT(PageOf(Gathered(ledger_)), HasSubstr("<h1>All envelopes</h1>"));
  EXPECT_THAT(PageOf(Gathered(ledger_, {{"tenant", "search"}})), HasSubstr("<h1>Tenant search</h1>"));
  const std::string one = PageOf(Gathered(ledger_, {{"envelope", "env-2"}}));
  EXPECT_THAT(one, HasSubstr("<h1>env-2</h1>"));
  EXPECT_THAT(one, Not(HasSubstr("according to the ledger")));
}

TEST_F(PageTest, LinksOnlyToSectionsThatItHas) {
  const std::string full = PageOf(Gathered(ledger_));
  EXPECT_THAT(full, HasSubstr("<a href=\"#timeline\">"));
  FakeLedger empty;
  const std::string page = PageOf(Gathered(empty));
  EXPECT_THAT(page, Not(HasSubstr("<a href=\"#timeline\">")));
  EXPECT_THAT(page, Not(HasSubstr("id=\"timeline\"")));
  EXPECT_THAT(page, HasSubstr("<a href=\"#check-it\">"));
}

TEST_F(PageTest, ACheckpointThatIsNoneIsRefused) {
  ReportData data = Gathered(ledger_);
  data.checkpoint = "no note";
  EXPECT_EQ(ReportPage(data, *StoriesOf(data)).status().code(), Code::kInvalidArgument);
}

TEST(Ending, IsGoodOnlyWhereTheWorkWasCompleted) {
  EXPECT_EQ(EndingOf(Stage::kCompleted), Ending::kWell);
  for (const Stage stage : {Stage::kDenied, Stage::kFailed, Stage::kLost}) EXPECT_EQ(EndingOf(stage), Ending::kBadly);
  for (const Stage stage : {Stage::kRequested, Stage::kGranted}) EXPECT_EQ(EndingOf(stage), Ending::kOpen);
  EXPECT_EQ(ClassOf(Ending::kWell), "good");
  EXPECT_EQ(ClassOf(Ending::kBadly), "bad");
  EXPECT_EQ(ClassOf(Ending::kOpen), "open");
}

}  // namespace
}  // namespace envledger
