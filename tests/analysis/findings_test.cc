#include "ledger/analysis/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <limits>

#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Nanos kMinute = 60 * kSecond;

Resource Units(const std::string& name, std::optional<int64_t> units) {
  Resource resource;
  resource.name = name;
  if (units) resource.amount = *units * 1000;
  return resource;
}

// An envelope in the making: records ten entries apart, a second between them, recorded as they occurred.
class Case {
 public:
  Case() {
    opening_.envelope_id = "e1";
    opening_.stage = Stage::kRequested;
    opening_.identity = Identity{};
    opening_.identity->requester = User("alice");
    opening_.execution = Execution{};
    opening_.scope = Scope{};
    opening_.requested = ResourceMap{};
  }
  Transition& opening() { return opening_; }
  Record& Add(Stage stage) {
    later_.emplace_back();
    later_.back().transition.stage = stage;
    later_.back().transition.envelope_id = "e1";
    later_.back().transition.occurred_at = At(later_.size());
    later_.back().recorded_at = At(later_.size());
    return later_.back();
  }
  Record& Grant(ResourceMap resources) {
    Record& record = Add(Stage::kGranted);
    record.transition.granted = Granted{};
    record.transition.granted->resources = std::move(resources);
    return record;
  }
  static Nanos At(size_t revision) { return kTestStart + static_cast<Nanos>(revision) * kSecond; }

  std::vector<Finding> Find() const {
    std::vector<Record> records(1);
    records[0].transition = opening_;
    records[0].transition.occurred_at = At(0);
    records[0].recorded_at = At(0);
    records.insert(records.end(), later_.begin(), later_.end());
    for (size_t i = 0; i < records.size(); ++i) records[i].seq = 10 * i + 5;
    return FindingsOf(FoldEnvelope(records), records, options);
  }
  std::vector<FindingKind> Kinds() const {
    std::vector<FindingKind> kinds;
    for (const Finding& finding : Find()) kinds.push_back(finding.kind);
    return kinds;
  }
  FindingOptions options{.now = kTestStart + 3600 * kSecond, .max_skew = 5 * kMinute};

 private:
  Transition opening_;
  std::deque<Record> later_;
};

TEST(Findings, AnEnvelopeAsItShouldBeHasNone) {
  Case c;
  c.opening().requested = ResourceMap{Units("gpu", 8)};
  c.Grant({Units("gpu", 8)});
  c.Add(Stage::kStarted);
  c.Add(Stage::kCompleted);
  EXPECT_THAT(c.Find(), IsEmpty());
}

TEST(Findings, AWidenedGrantNamesTheAmountsAndTheEntries) {
  Case c;
  c.opening().requested = ResourceMap{Units("gpu", 8), Units("cpu", 4)};
  c.Grant({Units("gpu", 16), Units("cpu", 4), Units("disk", 1)});
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kWidenedGrant);
  EXPECT_EQ(found[0].severity, Severity::kWarning);
  EXPECT_EQ(found[0].envelope_id, "e1");
  EXPECT_THAT(found[0].seqs, ElementsAre(5, 15));
  EXPECT_EQ(found[0].when, Case::At(1));
  EXPECT_EQ(found[0].who, User("alice"));
  EXPECT_EQ(found[0].text, "granted more than requested: gpu 16 for 8; not requested: disk 1");
}

TEST(Findings, WhatWasNotRequestedAtAllIsANotice) {
  Case c;
  c.opening().requested = ResourceMap{Units("cpu", 4)};
  c.Grant({Units("cpu", 4), Units("disk", 1), Units("gpu", 0)});
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::kNotice);
  EXPECT_EQ(found[0].text, "granted resources that were not requested: disk 1") << "a grant of nothing widens nothing";
}

TEST(Findings, ARequestThatStatesNoResourcesIsNotWidened) {
  Case c;
  c.Grant({Units("gpu", 16)});
  EXPECT_THAT(c.Find(), IsEmpty());
}

