// Reports: that what is written holds, and that nothing in it can be changed without being named.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "ledger/base/file.h"
#include "ledger/report/data.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

// A day, signed, and a report of all of it.
struct ReportedDay : World {
  ReportedDay() {
    FillDay(*ledger);
    ledger->true_root = true;
    ledger->Sign();
  }
  std::string path() const { return directory.path() + "/report.html"; }
  std::string Page() const { return *ReadFile(path(), 1 << 24); }
  void Put(const std::string& page) const { ASSERT_TRUE(WriteFileDurably(path(), page, 0600).ok()); }
  int Report(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"report", "--output", path()};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }
  int Verify(const VerifierKey& key = FakeLedger::key()) {
    out.str("");
    err.str("");
    return Run({"report", "verify", path(), "--vkey", FormatVerifierKey(key)});
  }
  // The page with its evidence changed, and nothing else.
  std::string WithEvidence(const std::function<void(ReportData&)>& change) const {
    const std::string page = Page();
    const size_t begin = page.find(kReportDataBegin) + kReportDataBegin.size();
    const size_t end = page.find(kReportDataEnd, begin);
    ReportData data = *ReadReportData(page.substr(begin, end - begin));
    change(data);
    std::string changed = page.substr(0, begin);
    AddReportDataJson(data, changed);
    return changed + page.substr(end);
  }

  TempDir directory;
};

size_t Count(std::string_view page, std::string_view word) {
  size_t found = 0;
  for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) ++found;
  return found;
}

TEST(Report, HoldsByTheKeyThatSignedAndByNoOther) {
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
TEST(Report, OfACheckpointByTwoKeysHoldsByEitherWhicheverThePageNames) {
  ReportedDay day;
  const std::string by_other = day.ledger->NoteOver(5, 2);
  day.ledger->checkpoints.back() += by_other.substr(by_other.find("\n\n") + 2);
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(1)), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(2)), 0) << day.err.str();
  EXPECT_EQ(day.Verify(FakeLedger::key(3)), 1);
}

TEST(Report, TheSameValuesGiveTheSameBytes) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string first = day.Page();
  ASSERT_EQ(day.Report(), 0);
  EXPECT_EQ(first, day.Page());
}

