// `export` of records: where the lines go, and what is said beside them.
#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/files/file.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

struct Day : World {
  Day() {
    FillDay(*ledger);
    ledger->status.origin = FakeLedger::kOrigin;
  }
};

TEST(ExportCommand, SaysTheCompletenessOnStderrWhereTheFormDoesNot) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "csv"}), 0) << day.err.str();
  EXPECT_NE(day.err.str().find("5 rows. Complete as of 5 entries"), std::string::npos) << day.err.str();
  day.err.str("");
  ASSERT_EQ(day.Run({"export", "--format", "jsonl"}), 0);
  EXPECT_EQ(day.err.str(), "");
}

TEST(ExportCommand, CsvOfEnvelopesIsThatOfQuery) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "csv", "--rows", "envelopes"}), 0);
  const std::string exported = day.out.str();
  day.out.str("");
  ASSERT_EQ(day.Run({"query", "--format", "csv", "--limit", "0"}), 0);
  EXPECT_EQ(exported, day.out.str());
}

TEST(ExportCommand, GivesTheFiltersOfQueryToTheLedger) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "jsonl", "--tenant", "search"}), 0);
  EXPECT_EQ(day.ledger->queries.front().tenant, "search");
  EXPECT_EQ(std::count(day.out.view().begin(), day.out.view().end(), '\n'), 6);
}

TEST(ExportCommand, AnEntryInAnotherPlaceIsNotExported) {
  Day day;
  std::swap(day.ledger->log[1], day.ledger->log[2]);
  day.ledger->genesis.clear();
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--rows", "entries"}), 1);
  EXPECT_NE(day.err.str().find("entry 1 says that its seq is 2"), std::string::npos) << day.err.str();
}

TEST(ExportCommand, AFileAppearsWholeOrNotAtAll) {
  Day day;
  TempDir directory;
  const std::string path = directory.path() + "/out.jsonl";
  ASSERT_EQ(day.Run({"export", "--format", "jsonl", "--output", path}), 0) << day.err.str();
  EXPECT_EQ(day.out.str(), "");
  const std::string whole = *ReadFile(path, 1 << 20);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 6);
  // The pages do not end, which is noticed behind the second.
  day.ledger->spoil_query = [](QueryResponse& response) { response.completeness.next_cursor = "2"; };
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--output", path}), 5) << day.err.str();
  EXPECT_EQ(*ReadFile(path, 1 << 20), whole);
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--output", directory.path() + "/absent/x"}), 5);
}

TEST(ExportCommand, AHoleIsNamedAndExitsOne) {
  Day day;
  day.ledger->envelopes[0].entries.erase(day.ledger->envelopes[0].entries.begin() + 1);
  EXPECT_EQ(day.Run({"export", "--format", "ocsf"}), 1);
  EXPECT_NE(day.err.str().find("revision 1 is missing"), std::string::npos) << day.err.str();
}

TEST(ExportCommand, WhatDoesNotFitTheFormIsWrongUsage) {
  Day day;
  EXPECT_EQ(day.Run({"export"}), 2);
  EXPECT_EQ(day.Run({"export", "--tenant", "x", "dir"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "csv", "dir"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "csv", "--sign-now"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "ocsf", "--rows", "entries"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--rows", "entries", "--tenant", "x"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "xml"}), 2);
  EXPECT_EQ(day.out.str(), "");
}

}  // namespace
}  // namespace envledger::cli