TEST(Findings, EveryGrantIsJudgedAndWhatItRepeatsIsNoNews) {
  Case c;
  c.opening().requested = ResourceMap{Units("gpu", 8)};
  c.Grant({Units("gpu", 16)});
  c.Grant({Units("gpu", 16)});
  c.Grant({Units("gpu", 8)});
  c.Grant({Units("gpu", 32)});
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].seqs, ElementsAre(5, 15));
  EXPECT_THAT(found[1].seqs, ElementsAre(5, 45));
}

TEST(Findings, GrantedScopesThatWereNotRequested) {
  Case c;
  c.opening().scope->requested_scopes = {"read"};
  c.Grant({}).transition.granted->scopes = {"read", "write", "write"};
  c.Grant({}).transition.granted->scopes = {"write", "admin"};
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, FindingKind::kScopeNotRequested);
  EXPECT_EQ(found[0].severity, Severity::kWarning);
  EXPECT_EQ(found[0].text, "granted \"write\"; the request asked for \"read\"");
  EXPECT_EQ(found[1].text, "granted \"admin\"; the request asked for \"read\"");
  Case none;
  none.Grant({}).transition.granted->scopes = {"read"};
  ASSERT_EQ(none.Find().size(), 1u);
  EXPECT_EQ(none.Find()[0].severity, Severity::kNotice);
}

