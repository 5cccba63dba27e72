// Random ledgers, random questions: the answers are those of the oracle, whole, in order, over any pages.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ledger/query/view.h"
#include "tests/query/oracle.h"
#include "tests/query/pages.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

void Fill(TestLedger& ledger, unsigned seed, int transitions) {
  RandomTraffic traffic(seed);
  for (int i = 0; i < transitions; ++i) {
    ledger.clock.Advance(traffic.Below(3) * kSecond / 2);
    const std::string producer = "recorder" + std::to_string(traffic.Below(3));
    const auto result = ledger.Append({Encoded(traffic.Next())}, {}, producer);
    ASSERT_TRUE(StatusOf(result).ok()) << StatusOf(result).ToString();
  }
}

PrincipalFilter AFilter(RandomTraffic& random) {
  const Principal who = random.APrincipal();
  PrincipalFilter filter;
  filter.id = who.id;
  if (random.Below(2) == 0) filter.issuer = who.issuer;
  if (random.Below(3) == 0) filter.kind = who.kind;
  if (random.Below(2) == 0) filter.roles = static_cast<RoleMask>(1 + random.Below(15));
  return filter;
}

QueryRequest AQuestion(RandomTraffic& random) {
  QueryRequest q;
  const auto often = [&](unsigned one_in) { return random.Below(one_in) == 0; };
  if (often(2)) q.principal = AFilter(random);
  if (often(6)) q.tenant = random.ATenant();
  if (often(6)) q.kind = random.AKind();
  if (often(8)) q.target = (often(2) ? "model:" : "") + random.ATarget();
  if (often(8)) q.scope = (often(2) ? "project:" : "") + random.AScope();
  if (often(8)) q.recorder = "recorder" + std::to_string(random.Below(3));
  if (often(12)) q.request_id = random.ARequestId();
  if (often(12)) q.trace_id = random.ATraceId();
  if (often(8)) q.native_id = random.ANativeId();
  if (often(6)) q.since = random.ATime();
  if (often(6)) q.until = random.ATime();
  if (often(10)) q.recorded_since = kTestStart + static_cast<Nanos>(random.Below(150)) * kSecond;
  if (often(10)) q.recorded_until = kTestStart + static_cast<Nanos>(random.Below(150)) * kSecond;
  if (often(10)) q.node = random.ANode();
  if (often(12)) q.parent = "e" + std::to_string(random.Below(12));
  if (often(6)) q.at = kTestStart + static_cast<Nanos>(random.Below(350)) * kSecond;
  while (often(8)) q.relations.push_back(static_cast<Relation>(random.Below(6)));
  q.delegated = often(10);
  q.open = often(8);
  q.narrowed = often(8);
  while (often(4)) q.stages.push_back(static_cast<Stage>(1 + random.Below(15)));
  q.descending = often(2);
  return q;
}

std::string Summary(const PrincipalSummary& s) {
  std::string text = s.principal.id + " " + s.principal.issuer + " " + std::string(Name(s.principal.kind)) + " " +
                     std::to_string(s.links) + " links " + std::to_string(s.envelopes) + " envelopes";
  for (const uint64_t count : s.by_role) text += " " + std::to_string(count);
  return text + " " + FormatTime(s.first_seen) + " " + FormatTime(s.last_seen);
}

std::vector<std::string> Summaries(const std::vector<PrincipalSummary>& list) {
  std::vector<std::string> texts;
  for (const PrincipalSummary& summary : list) texts.push_back(Summary(summary));
  return texts;
}

