// `report verify`: nothing in a report can be changed without being named.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "ledger/report/data.h"
#include "tests/cli/reported_day.h"

namespace envledger::cli {
namespace {

TEST(ReportVerify, HoldsByTheKeyThatSignedAndByNoOther) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_NE(day.out.str().find("HOLDS"), std::string::npos);
  EXPECT_NE(day.out.str().find("5 entries are in its tree"), std::string::npos) << day.out.str();
  EXPECT_NE(day.out.str().find("Not shown:"), std::string::npos);
  EXPECT_EQ(day.Verify(FakeLedger::key(2)), 1);
  EXPECT_NE(day.err.str().find("its checkpoint is not signed by"), std::string::npos) << day.err.str();
}

// As the checkpoints around a rotation of the key are.
TEST(ReportVerify, OfACheckpointByTwoKeysHoldsByEitherWhicheverThePageNames) {
  ReportedDay day;
  const std::string by_other = day.ledger->NoteOver(5, 2);
  day.ledger->checkpoints.back() += by_other.substr(by_other.find("\n\n") + 2);
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(1)), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(2)), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(3)), 1);
}

TEST(ReportVerify, AChangeOfAnyPartOfThePageIsNamedWithItsLine) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string page = day.Page();
  for (const std::string part : {"<h1>", "gpu 4", "quota of the project", "default-src", "script-src", "<title>",
                                 "\"use strict\"", "id=\"checked\"", "</html>"}) {
    const size_t at = page.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    std::string changed = page;
    changed[at + 1] ^= 1;
    day.Put(changed);
    EXPECT_EQ(day.Verify(), 1) << part;
    const auto line = std::count(page.begin(), page.begin() + static_cast<long>(at), '\n') + 1;
    EXPECT_NE(day.err.str().find("in line " + std::to_string(line)), std::string::npos) << day.err.str();
  }
  day.Put(page + "\n");
  EXPECT_EQ(day.Verify(), 1);
  day.Put(page.substr(0, page.size() - 1));
  EXPECT_EQ(day.Verify(), 1);
}

TEST(ReportVerify, AByteOfTheEvidenceChangedAnywhereIsCaught) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string page = day.Page();
  const size_t begin = page.find(kReportDataBegin) + kReportDataBegin.size();
  const size_t end = page.find(kReportDataEnd, begin);
  for (size_t at = begin; at < end; at += 13) {
    std::string changed = page;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    day.Put(changed);
    ASSERT_EQ(day.Verify(), 1) << "at " << at - begin;
  }
}

TEST(ReportVerify, EvidenceThatIsForgedWholeSaysWhatIsWrong) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const struct {
    std::function<void(ReportData&)> change;
    std::string complaint;
  } forgeries[] = {
      {[](ReportData& data) { data.entries[1][200] ^= 1; }, "the entries and nodes give the root"},
      {[](ReportData& data) { data.envelopes.pop_back(); }, "embeds 5 entries but shows only 4"},
      {[](ReportData& data) {
         data.envelopes[0].seqs = {0, 2};
       },
       "revision 1 is missing"},
      {[](ReportData& data) { data.envelopes.push_back(data.envelopes[1]); }, "is shown twice"},
      {[](ReportData& data) { data.envelopes[1].id = "env-7"; }, "belongs to envelope env-2"},
      {[](ReportData& data) {
         data.filters.push_back({"tenant", "sales"});
       },
       "does not match --tenant sales"},
      {[](ReportData& data) { data.entries.erase(4); }, "not proven: the proof has too few nodes"},
      {[](ReportData& data) { data.nodes.push_back({}); }, "more nodes than it needs"},
      {[](ReportData& data) { data.answered_root[0] ^= 1; }, "the answer is from a tree of 5 entries"},
      {[](ReportData& data) { data.generated_at += kSecond; }, "differs from its own evidence in line"},
      {[](ReportData& data) { data.checkpoint = FakeLedger().NoteOver(0, 2); }, "not signed"},
      {[](ReportData& data) { data.checkpoint = "no note"; }, "its checkpoint is malformed"},
      {[](ReportData& data) { data.vkey = FormatVerifierKey(FakeLedger::key(2)); },
       "its checkpoint, checked with the key in the report, is not signed by"},
      {[](ReportData& data) { data.vkey = "no key"; }, "its key: "},
  };
  for (const auto& [change, complaint] : forgeries) {
    const std::string whole = day.Page();
    day.Put(day.WithEvidence(change));
    EXPECT_EQ(day.Verify(), 1) << complaint;
    EXPECT_NE(day.err.str().find(complaint), std::string::npos) << complaint << "\n" << day.err.str();
    day.Put(whole);
  }
}

