// Reports: what stands in them, that it holds, and that there is none where it would not.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "ledger/files/file.h"
#include "tests/cli/reported_day.h"

namespace envledger::cli {
namespace {

size_t Count(std::string_view page, std::string_view word) {
  size_t found = 0;
  for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) ++found;
  return found;
}

TEST(Report, TheSameValuesGiveTheSameBytes) {
  ReportedDay day;
  ASSERT_EQ(day.Report(), 0);
  const std::string first = day.Page();
  ASSERT_EQ(day.Report(), 0);
  EXPECT_EQ(first, day.Page());
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
