#include "ledger/export/csv_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/export/written.h"

namespace envledger {
namespace {

TEST(CsvRows, OfRecordsHaveOneTitleForEachFieldAndNeutraliseFormulas) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kCsv);
  const std::vector<std::string> lines = written.Lines();
  ASSERT_EQ(lines.size(), 6u);
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  EXPECT_EQ(commas(lines[0]) + 1, static_cast<long>(RecordTitles().size()));
  for (const std::string& line : lines) {
    EXPECT_EQ(commas(line), commas(lines[0])) << line;
    EXPECT_EQ(line.back(), '\r');
  }
  EXPECT_NE(lines[5].find(",'=cmd(),"), std::string::npos);
  EXPECT_NE(lines[5].find("eve\\x1b[2J\\u{202e}"), std::string::npos);
}

TEST(CsvRows, OfEnvelopesHaveOneTitleForEachField) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kCsv, ExportRows::kEnvelopes);
  const std::vector<std::string> lines = written.Lines();
  ASSERT_EQ(lines.size(), 4u);
  for (const EnvelopeRecords& records : day.envelopes) {
    const auto story = ReadStory(records);
    EXPECT_EQ(EnvelopeFields(story->envelope, story->roles).size(), EnvelopeTitles().size());
  }
}

TEST(CsvRows, ALineOfAFixedLedgerDoesNotChange) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kCsv);
  EXPECT_EQ(written.Lines()[2],
            "1,env-1,1,granted,2026-03-17T09:20:02Z,2026-03-17T09:20:02.5Z,gateway,1000,"
            "d9dddbafb23c30b7c05a10acf8f09c8554ea21a0163788fae97216862ae9b242,user,"
            "https://id.example.com,alice,,,,search,model_deployment,POST /serving/deploy_model,,model:llama-3@2,"
            "project:search-ml,,narrow,quota of the project,,,,,,gpu=4; memory=68719476736,,grant-1,,kserve,,gpu-n05,"
            ",,,,,,\r");
}

TEST(CsvRows, AmountsAreExact) {
  Resource range;
  range.name = "tokens";
  range.min = 1000;
  range.max = 4000;
  range.per = Per::kUnit;
  EXPECT_EQ(ExactResources({day::Amount("gpu", "8"), day::Amount("memory", "64Gi"), range}),
            "gpu=8; memory=68719476736; tokens=>=1,<=4/unit");
}

}  // namespace
}  // namespace envledger