TEST(ReportVerify, IsCompleteExactlyWhenItNamesNoProblem) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string whole = day.Page();
  for (const bool complete : {true, false}) {
    day.Put(whole);
    day.Put(day.WithEvidence([&](ReportData& data) {
      data.complete = complete;
      data.problem = complete ? "nothing at all" : "";
    }));
    EXPECT_EQ(day.Verify(), 1);
    EXPECT_NE(day.err.str().find("it must be complete exactly if it states no problem"), std::string::npos)
        << day.err.str();
  }
  // A ledger that says so is taken at the worse of its words.
  for (const bool complete : {true, false}) {
    day.ledger->spoil_query = [&](QueryResponse& response) {
      response.completeness.complete = complete;
      response.completeness.problem = complete ? "a hole" : "";
    };
    EXPECT_EQ(day.Report(), 1);
    EXPECT_NE(day.err.str().find(complete ? "a hole" : "does not say what"), std::string::npos) << day.err.str();
    EXPECT_EQ(day.Verify(), 0) << day.err.str();
  }
}

TEST(ReportVerify, WhatIsNoReportIsNamed) {
  ReportedDay day;
  day.Put("<html></html>");
  EXPECT_EQ(day.Verify(), 1);
  EXPECT_NE(day.err.str().find("embeds no evidence"), std::string::npos);
  day.Put(std::string(kReportDataBegin) + "{\"format\":\"envledger-report/1\"}" + std::string(kReportDataEnd));
  EXPECT_EQ(day.Verify(), 1);
  EXPECT_NE(day.err.str().find("embedded evidence is not valid"), std::string::npos) << day.err.str();
  EXPECT_EQ(
      day.Run({"report", "verify", day.directory.path() + "/absent", "--vkey", FormatVerifierKey(FakeLedger::key())}),
      5);
  EXPECT_EQ(day.Run({"report", "verify", day.path()}), 2);
}

// Before any signature is checked: the file is anybody's.
TEST(ReportVerify, EvidenceMadeToExhaustItsReaderIsRefused) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string page = day.Page();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = page;
    const size_t at = changed.find(from, changed.find(kReportDataBegin));
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  constexpr int kMany = 1 << 20;
  const std::string deep = std::string(kMany, '[') + std::string(kMany, ']');
  std::string wide = "[0";
  for (int i = 0; i < kMany; ++i) wide += ",0";
  std::string empty = "[[]";
  for (int i = 0; i < kMany; ++i) empty += ",[]";
  const std::string format = "\"envledger-report/1\"";
  const struct {
    std::string page;
    std::string complaint;
  } cases[] = {
      {with("\"envelopes\":[", "\"envelopes\":[[\"env-0\"," + deep + "],"),
       "envelopes[0][1]: expected an integer, found a list"},
      {with(format, deep), "format: expected a string, found a list"},
      {with("\"nodes\":[", "\"nodes\":[" + deep + ","), "nodes[0]: expected a string, found a list"},
      {with("\"nodes\":", "\"nodes\":" + wide + "],\"nodes\":"), "nodes[0]: expected a string, found a number"},
      {with("\"nodes\":", "\"nodes\":" + empty + "],\"nodes\":"), "nodes[0]: expected a string, found a list"},
      {with("\"envelopes\":[", "\"envelopes\":[[\"env-0\",1," + wide.substr(1) + "],"),
       "too many values for a report of this size"},
      {with("\"answer\":", "\"answer\":{},\"answer\":"), "answer.tree_size: is missing"},
      {with("\"vkey\":", "\"vkey\":\"\",\"vkey\":"), "vkey: occurs twice"},
      {with("\"vkey\":", "\"more\":[],\"vkey\":"), "more: unknown field"},
      {with("\"envelopes\":[", "\"envelopes\":[[\"env-0\",\"x\"],"),
       "envelopes[0][1]: expected an integer, found a string"},
      {with(format, "\"" + std::string(kMany, 'x') + "\""), "its format is \"xxx"},
      {with(format, "[]"), "format: expected a string, found a list"},
      {with(format, "nul" + std::string(kMany, 'x')), "embedded evidence is not valid"},
  };
  for (const auto& [changed, complaint] : cases) {
    day.Put(changed);
    EXPECT_EQ(day.Verify(), 1);
    EXPECT_NE(day.err.str().find(complaint), std::string::npos) << complaint << "\n" << day.err.str().substr(0, 1000);
    EXPECT_LT(day.err.str().size(), 1000u);
  }
}

}  // namespace
}  // namespace envledger::cli