TEST(Findings, NarrowedOrWithheldNeedsAReasonSomewhere) {
  const auto narrowed = [](const std::function<void(Case&, Record&)>& explain) {
    Case c;
    c.opening().requested = ResourceMap{Units("gpu", 8), Units("cpu", 4)};
    Record& grant = c.Grant({Units("gpu", 4), Units("cpu", 0)});
    explain(c, grant);
    return c.Find();
  };
  const auto found = narrowed([](Case&, Record&) {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kUnexplainedNarrowing);
  EXPECT_EQ(found[0].text, "granted less than requested, without a reason: cpu 0 for 4, gpu 4 for 8");
  EXPECT_THAT(narrowed([](Case&, Record& grant) { grant.transition.granted->reason = "quota"; }), IsEmpty());
  EXPECT_THAT(narrowed([](Case&, Record& grant) { grant.transition.reason = "quota"; }), IsEmpty());
  EXPECT_THAT(narrowed([](Case&, Record& grant) {
                grant.transition.decision = Decision{};
                grant.transition.decision->reasons = {"quota"};
              }),
              IsEmpty());
}

TEST(Findings, TheReasonOfTheDecisionBeforeTheGrantExplainsIt) {
  for (const bool with_reason : {true, false}) {
    Case c;
    c.opening().requested = ResourceMap{Units("gpu", 8)};
    Decision& decision = c.Add(Stage::kAdmitted).transition.decision.emplace();
    decision.effect = Effect::kNarrow;
    if (with_reason) decision.reasons = {"quota"};
    c.Grant({Units("gpu", 4)});
    EXPECT_EQ(c.Find().size(), with_reason ? 0u : 1u);
  }
}

TEST(Findings, SelfApprovalIsByTheWholeTripleAndNotACancellation) {
  const auto decided = [](Stage stage, Effect effect, const Principal& decider) {
    Case c;
    c.opening().identity->subject = User("dana");
    Decision& decision = c.Add(stage).transition.decision.emplace();
    decision.effect = effect;
    decision.decider = decider;
    return c.Find();
  };
  auto found = decided(Stage::kAdmitted, Effect::kAllow, User("alice"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kSelfApproval);
  EXPECT_EQ(found[0].severity, Severity::kAlert);
  EXPECT_THAT(found[0].seqs, ElementsAre(5, 15));
  EXPECT_THAT(found[0].text, HasSubstr("of its own"));
  found = decided(Stage::kGranted, Effect::kNarrow, User("dana"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].who, User("dana"));
  Principal other = User("alice");
  other.issuer = "another";
  EXPECT_THAT(decided(Stage::kAdmitted, Effect::kAllow, other), IsEmpty());
  other = User("alice");
  other.kind = PrincipalKind::kAgent;
  EXPECT_THAT(decided(Stage::kAdmitted, Effect::kAllow, other), IsEmpty());
  EXPECT_THAT(decided(Stage::kCancelled, Effect::kAllow, User("alice")), IsEmpty());
  EXPECT_THAT(decided(Stage::kRevoked, Effect::kUnspecified, User("alice")), IsEmpty());
  EXPECT_THAT(decided(Stage::kDenied, Effect::kDeny, User("alice")), IsEmpty());
}

TEST(Findings, AnonymousApprovesNobody) {
  Case c;
  const Principal anonymous{PrincipalKind::kAnonymous, "i", "anonymous"};
  c.opening().identity->requester = anonymous;
  Decision& decision = c.Add(Stage::kAdmitted).transition.decision.emplace();
  decision.effect = Effect::kAllow;
  decision.decider = anonymous;
  EXPECT_THAT(c.Find(), IsEmpty());
}

DelegationHop Hop(const std::string& id, std::vector<std::string> scopes, std::optional<Nanos> expires = {},
                  const std::string& delegation_id = "", const std::string& parent_id = "") {
  DelegationHop hop;
  hop.actor = User(id);
  hop.scopes = std::move(scopes);
  hop.expires_at = expires;
  hop.delegation_id = delegation_id;
  hop.parent_id = parent_id;
  return hop;
}

TEST(Findings, AHopThatWidensItsParentsScopes) {
  Case c;
  c.opening().identity->delegation = {Hop("a", {"read", "write"}), Hop("b", {}), Hop("c", {"read", "admin"})};
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kDelegationWidened);
  EXPECT_EQ(found[0].who, User("c"));
  EXPECT_THAT(found[0].text, HasSubstr("hop 3"));
  EXPECT_THAT(found[0].text, HasSubstr("\"admin\""));
  EXPECT_THAT(found[0].text, HasSubstr("user:a@")) << "b states no scopes: it has those of a";
}

TEST(Findings, AParentIsTheHopThatIsNamedElseTheOneBefore) {
  Case c;
  c.opening().identity->delegation = {Hop("a", {"read", "write"}, {}, "d1"), Hop("b", {"read"}, {}, "d2", "d1"),
                                      Hop("c", {"write"}, {}, "d3", "d1")};
  EXPECT_THAT(c.Find(), IsEmpty());
  c.opening().identity->delegation[2].parent_id = "d2";
  EXPECT_THAT(c.Kinds(), ElementsAre(FindingKind::kDelegationWidened));
  c.opening().identity->delegation[2].parent_id = "elsewhere";
  EXPECT_THAT(c.Kinds(), ElementsAre(FindingKind::kDelegationWidened));
  c.opening().identity->delegation[2].parent_id = "d3";  // itself
  EXPECT_THAT(c.Kinds(), ElementsAre(FindingKind::kDelegationWidened));
}

// As many as a record may have, each with a parent that is not among them: all have the scopes of the first.
TEST(Findings, AChainOfThousandsOfHopsIsJudged) {
  Case c;
  std::vector<DelegationHop>& hops = c.opening().identity->delegation;
  hops.push_back(Hop("a", {"read"}, kTestStart + kMinute));
  for (int i = 1; i < 4096; ++i) hops.push_back(Hop("b", {}, {}, "d", "elsewhere"));
  EXPECT_THAT(c.Find(), IsEmpty());
  hops.back().scopes = {"write"};
  hops.back().expires_at = kTestStart + 2 * kMinute;
  EXPECT_THAT(c.Kinds(), ElementsAre(FindingKind::kDelegationWidened, FindingKind::kDelegationOutlived));
}

TEST(Findings, AHopThatOutlivesItsParent) {
  Case c;
  c.opening().identity->delegation = {Hop("a", {}, kTestStart + kMinute), Hop("b", {}),
                                      Hop("c", {}, kTestStart + 3 * kMinute)};
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kDelegationOutlived);
  EXPECT_THAT(found[0].text, HasSubstr("2m 0s after user:a@"));
  c.opening().identity->delegation[2].expires_at = kTestStart + kMinute;
  EXPECT_THAT(c.Find(), IsEmpty());
}