TEST(QueryPropertyTest, EveryAnswerIsTheOraclesInWholeAndInPages) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    TestLedger ledger;
    ledger.Open();
    ASSERT_NO_FATAL_FAILURE(Fill(ledger, seed, 300));
    const Oracle oracle(TestLedger::Entries(ledger.data_dir()));
    auto view = ledger.ledger().CurrentView();
    ASSERT_TRUE(view.ok()) << view.status().ToString();
    RandomTraffic random(seed + 1000);
    size_t answered = 0;
    for (int i = 0; i < 300; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " question " + std::to_string(i));
      const QueryRequest q = AQuestion(random);
      AnswerLimits limits;
      limits.max_envelopes = 1 + random.Below(10);
      if (random.Below(3) == 0) limits.max_work = 1 + random.Below(300);
      limits.records_at_once = 1 + random.Below(3);
      limits.max_principals = 1 + random.Below(4);
      if (random.Below(3) == 0) limits.max_records = 1 + random.Below(10);
      if (random.Below(3) == 0) limits.max_bytes = 1 + random.Below(5000);
      limits.short_list = random.Below(40);
      QueryRequest scan = q;
      scan.scan = true;
      const auto expected = oracle.Query(q);
      const Answer whole = Ask(*view, q);
      const Answer paged = Ask(*view, q, limits);
      ASSERT_EQ(Ids(whole.envelopes), expected);
      ASSERT_EQ(Ids(paged.envelopes), expected);
      limits.max_envelopes = 3 + random.Below(60);  // each page of a scan reads the log
      limits.max_records = 5 + random.Below(200);
      limits.max_scanned = 20 + random.Below(400);
      limits.max_bytes = random.Below(3) == 0 ? 2000 + random.Below(20'000) : 2 << 20;
      const Answer scanned = Ask(*view, scan, limits);
      ASSERT_EQ(Ids(scanned.envelopes), expected);
      EXPECT_TRUE(scanned.complete) << scanned.problem;
      for (size_t e = 0; e < expected.size(); ++e) {
        EXPECT_EQ(scanned.envelopes[e].entries, whole.envelopes[e].entries);
        EXPECT_EQ(scanned.envelopes[e].roles, whole.envelopes[e].roles);
      }
      EXPECT_TRUE(whole.complete) << whole.problem;
      EXPECT_TRUE(paged.complete) << paged.problem;
      for (const EnvelopeRecords& envelope : whole.envelopes) {
        EXPECT_EQ(envelope.entries, oracle.EntriesOf(envelope.envelope_id));
        EXPECT_EQ(envelope.roles, q.principal ? oracle.RolesOf(envelope.envelope_id, *q.principal, q.at) : RoleMask{0});
      }
      answered += expected.size();
    }
    EXPECT_GT(answered, 1000u) << "the questions hardly ask for anything that is there";
  }
}

TEST(QueryPropertyTest, PrincipalsAreTheOraclesInPages) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    TestLedger ledger;
    ledger.Open();
    ASSERT_NO_FATAL_FAILURE(Fill(ledger, seed, 300));
    const Oracle oracle(TestLedger::Entries(ledger.data_dir()));
    auto view = ledger.ledger().CurrentView();
    ASSERT_TRUE(view.ok());
    RandomTraffic random(seed + 2000);
    for (int i = 0; i < 60; ++i) {
      PrincipalsRequest request;
      if (i > 0) request.filter = AFilter(random);
      if (random.Below(2) == 0) request.filter.id.clear();
      request.limit = 1 + random.Below(4);
      std::vector<PrincipalSummary> all;
      for (int page = 0; page < 100; ++page) {
        AnswerLimits limits;
        limits.max_work = random.Below(2) == 0 ? 1 + random.Below(50) : 100'000;
        const auto response = RunPrincipals(*view, request, limits);
        ASSERT_TRUE(response.ok()) << response.status().ToString();
        ASSERT_LE(response->principals.size(), request.limit);
        all.insert(all.end(), response->principals.begin(), response->principals.end());
        request.cursor = response->completeness.next_cursor;
        if (request.cursor.empty()) break;
      }
      ASSERT_EQ(Summaries(all), Summaries(oracle.Principals(request.filter)));
    }
  }
}

TEST(QueryTest, AViewDoesNotSeeWhatCameAfterIt) {
  TestLedger ledger;
  ledger.Open();
  ASSERT_NO_FATAL_FAILURE(Fill(ledger, 7, 60));
  const Oracle before(TestLedger::Entries(ledger.data_dir()));
  auto view = ledger.ledger().CurrentView();
  ASSERT_TRUE(view.ok());
  RandomTraffic random(8);
  for (int i = 0; i < 40; ++i) {
    Transition later = Opening("later" + std::to_string(i), random.APrincipal());
    ledger.MustAppend({Encoded(later)});
  }
  ASSERT_TRUE(ledger.ledger().CurrentView().ok());  // indexed by now
  for (int i = 0; i < 60; ++i) {
    const QueryRequest q = AQuestion(random);
    EXPECT_EQ(Ids(Ask(*view, q).envelopes), before.Query(q));
  }
}