TEST(Report, AChangeOfAnyPartOfThePageIsNamedWithItsLine) {
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

TEST(Report, AByteOfTheEvidenceChangedAnywhereIsCaught) {
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

TEST(Report, EvidenceThatIsForgedWholeSaysWhatIsWrong) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const struct {
    std::function<void(ReportData&)> change;
    std::string complaint;
  } forgeries[] = {
      {[](ReportData& data) { data.entries[1][200] ^= 1; }, "lead to the root"},
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

TEST(Report, IsCompleteExactlyWhenItNamesNoProblem) {
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

TEST(Report, WhatIsNoReportIsNamed) {
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
TEST(Report, EvidenceMadeToExhaustItsReaderIsRefused) {
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

TEST(Report, NothingThatAProducerWroteIsMarkupScriptOrDeceit) {
  ReportedDay day;
  const std::string evil = "</script><script>alert(1)</script><!--\"'&\x01\x1b[2J\u202e\u2028";
  Transition trick = Requested("env-</script>\"'<b>", User(evil, "https://x/" + evil), kMorning + 300 * kSecond);
  trick.identity->tenant = evil;
  trick.execution->operation = evil;
  trick.execution->targets = {{.type = evil, .id = evil, .version = evil, .digest = ""}};
  trick.scope->id = evil;
  trick.scope->purpose = evil;
  trick.requested = ResourceMap{Amount(evil, "1")};
  day.ledger->Append(trick);
  Transition denied;
  denied.envelope_id = trick.envelope_id;
  denied.stage = Stage::kDenied;
  denied.occurred_at = kMorning + 301 * kSecond;
  denied.decision = Decision{};
  denied.decision->effect = Effect::kDeny;
  denied.decision->reasons = {evil};
  denied.decision->policy = Policy{.id = evil, .version = evil, .digest = ""};
  day.ledger->Append(denied);
  day.ledger->Sign();
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  const std::string page = day.Page();
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<b>\""), std::string::npos);
  for (const char* raw : {"\x01", "\x1b", "\u202e", "\u2028"}) EXPECT_EQ(page.find(raw), std::string::npos);
  // Two scripts and one style, whatever producers wrote.
  EXPECT_EQ(Count(page, "<script"), 2u);
  EXPECT_EQ(Count(page, "</script"), 2u);
  EXPECT_EQ(Count(page, "<style"), 1u);
  EXPECT_NE(page.find("&lt;/script&gt;&lt;script&gt;alert(1)"), std::string::npos);
}

TEST(Report, LoadsNothing) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string page = day.Page();
  EXPECT_NE(page.find("default-src 'none'; style-src 'sha256-"), std::string::npos);
  for (const char* loader : {" src=", "href=\"http", "url(", "@import", "<link", "<img", "<iframe", " style=",
                             " on"
                             "click="}) {
    EXPECT_EQ(page.find(loader), std::string::npos) << loader;
  }
}

TEST(Report, SaysExactSumsAndRelations) {
  ReportedDay day;
  ASSERT_EQ(day.Report({"--tenant", "search", "--since", "2026-03-01"}), 0);
  const std::string page = day.Page();
  EXPECT_NE(page.find("<title>gpu requested: 16</title>"), std::string::npos) << "8 of env-1 and 8 of env-2";
  EXPECT_NE(page.find("<title>gpu granted: 4</title>"), std::string::npos);
  EXPECT_NE(page.find("<title>gpu used: 4</title>"), std::string::npos);
  EXPECT_NE(page.find("narrowed gpu"), std::string::npos);
  EXPECT_NE(page.find("quota of the project"), std::string::npos);
  EXPECT_NE(page.find("--tenant search"), std::string::npos);
  EXPECT_NE(page.find("asked since 2026-03-01T00:00:00Z"), std::string::npos) << "times are absolute";
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
}

TEST(Report, OfOneEnvelopeProvesOnlyItsEntries) {
  ReportedDay day;
  ASSERT_EQ(day.Report({"--envelope", "env-1"}), 0) << day.err.str();
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_NE(day.out.str().find("3 entries are in its tree"), std::string::npos);
  EXPECT_EQ(day.Report({"--envelope", "env-99"}), 3);
  EXPECT_EQ(day.Report({"--envelope", "env-1", "--tenant", "search"}), 2);
}

TEST(Report, HasACheckpointSignedWhenTheLatestEndsTooEarly) {
  ReportedDay day;
  day.ledger->Append(Requested("env-4", User("carol"), kMorning + 500 * kSecond));
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  EXPECT_EQ(day.ledger->signed_when_asked, 1);
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  day.ledger->Append(Completed("env-1", kMorning + 600 * kSecond));
  EXPECT_EQ(day.Report({"--data-dir", "/somewhere"}), 3) << "nobody can sign";
}

TEST(Report, ALyingLedgerGetsNoReport) {
  ReportedDay day;
  day.ledger->spoil_inclusion = [](InclusionProofResponse& response) { response.hashes[0][0] ^= 1; };
  EXPECT_EQ(day.Report({"--envelope", "env-1"}), 1);
  EXPECT_NE(day.err.str().find("does not hold"), std::string::npos) << day.err.str();
  EXPECT_FALSE(ReadFile(day.path(), 100).ok());
  day.ledger->spoil_inclusion = nullptr;
  EXPECT_EQ(day.Report({"--vkey", FormatVerifierKey(FakeLedger::key(2))}), 1);
  EXPECT_NE(day.err.str().find("not signed by"), std::string::npos) << day.err.str();
}

TEST(Report, AHoleIsSaidOnThePageAndOnTheWayOut) {
  ReportedDay day;
  day.ledger->envelopes[0].entries.erase(day.ledger->envelopes[0].entries.begin() + 1);
  EXPECT_EQ(day.Report(), 1);
  EXPECT_NE(day.Page().find("INCOMPLETE as of 5 entries"), std::string::npos);
  EXPECT_NE(day.Page().find("revision 1 is missing"), std::string::npos);
  EXPECT_EQ(day.Verify(), 0) << "what it says about itself holds: " << day.err.str();
  EXPECT_NE(day.out.str().find("itself says that some are missing"), std::string::npos) << day.out.str();
}

// The ledger of these tests gives what it has, whatever it is asked.
TEST(Report, OfAnEnvelopeWithAHoleNoMoreIsJudgedThanIsThere) {
  ReportedDay day;
  day.ledger->envelopes.resize(2);
  day.ledger->envelopes[0].entries.erase(day.ledger->envelopes[0].entries.begin() + 1);
  EXPECT_EQ(day.Report({"--open"}), 1);
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_NE(day.out.str().find("1 of 2 match --open, judged by all their records"), std::string::npos) << day.out.str();
  EXPECT_EQ(day.Report({"--order", "desc"}), 1);
  EXPECT_EQ(day.Verify(), 1);
  EXPECT_NE(day.err.str().find("is out of order"), std::string::npos) << day.err.str();
  day.ledger->envelopes.resize(1);
  EXPECT_EQ(day.Report({"--stage", "denied"}), 1);
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_NE(day.out.str().find("0 of 1 match --stage denied"), std::string::npos) << day.out.str();
  EXPECT_EQ(day.out.str().find("Each of them"), std::string::npos) << day.out.str();
  EXPECT_EQ(day.Report({"--tenant", "sales"}), 1);
  EXPECT_EQ(day.Verify(), 1) << "its first record is there, and tells";
  EXPECT_NE(day.err.str().find("does not match --tenant sales"), std::string::npos) << day.err.str();
}

TEST(Report, AHoleBeyondTheLimitIsOneOnlyWhereNothingElseShowsThatThereIsMore) {
  for (const bool found : {false, true}) {
    ReportedDay day;
    day.ledger->spoil_query = [&](QueryResponse& response) {
      const std::string& cursor = day.ledger->queries.back().cursor;
      if (cursor.empty()) return;
      if (cursor == "1") {
        response.completeness.complete = false;
        response.completeness.problem = "a hole";
      }
      if (cursor == "1" || !found) response.envelopes.clear();
    };
    EXPECT_EQ(day.Report({"--limit", "1"}), found ? 0 : 1) << day.err.str();
    EXPECT_EQ(day.err.str().find("there are more") != std::string::npos, found) << day.err.str();
    EXPECT_EQ(day.err.str().find("a hole") == std::string::npos, found) << day.err.str();
    EXPECT_EQ(day.ledger->queries.size(), 3u) << "until one is found, or nothing is left";
    EXPECT_EQ(day.Verify(), 0) << day.err.str();
  }
}

// Instead of the day: `count` envelopes of one record each.
void FillMany(ReportedDay& day, int count) {
  auto ledger = std::make_shared<FakeLedger>();
  ledger->genesis = day.ledger->genesis;
  ledger->page = 100;
  for (int i = 0; i < count; ++i) {
    ledger->Append(Requested("env-" + std::to_string(i), User("alice"), kMorning + i * kSecond));
  }
  ledger->true_root = true;
  ledger->Sign();
  day.ledger = std::move(ledger);
}

TEST(Report, OfManyIsMadeOfTablesThatABrowserLaysOutOneByOne) {
  ReportedDay day;
  FillMany(day, 350);
  ASSERT_EQ(day.Report({}), 0) << day.err.str();
  const std::string page = day.Page();
  EXPECT_EQ(Count(page, "<div class=\"part full\"><table"), 3u) << "of 100 rows, drawn when they are seen";
  EXPECT_EQ(Count(page, "<div class=\"part\"><table"), 1u) << "the rest, drawn at once: nobody knows its height before";
  EXPECT_EQ(Count(page, "<tbody id=\"e"), 350u);
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
}

TEST(Report, SaysOnPaperWhatIsNotOnIt) {
  const struct {
    int envelopes;
    std::string_view body;
    bool records;
    bool all;
  } cases[] = {{50, "<body class=\"few\">", true, true},
               {51, "<body>", false, true},
               {300, "<body>", false, true},
               {301, "<body class=\"many\">", false, false}};
  for (const auto& [envelopes, body, records, all] : cases) {
    ReportedDay day;
    FillMany(day, envelopes);
    ASSERT_EQ(day.Report({}), 0) << day.err.str();
    const std::string page = day.Page();
    EXPECT_NE(page.find(body), std::string::npos) << envelopes;
    EXPECT_EQ(page.find("records of each envelope are in the file") == std::string::npos, records) << envelopes;
    EXPECT_EQ(page.find("Only the first 300 or so of its 301 envelopes") == std::string::npos, all) << envelopes;
  }
}

TEST(Report, LinksToNothingThatIsNotThere) {
  ReportedDay day;
  for (const bool empty : {false, true}) {
    if (empty) day.ledger->envelopes.clear();
    ASSERT_EQ(day.Report({}), 0) << day.err.str();
    const std::string page = day.Page();
    size_t links = 0;
    for (size_t at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1), ++links) {
      const std::string id = page.substr(at + 7, page.find('"', at + 7) - at - 7);
      EXPECT_NE(page.find(" id=\"" + id + "\""), std::string::npos) << id;
    }
    EXPECT_GE(links, 4u);
    EXPECT_EQ(page.find("id=\"timeline\"") == std::string::npos, empty);
    EXPECT_EQ(page.find("id=\"check\"") == std::string::npos, empty) << "there is nothing to check in a browser";
  }
}

TEST(Report, SaysTheSameOnceAndCountsBytesByTheUnitTheyAreIn) {
  ReportedDay day;
  day.ledger->Append(Requested("env-4", User("carol"), kMorning + 500 * kSecond));
  day.ledger->Append(GrantedGpus("env-4", "8", kMorning + 500 * kSecond));
  day.ledger->Append(Completed("env-4", kMorning + (500 + 7200) * kSecond));
  ASSERT_EQ(day.Report({"--envelope", "env-4"}), 0) << day.err.str();
  EXPECT_NE(day.Page().find("gpu 8, memory 64Gi <span class=\"arrow\">\u2192 the same</span>"), std::string::npos);
  EXPECT_NE(day.Page().find("time held: 128 Gi-hours"), std::string::npos);
  Transition trick = Requested("env-5", User("eve"), kMorning + 600 * kSecond);
  trick.requested = ResourceMap{Amount("a 1, b", "2")};
  day.ledger->Append(trick);
  Transition granted = GrantedGpus("env-5", "1", kMorning + 601 * kSecond);
  granted.granted->resources = {Amount("a", "1"), Amount("b", "2")};
  day.ledger->Append(granted);
  EXPECT_NE(day.Page().find("time held: 16 unit-hours"), std::string::npos);
  ASSERT_EQ(day.Report({"--envelope", "env-5"}), 0) << day.err.str();
  EXPECT_EQ(day.Page().find("\u2192 the same"), std::string::npos) << "names that look like amounts are none";
}

TEST(Report, OfNothingSaysSo) {
  ReportedDay day;
  day.ledger->envelopes.clear();
  ASSERT_EQ(day.Report(), 0) << day.err.str();
  EXPECT_NE(day.Page().find("None match."), std::string::npos);
  EXPECT_EQ(day.Verify(), 0) << day.err.str();
  EXPECT_EQ(day.Run({"report"}), 2);
}

}  // namespace
}  // namespace envledger::cli