TEST(Findings, OpenPastItsDeadlineAsOfNow) {
  Case c;
  c.opening().execution->deadline = kTestStart + kMinute;
  EXPECT_THAT(c.Kinds(), ElementsAre(FindingKind::kOpenPastDeadline));
  c.options.now = kTestStart + kMinute;
  EXPECT_THAT(c.Find(), IsEmpty());
  c.options.now = kTestStart + 2 * kMinute;
  c.Add(Stage::kFailed);
  EXPECT_THAT(c.Find(), IsEmpty());
}

TEST(Findings, OccurredFarFromRecordedInEitherDirection) {
  Case c;
  c.Add(Stage::kAdmitted).recorded_at += 5 * kMinute;
  EXPECT_THAT(c.Find(), IsEmpty());
  c.Add(Stage::kGranted).recorded_at += 6 * kMinute;
  c.Add(Stage::kStarted).recorded_at -= 7 * kMinute;
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kOccurredFarFromRecorded);
  EXPECT_THAT(found[0].seqs, ElementsAre(25, 35));
  EXPECT_EQ(found[0].text,
            "2 records of 4; the worst, entry 35, was recorded 7m 0s before it is said to have occurred");
}

TEST(Findings, StartedWhenTheGrantInForceHadExpired) {
  Case c;
  c.Grant({}).transition.granted->expires_at = Case::At(2);
  c.Add(Stage::kStarted);
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kStartedAfterLease);
  EXPECT_THAT(found[0].seqs, ElementsAre(15, 25));
  Case renewed;
  renewed.Grant({}).transition.granted->expires_at = Case::At(2);
  renewed.Grant({}).transition.granted->expires_at = Case::At(100);
  renewed.Add(Stage::kStarted);
  EXPECT_THAT(renewed.Find(), IsEmpty());
}

TEST(Findings, OccurredBackwardsNamesBothEntries) {
  Case c;
  c.Add(Stage::kAdmitted);
  c.Add(Stage::kGranted).transition.granted = Granted{};
  Record& back = c.Add(Stage::kStarted);
  back.transition.occurred_at = Case::At(1);
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kOccurredBackwards);
  EXPECT_THAT(found[0].seqs, ElementsAre(25, 35));
  EXPECT_EQ(found[0].text, "1 record occurred before an earlier one, by up to 1.0s");
}

TEST(Findings, RecordsByAnotherProducerThanTheOpener) {
  Case c;
  c.Add(Stage::kAdmitted).recorder = {77, 77, 1, ""};  // another uid of the same name
  c.Add(Stage::kGranted).transition.granted = Granted{};
  EXPECT_TRUE(c.Find().empty());
  c.Add(Stage::kStarted).recorder = {88, 88, 1, "runner"};
  c.Add(Stage::kCompleted).recorder = {88, 88, 2, "runner"};
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, FindingKind::kCrossProducer);
  EXPECT_EQ(found[0].seqs.size(), 2u);
  EXPECT_THAT(found[0].text, HasSubstr("2 records of 5 by other producers, first runner (uid 88); the envelope was "));
}

TEST(Findings, AProducersFirstRecordWhateverTheOrder) {
  LedgerFindings ledger;
  std::vector<Record> records(3);
  for (size_t i = 0; i < 3; ++i) {
    records[i].seq = 30 - 10 * i;
    records[i].recorder.producer = i == 1 ? "batch" : "gateway";
    records[i].transition.envelope_id = "e" + std::to_string(i);
  }
  for (int twice = 0; twice < 2; ++twice) {
    for (const Record& record : records) ledger.AddRecord(record);
  }
  ASSERT_EQ(ledger.recorders().size(), 2u);
  const Finding gateway = LedgerFindings::NewRecorder(ledger.recorders().at("gateway"));
  EXPECT_THAT(gateway.seqs, ElementsAre(10));
  EXPECT_THAT(gateway.text, HasSubstr("producer gateway"));
  EXPECT_THAT(gateway.text, HasSubstr("envelope e2"));
  EXPECT_THAT(LedgerFindings::NewRecorder(ledger.recorders().at("batch")).seqs, ElementsAre(20));
}

