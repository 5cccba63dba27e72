// The section that says how to check a report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/checker_cases.h"
#include "tests/report/reported.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string SectionOf(const ReportData& data) {
  const std::vector<Story> stories;
  const std::vector<Finding> findings;
  const NameBook names;
  return EvidenceSection({data, stories, findings, names});
}

TEST(EvidenceSection, OfNothingThereIsNothingToCheck) {
  EXPECT_THAT(SectionOf(ReportData()), HasSubstr("nothing to check"));
  EXPECT_THAT(SectionOf(ReportData()), Not(HasSubstr("button")));
}

TEST(EvidenceSection, ACheckpointWithoutEntriesHasNoProofToCheck) {
  const std::string html = SectionOf(MadeEvidence(5, {}));
  EXPECT_THAT(html, HasSubstr("holds no entries, only a signed checkpoint"));
  EXPECT_THAT(html, Not(HasSubstr("By hand")));
  EXPECT_THAT(html, Not(HasSubstr("id=\"check\"")));
}

TEST(EvidenceSection, ShowsTheCheckpointLineByLineTheKeyAndAnEntryOfItsOwn) {
  const ReportData data = MadeEvidence(5, {1, 3});
  const std::string html = SectionOf(data);
  EXPECT_THAT(html, HasSubstr("sealed bytes of its 2 entries"));
  EXPECT_THAT(html, HasSubstr("select(.[0]==1)"));
  EXPECT_THAT(html, HasSubstr("--vkey '" + data.vkey + "'"));
  EXPECT_THAT(html, HasSubstr("id=\"check\""));
  const size_t begin = html.find("<h3>Checkpoint</h3>\n<pre>") + 25;
  EXPECT_EQ(html.substr(begin, html.find("</pre>", begin) - begin), data.checkpoint);
}

TEST(EvidenceSection, SaysOneNodeOfOne) {
  ReportData data = MadeEvidence(2, {0});
  ASSERT_EQ(data.nodes.size(), 1u);
  EXPECT_THAT(SectionOf(data), HasSubstr("(1 node)"));
  EXPECT_THAT(SectionOf(MadeEvidence(5, {1, 3})), HasSubstr(" nodes)"));
}

}  // namespace
}  // namespace envledger