// Between any two pages the ledger grows. What matched at the first page and still matches at the last is answered once
// and in order; ascending, so is what came meanwhile; nothing is answered that never matched.
TEST(QueryPropertyTest, PagesLoseAndRepeatNothingWhileTheLedgerGrows) {
  TestLedger ledger;
  ledger.Open();
  RandomTraffic traffic(11);
  const auto grow = [&](int transitions) {
    for (int i = 0; i < transitions; ++i) {
      const std::string producer = "recorder" + std::to_string(traffic.Below(3));
      const auto result = ledger.Append({Encoded(traffic.Next())}, {}, producer);
      ASSERT_TRUE(StatusOf(result).ok()) << StatusOf(result).ToString();
    }
  };
  ASSERT_NO_FATAL_FAILURE(grow(100));
  RandomTraffic random(12);
  size_t grown = 0;
  for (int i = 0; i < 80; ++i) {
    SCOPED_TRACE("question " + std::to_string(i));
    QueryRequest q = AQuestion(random);
    AnswerLimits limits;
    limits.max_envelopes = 1 + random.Below(6);
    limits.max_scanned = 4 + random.Below(100);
    limits.max_work = 300 + random.Below(2000);
    limits.records_at_once = 1 + random.Below(3);
    std::vector<std::string> ids;
    std::set<std::string> ever;
    std::vector<std::string> at_first;
    for (int page = 0; page < 500; ++page) {
      limits.short_list = random.Below(40);  // the plan changes from page to page
      auto view = ledger.ledger().CurrentView();
      ASSERT_TRUE(view.ok());
      QueryRequest whole = q;
      whole.cursor.clear();
      const auto now = Ids(Ask(*view, whole).envelopes);
      if (page == 0) at_first = now;
      ever.insert(now.begin(), now.end());
      q.scan = random.Below(4) == 0;  // and a scan goes on where an index left off
      const auto response = RunQuery(*view, q, limits);
      ASSERT_TRUE(response.ok()) << response.status().ToString();
      for (const std::string& id : Ids(response->envelopes)) ids.push_back(id);
      q.cursor = response->completeness.next_cursor;
      if (q.cursor.empty()) break;
      ASSERT_NO_FATAL_FAILURE(grow(random.Below(3) == 0 ? 2 : 0));
    }
    ASSERT_EQ(q.cursor, "") << "the pages do not end";
    QueryRequest whole = q;
    whole.scan = false;
    auto view = ledger.ledger().CurrentView();
    const auto at_last = Ids(Ask(*view, whole).envelopes);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size()) << "an envelope came twice";
    for (const std::string& id : ids) EXPECT_TRUE(ever.contains(id)) << id << " never matched";
    std::vector<std::string> must;
    for (const std::string& id : at_last) {
      if (std::count(at_first.begin(), at_first.end(), id) > 0) must.push_back(id);
    }
    size_t next = 0;
    for (const std::string& id : ids) next += next < must.size() && id == must[next] ? 1 : 0;
    EXPECT_EQ(next, must.size()) << "lost, or out of order";
    grown += at_last.size() - std::min(at_last.size(), must.size());
  }
  EXPECT_GT(grown, 10u) << "the ledger hardly grows under the questions";
}

TEST(QueryTest, AtAMomentTheGrantOfThenIsHeld) {
  TestLedger ledger;
  ledger.Open();
  const auto at = [](Transition t, int seconds) {
    t.occurred_at = kTestStart + seconds * kSecond;
    return Encoded(t);
  };
  ledger.MustAppend({at(Opening("e1"), 0), at(Later(Stage::kAdmitted, "e1"), 1), at(Grant("e1"), 10),
                     at(Later(Stage::kStarted, "e1"), 11), at(Later(Stage::kCompleted, "e1"), 20)});
  ledger.MustAppend({at(Opening("e2"), 15)});
  auto view = ledger.ledger().CurrentView();
  const auto open_at = [&](int seconds) {
    QueryRequest q;
    q.open = true;
    q.at = kTestStart + seconds * kSecond;
    return Ids(RunQuery(*view, q, {})->envelopes);
  };
  EXPECT_EQ(open_at(-1), std::vector<std::string>{});
  EXPECT_EQ(open_at(0), std::vector<std::string>{"e1"}) << "what happened at that moment has happened";
  EXPECT_EQ(open_at(14), std::vector<std::string>{"e1"});
  EXPECT_EQ(open_at(15), (std::vector<std::string>{"e1", "e2"}));
  EXPECT_EQ(open_at(20), std::vector<std::string>{"e2"});
  QueryRequest q;
  q.stages = {Stage::kAdmitted};
  q.at = kTestStart + 5 * kSecond;
  const auto then = RunQuery(*view, q, {});
  ASSERT_EQ(then->envelopes.size(), 1u);
  EXPECT_EQ(then->envelopes[0].entries.size(), 5u) << "all records are sent";
}