// The recorded time of an entry may be any number, because only the verifier compares it with that of the entry before.
TEST(Findings, TheDistanceOfTimesDoesNotOverflow) {
  Case c;
  c.Add(Stage::kAdmitted).recorded_at = std::numeric_limits<Nanos>::min();
  const auto found = c.Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].text, HasSubstr("was recorded 106751d 23h before"));
  const std::string step(*EntryBuilder().Build({}, ClockStepped{std::numeric_limits<Nanos>::max(), -kMinute}));
  EXPECT_THAT((*LedgerFindings::ClockStep(step))->text, HasSubstr("by -106751d 23h"));
}

TEST(Findings, AClockStepIsOneAndOtherEventsAreNone) {
  EntryBuilder builder;
  EntryHeader header;
  header.seq = 7;
  header.recorded_at = kTestStart + kMinute;
  const std::string step(*builder.Build(header, ClockStepped{kTestStart + kMinute, kTestStart}));
  const auto found = LedgerFindings::ClockStep(step);
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->kind, FindingKind::kClockStep);
  EXPECT_THAT((*found)->seqs, ElementsAre(7));
  EXPECT_THAT((*found)->text, HasSubstr("by -1m 0s"));
  const std::string closed(*builder.Build(header, Closed{"SIGTERM"}));
  EXPECT_EQ(*LedgerFindings::ClockStep(closed), std::nullopt);
  EXPECT_EQ(LedgerFindings::ClockStep("garbage").status().code(), Code::kCorruption);
}

// Findings are as large as what producers write, and wait to be put in order. So they do not all wait.
TEST(Findings, OfAnEnvelopeOfVeryManyComeInRunsOfWhichEachIsInOrder) {
  const std::string scope(10'000, 's');
  std::vector<Record> records(1001);
  records[0].transition.stage = Stage::kRequested;
  for (uint64_t i = 0; i <= 1000; ++i) {
    Transition& transition = records[i].transition;
    records[i].seq = i;
    records[i].recorded_at = kTestStart;
    transition.occurred_at = kTestStart - static_cast<Nanos>(i);
    if (i == 0) continue;
    transition.stage = Stage::kGranted;
    transition.granted.emplace().scopes = {scope + std::to_string(i)};
  }
  const Envelope envelope = FoldEnvelope(records);
  std::vector<std::pair<FindingKind, uint64_t>> taken;
  EnvelopeFindings findings(envelope, {},
                            [&](const Finding& finding) { taken.emplace_back(finding.kind, finding.seqs.back()); });
  size_t most_waiting = 0;
  uint64_t runs = 0;
  for (const Record& record : records) {
    const size_t before = taken.size();
    findings.Add(record);
    if (taken.size() > before) ++runs;
    most_waiting = std::max(most_waiting, static_cast<size_t>(record.seq) - taken.size());
  }
  EXPECT_LE(most_waiting * scope.size(), EnvelopeFindings::kMaxWaitingBytes + 2 * scope.size());
  EXPECT_GE(runs, 2u);
  findings.Finish();
  ASSERT_EQ(taken.size(), 1001u) << "one of each grant, and one of the order";
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(taken[i], std::pair(FindingKind::kScopeNotRequested, i + 1));
  }
  EXPECT_EQ(taken.back().first, FindingKind::kOccurredBackwards);
}

TEST(Findings, EveryKindHasANameOfItsOwnAndAnExplanation) {
  for (int i = 0; i < kFindingKindCount; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    EXPECT_EQ(ParseFindingKind(Name(kind)), kind);
    EXPECT_FALSE(ExplanationOf(kind).empty());
  }
  EXPECT_EQ(ParseFindingKind("widened"), std::nullopt);
}

}  // namespace
}  // namespace envledger
