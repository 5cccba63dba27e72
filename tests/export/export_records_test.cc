#include "ledger/export/export_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/chain/tree.h"
#include "tests/export/written.h"

namespace envledger {
namespace {

using day::Completed;
using day::FillDay;
using day::GrantedGpus;
using day::kMorning;
using day::Requested;
using day::User;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr ExportForm kForms[] = {ExportForm::kCsv, ExportForm::kJsonl, ExportForm::kOcsf, ExportForm::kCloudEvents};

TEST(ExportRecords, JsonlSaysItsCompletenessLast) {
  FakeLedger day = ADay();
  QueryRequest query;
  query.tenant = "search";
  const Written written = Write(day, ExportForm::kJsonl, ExportRows::kRecords, query);
  const std::vector<json> lines = written.Json();
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(written.rows, 5u);
  EXPECT_EQ(lines[1]["seq"], 1);
  EXPECT_EQ(lines[1]["revision"], 1);
  EXPECT_EQ(lines[1]["recorder"]["producer"], "gateway");
  EXPECT_EQ(lines[1]["transition"]["stage"], "granted");
  EXPECT_EQ(lines[5]["completeness"]["complete"], true);
  EXPECT_EQ(day.queries.front().tenant, "search");
}

TEST(ExportRecords, AFormHasTheRowsThatItSays) {
  FakeLedger day = ADay();
  day.genesis.clear();
  for (const ExportForm form : kForms) {
    EXPECT_TRUE(HasRows(form, ExportRows::kRecords));
    for (const ExportRows rows : kExportRows) {
      if (!HasRows(form, rows)) continue;
      const Written written = Write(day, form, rows);
      ASSERT_TRUE(written.status.ok()) << Name(form) << " " << Name(rows) << written.status.ToString();
      EXPECT_EQ(written.rows, rows == ExportRows::kEnvelopes ? 3u : 5u) << Name(form) << " " << Name(rows);
      const size_t more = (form == ExportForm::kCsv ? 1u : 0u) + (SaysCompleteness(form) ? 1u : 0u);
      EXPECT_EQ(written.Lines().size(), written.rows + more) << Name(form) << " " << Name(rows);
    }
  }
  EXPECT_FALSE(HasRows(ExportForm::kOcsf, ExportRows::kEntries));
  EXPECT_FALSE(HasRows(ExportForm::kCsv, ExportRows::kEntries));
}

// A producer's times may run backwards, so that what had not happened by a moment can lie in the middle.
TEST(ExportRecords, AsOfAMomentEachRecordHasTheHashOfItsOwnEntry) {
  FakeLedger ledger;
  ledger.status.origin = FakeLedger::kOrigin;
  ledger.Append(Requested("env-1", User("alice"), kMorning));
  ledger.Append(GrantedGpus("env-1", "4", kMorning + 100 * kSecond));
  ledger.Append(Completed("env-1", kMorning + 50 * kSecond));
  QueryRequest query;
  query.at = kMorning + 60 * kSecond;
  std::vector<uint64_t> seqs;
  for (const json& record : Write(ledger, ExportForm::kJsonl, ExportRows::kRecords, query).Json()) {
    if (record.contains("completeness")) continue;
    seqs.push_back(record["seq"]);
    EXPECT_EQ(record["leaf_hash"], Hex(View(LeafHash(ledger.log.at(seqs.back()))))) << record;
  }
  EXPECT_EQ(seqs, (std::vector<uint64_t>{0, 2}));
}

TEST(ExportRecords, EntriesAreTheWholeLogWithItsEventsAndItsRoot) {
  FakeLedger day;
  day.status.origin = FakeLedger::kOrigin;
  day.log.emplace_back(*EntryBuilder().Build({}, Genesis{FakeLedger::kOrigin, FakeLedger::key().public_key}));
  FillDay(day);
  const Written jsonl = Write(day, ExportForm::kJsonl, ExportRows::kEntries);
  ASSERT_TRUE(jsonl.status.ok()) << jsonl.status.ToString();
  const std::vector<json> lines = jsonl.Json();
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0]["event"]["event"], "genesis");
  EXPECT_EQ(lines[1]["transition"]["envelope_id"], "env-1");
  Frontier tree;
  for (const std::string& entry : day.log) tree.Append(LeafHash(entry));
  EXPECT_EQ(lines[6]["completeness"]["root"], Hex(View(tree.Root())));
  EXPECT_EQ(Write(day, ExportForm::kCloudEvents, ExportRows::kEntries).Json()[0]["type"],
            "org.envledger.event.genesis");
}

TEST(ExportRecords, AnEntryInAnotherPlaceIsNotExported) {
  FakeLedger day = ADay();
  std::swap(day.log[1], day.log[2]);
  const Written written = Write(day, ExportForm::kJsonl, ExportRows::kEntries);
  EXPECT_EQ(written.status.code(), Code::kCorruption);
  EXPECT_THAT(written.status.message(), HasSubstr("entry 1 says that its seq is 2"));
}

TEST(ExportRecords, AHoleIsNoErrorButIsInTheCoverage) {
  FakeLedger day = ADay();
  day.envelopes[0].entries.erase(day.envelopes[0].entries.begin() + 1);
  const Written written = Write(day, ExportForm::kOcsf);
  ASSERT_TRUE(written.status.ok()) << written.status.ToString();
  EXPECT_FALSE(written.coverage.complete());
  EXPECT_THAT(written.coverage.problem(), HasSubstr("revision 1 is missing"));
}

TEST(ExportRecords, ASinkThatFailsEndsTheExport) {
  FakeLedger day = ADay();
  for (const ExportForm form : kForms) {
    int taken = 0;
    const auto sink = [&](std::string_view) { return ++taken < 3 ? Ok() : Unavailable("the disk is full"); };
    uint64_t told = 0;
    const auto written =
        ExportRecords(day, {form, ExportRows::kRecords, {}, 0, {}}, sink, [&](uint64_t rows) { told = rows; });
    EXPECT_EQ(written.status().message(), "the disk is full");
    EXPECT_EQ(taken, 3);
    EXPECT_EQ(told, form == ExportForm::kCsv ? 1u : 2u) << "rows that were written";
  }
}

TEST(ExportRecords, ALedgerWithoutANameHasNoEvents) {
  FakeLedger day = ADay();
  day.status.origin.clear();
  EXPECT_EQ(Write(day, ExportForm::kJsonl).status.code(), Code::kInternal);
}

}  // namespace
}  // namespace envledger