TEST(QueryTest, ACursorStaysGoodWhileTheLedgerGrows) {
  TestLedger ledger;
  ledger.Open();
  for (int i = 0; i < 10; ++i) ledger.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
  QueryRequest q;
  q.principal.emplace().id = "alice";
  q.limit = 4;
  std::vector<std::string> ids;
  for (int page = 0; page < 4; ++page) {
    auto view = ledger.ledger().CurrentView();
    const auto response = RunQuery(*view, q, {});
    ASSERT_TRUE(response.ok());
    for (const std::string& id : Ids(response->envelopes)) ids.push_back(id);
    q.cursor = response->completeness.next_cursor;
    if (page == 1) ledger.MustAppend({Encoded(Opening("e10")), Encoded(Later(Stage::kAdmitted, "e1"))});
    if (q.cursor.empty()) break;
  }
  ASSERT_EQ(ids.size(), 11u);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], "e" + std::to_string(i));
}

TEST(QueryTest, ACursorOfAnotherQuestionIsRefused) {
  TestLedger ledger;
  ledger.Open();
  ASSERT_NO_FATAL_FAILURE(Fill(ledger, 7, 60));
  auto view = ledger.ledger().CurrentView();
  QueryRequest q;
  q.limit = 2;
  q.cursor = RunQuery(*view, q, {})->completeness.next_cursor;
  ASSERT_FALSE(q.cursor.empty());
  QueryRequest other = q;
  other.descending = true;
  for (const std::string& cursor : {other.cursor, std::string("garbage"), q.cursor + "x", std::string("-1")}) {
    other.cursor = cursor;
    const auto refused = RunQuery(*view, other, {});
    EXPECT_EQ(refused.status().code(), Code::kInvalidArgument) << cursor;
    EXPECT_EQ(refused.status().rule(), "cursor");
  }
}

// A digit more or less is the place of other envelopes: those between would be missing from an answer without a word.
TEST(QueryTest, ADamagedCursorIsRefusedWithAndWithoutIndexes) {
  TestLedger ledger;
  ledger.Open();
  ASSERT_NO_FATAL_FAILURE(Fill(ledger, 7, 60));
  auto view = ledger.ledger().CurrentView();
  QueryRequest q;
  q.limit = 2;
  const std::string cursor = RunQuery(*view, q, {})->completeness.next_cursor;
  ASSERT_FALSE(cursor.empty());
  for (const bool scan : {false, true}) {
    q.scan = scan;
    q.cursor = cursor;
    EXPECT_TRUE(RunQuery(*view, q, {}).ok());
    for (const std::string& damaged : {cursor + "9", cursor.substr(0, cursor.size() - 1), "1" + cursor,
                                       cursor.substr(1), std::string("3"), std::string("-")}) {
      q.cursor = damaged;
      const auto refused = RunQuery(*view, q, {});
      EXPECT_EQ(refused.status().code(), Code::kInvalidArgument) << damaged;
      EXPECT_EQ(refused.status().rule(), "cursor");
    }
  }
}

TEST(QueryTest, AnEnvelopeIsFoundByIdOrNotFound) {
  TestLedger ledger;
  ledger.Open();
  const auto acks =
      ledger.MustAppend({Encoded(Opening("e1")), Encoded(Opening("e10")), Encoded(Later(Stage::kAdmitted, "e1"))});
  auto view = ledger.ledger().CurrentView();
  const auto response = RunEnvelope(*view, {"e1"}, {});
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->envelope.entries.size(), 2u);
  EXPECT_TRUE(response->completeness.complete);
  EXPECT_EQ(response->completeness.tree_size, acks[2].seq + 1);
  EXPECT_EQ(RunEnvelope(*view, {"e"}, {}).status().code(), Code::kNotFound);
  EXPECT_EQ(RunEnvelope(*view, {""}, {}).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace envledger
