// What producers are told: acknowledgments, replays, conflicts, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/chain/lifecycle.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/envelope.h"
#include "ledger/store/layout.h"
#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using Expected = std::vector<std::optional<uint64_t>>;

class AppendTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }
  // Whatever a test did, the ledger must verify in the end.
  void TearDown() override {
    if (ledger_.is_open()) ledger_.Close();
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  }
  const ErrorInfo& ErrorOf(const AppendResult& result) {
    static const ErrorInfo kNone;
    const auto* error = std::get_if<ErrorInfo>(&result);
    EXPECT_NE(error, nullptr) << "it was accepted";
    return error != nullptr ? *error : kNone;
  }
  uint64_t size() { return ledger_.ledger().Describe().tree_size; }
  template <typename T>
  std::vector<T> Events() {
    std::vector<T> found;
    for (const std::string& bytes : TestLedger::Entries(ledger_.data_dir())) {
      const auto entry = CheckEntry(bytes);
      if (entry->event && std::holds_alternative<T>(*entry->event)) found.push_back(std::get<T>(*entry->event));
    }
    return found;
  }

  TestLedger ledger_;
  const std::string opening_ = Encoded(Opening("e1"));
  const std::string admitted_ = Encoded(Later(Stage::kAdmitted, "e1"));
};

TEST_F(AppendTest, AnAcknowledgmentSaysWhatIsStored) {
  ledger_.clock.Advance(5 * kSecond);
  const auto acks = ledger_.MustAppend({opening_, admitted_});
  ASSERT_EQ(acks.size(), 2u);
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  ASSERT_EQ(entries.size(), 4u) << "genesis, opened, and the two";
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(acks[i].seq, 2 + i);
    EXPECT_EQ(acks[i].leaf_hash, LeafHash(entries[2 + i]));
    EXPECT_EQ(acks[i].envelope_revision, i);
    EXPECT_EQ(acks[i].recorded_at, kTestStart + 5 * kSecond);
    EXPECT_FALSE(acks[i].replayed);
  }
  const auto entry = CheckEntry(entries[2]);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->transition, opening_) << "the producer's bytes are kept verbatim";
  EXPECT_EQ(entry->header.recorder, (Recorder{1001, 1001, 43, "gateway"}));
}

TEST_F(AppendTest, WhatWasAcknowledgedSurvivesAKill) {
  ledger_.MustAppend({opening_});
  const std::string copy = ledger_.Copy();  // while it runs: nothing was closed or flushed
  ledger_.Kill();
  ledger_.Restore(copy);
  EXPECT_EQ(TestLedger::Entries(copy).size(), 3u);
}

TEST_F(AppendTest, AReplayIsAnsweredWithTheFirstAcknowledgment) {
  const auto first = ledger_.MustAppend({opening_, admitted_});
  ledger_.clock.Advance(kSecond);
  auto again = ledger_.MustAppend({admitted_});
  EXPECT_TRUE(again[0].replayed);
  again[0].replayed = false;
  EXPECT_EQ(again[0], first[1]);
  EXPECT_EQ(size(), 4u);
}

TEST_F(AppendTest, AReplayWithinOneBatchIsSealedOnce) {
  const auto acks = ledger_.MustAppend({opening_, admitted_, opening_, admitted_});
  ASSERT_EQ(acks.size(), 4u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_FALSE(acks[i].replayed);
    EXPECT_TRUE(acks[i + 2].replayed);
    EXPECT_EQ(acks[i].seq, acks[i + 2].seq);
    EXPECT_EQ(acks[i].leaf_hash, acks[i + 2].leaf_hash);
  }
  EXPECT_EQ(size(), 4u);
}

TEST_F(AppendTest, AReplayIsRecognisedAfterReopening) {
  const auto first = ledger_.MustAppend({opening_, admitted_});
  ledger_.Close();
  ledger_.Open();
  const auto again = ledger_.MustAppend({opening_, admitted_, Encoded(Grant("e1"))});
  EXPECT_TRUE(again[0].replayed && again[1].replayed);
  EXPECT_EQ(again[0].leaf_hash, first[0].leaf_hash);
  EXPECT_EQ(again[0].recorded_at, first[0].recorded_at);
  EXPECT_EQ(again[1].seq, first[1].seq);
  EXPECT_FALSE(again[2].replayed);
  EXPECT_EQ(again[2].envelope_revision, 2u);
}

TEST_F(AppendTest, AnExpectedRevisionThatIsDueIsAccepted) {
  EXPECT_TRUE(StatusOf(ledger_.Append({opening_}, Expected{0})).ok());
  EXPECT_TRUE(StatusOf(ledger_.Append({admitted_}, Expected{1})).ok());
}

TEST_F(AppendTest, TheSameBytesAtATakenRevisionAreAReplay) {
  ledger_.MustAppend({opening_, admitted_});
  const auto again = ledger_.Append({opening_, admitted_}, Expected{0, 1});
  ASSERT_TRUE(StatusOf(again).ok()) << StatusOf(again).ToString();
  EXPECT_TRUE(std::get<AppendResponse>(again).acknowledgments[1].replayed);
}

TEST_F(AppendTest, OtherBytesAtATakenRevisionAreAConflict) {
  ledger_.MustAppend({opening_, admitted_});
  const auto result = ledger_.Append({Encoded(Later(Stage::kAnnotated, "e1"))}, Expected{1});
  const ErrorInfo& error = ErrorOf(result);
  EXPECT_EQ(error.status.code(), Code::kConflict);
  EXPECT_EQ(error.status.rule(), kRuleExpectedRevision);
  EXPECT_EQ(error.item, 0);
  EXPECT_EQ(error.stage, Stage::kAdmitted);
  EXPECT_EQ(error.revision, 1u);
}

TEST_F(AppendTest, ARevisionAheadOfTheEnvelopeIsAConflict) {
  ledger_.MustAppend({opening_});
  const auto result = ledger_.Append({admitted_}, Expected{2});
  EXPECT_EQ(ErrorOf(result).status.rule(), kRuleExpectedRevision);
  EXPECT_EQ(ErrorOf(result).revision, 0u);
  EXPECT_EQ(ErrorOf(ledger_.Append({Encoded(Opening("e2"))}, Expected{1})).revision, std::nullopt)
      << "an envelope without records has no revision";
}

TEST_F(AppendTest, BytesRepeatedAtTheDueRevisionAreANewRecord) {
  const std::string note = Encoded(Later(Stage::kAnnotated, "e1"));
  ledger_.MustAppend({opening_, note});
  const auto result = ledger_.Append({note}, Expected{2});
  ASSERT_TRUE(StatusOf(result).ok());
  EXPECT_FALSE(std::get<AppendResponse>(result).acknowledgments[0].replayed);
}

TEST_F(AppendTest, ALifecycleRefusalNamesTheRuleTheItemAndWhereTheEnvelopeStands) {
  ledger_.MustAppend({opening_});
  const auto expect = [&](const std::vector<std::string>& batch, std::string_view rule, int32_t item) {
    const auto result = ledger_.Append(batch);
    EXPECT_EQ(ErrorOf(result).status.code(), Code::kConflict);
    EXPECT_EQ(ErrorOf(result).status.rule(), rule);
    EXPECT_EQ(ErrorOf(result).item, item);
  };
  Transition again = Opening("e1");
  again.occurred_at = kTestStart + 1;
  Transition unbound = Opening("e9");
  unbound.scope->binding = ScopeBinding::kFailed;
  expect({Encoded(Grant("e1"))}, kRuleGrantNeedsAllow, 0);
  expect({Encoded(again)}, kRuleRequestedOnce, 0);
  expect({Encoded(Later(Stage::kStarted, "e1"))}, kRuleLegalMove, 0);
  expect({Encoded(Later(Stage::kAdmitted, "nobody"))}, kRuleFirstIsRequested, 0);
  expect({Encoded(unbound), Encoded(Later(Stage::kAdmitted, "e9"))}, kRuleBindingFailed, 1);
  ledger_.MustAppend({Encoded(Later(Stage::kDenied, "e1"))});
  expect({admitted_}, kRuleTerminalAbsorbs, 0);
  EXPECT_EQ(size(), 4u) << "nothing of a refused append is stored";
}

TEST_F(AppendTest, ARefusedBatchLeavesNothingNotEvenAnOrdinal) {
  ledger_.MustAppend({opening_});
  Transition other = Opening("e2", User("bob"));
  other.identity->subject = User("alice");
  Transition decided = Later(Stage::kAdmitted, "e1");
  decided.decision->decider = User("bob");
  const auto refused = ledger_.Append(
      {Encoded(other), Encoded(decided), Encoded(Opening("e3", User("carol"))), Encoded(Later(Stage::kStarted, "e2"))});
  EXPECT_EQ(ErrorOf(refused).item, 3);
  EXPECT_EQ(ErrorOf(refused).stage, Stage::kRequested);
  EXPECT_EQ(size(), 3u);

  const auto acks = ledger_.MustAppend({Encoded(decided), Encoded(other), Encoded(Opening("e3", User("carol")))});
  EXPECT_EQ(acks[0].envelope_revision, 1u);
  EXPECT_EQ(acks[1].envelope_revision, 0u);
  const auto record = DecodeRecord(TestLedger::Entries(ledger_.data_dir())[acks[1].seq]);
  ASSERT_TRUE(record.ok());
  ASSERT_EQ(record->links.size(), 2u);
  EXPECT_EQ(record->links[0], (PrincipalLink{kRequester, 0, 2, acks[0].seq})) << "bob, second after the decision";
  EXPECT_EQ(record->links[1], (PrincipalLink{kSubject, 0, 2, uint64_t{2}})) << "alice, second after e1";
}

TEST_F(AppendTest, ABatchGetsConsecutiveSeqsBesideOthers) {
  std::vector<std::future<AppendResult>> results;
  for (int i = 0; i < 50; ++i) {
    const std::string id = "b" + std::to_string(i);
    results.push_back(ledger_.Submit({Encoded(Opening(id)), Encoded(Later(Stage::kAdmitted, id)), Encoded(Grant(id))}));
  }
  uint64_t next = 2;
  for (auto& result : results) {
    const AppendResult answer = result.get();
    ASSERT_TRUE(StatusOf(answer).ok());
    for (const Acknowledgment& ack : std::get<AppendResponse>(answer).acknowledgments) EXPECT_EQ(ack.seq, next++);
  }
}

TEST_F(AppendTest, AnEnvelopeHasAtMostSoManyRecords) {
  ledger_.Close();
  ledger_.options.sealer.max_envelope_records = 2;
  ledger_.Open();
  ledger_.MustAppend({opening_, admitted_});
  const auto result = ledger_.Append({Encoded(Grant("e1"))});
  EXPECT_EQ(ErrorOf(result).status.code(), Code::kResourceExhausted);
  EXPECT_EQ(ErrorOf(result).status.rule(), "max-envelope-records");
  EXPECT_TRUE(ledger_.MustAppend({admitted_})[0].replayed) << "a replay needs no room";
}

TEST_F(AppendTest, AClockThatStepsBackIsHeldAndNotedOnce) {
  ledger_.clock.Advance(100 * kSecond);
  const auto before = ledger_.MustAppend({opening_});
  ledger_.clock.Advance(-60 * kSecond);
  const auto held = ledger_.MustAppend({admitted_});
  EXPECT_EQ(held[0].recorded_at, before[0].recorded_at);
  EXPECT_EQ(held[0].seq, before[0].seq + 2) << "the event comes before it";
  EXPECT_EQ(ledger_.MustAppend({Encoded(Grant("e1"))})[0].seq, held[0].seq + 1);
  ledger_.clock.Advance(61 * kSecond);
  EXPECT_EQ(ledger_.MustAppend({Encoded(Later(Stage::kStarted, "e1"))})[0].recorded_at, kTestStart + 101 * kSecond);
  const auto events = Events<ClockStepped>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].from, kTestStart + 100 * kSecond);
  EXPECT_EQ(events[0].to, kTestStart + 40 * kSecond);
}

TEST_F(AppendTest, AClockThatWasFarAheadIsShownUntilItIsReachedAgain) {
  const Nanos before = ledger_.clock.Now();
  ledger_.clock.Set(before + 3650 * 86'400 * kSecond);
  ledger_.MustAppend({Encoded(Opening("dated-in-ten-years"))});
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
  ledger_.clock.Set(before);
  EXPECT_THAT(ledger_.ledger().Describe().problem,
              ::testing::HasSubstr("the clock is 3650d 0h behind the last record"));
  ledger_.MustAppend({Encoded(Opening("held"))});
  EXPECT_EQ(ledger_.ledger().Describe().last_recorded_at, before + 3650 * 86'400 * kSecond);
  ledger_.Close();
  ledger_.Open();
  EXPECT_FALSE(ledger_.ledger().Describe().healthy) << "a restart does not hide it";
  ledger_.clock.Set(before + 3650 * 86'400 * kSecond - 59 * kSecond);
  EXPECT_TRUE(ledger_.ledger().Describe().healthy) << ledger_.ledger().Describe().problem;
}

TEST_F(AppendTest, AClockThatStepsBackTwiceIsNotedTwice) {
  for (int i = 0; i < 2; ++i) {
    ledger_.clock.Advance(100 * kSecond);
    ledger_.MustAppend({Encoded(Opening("up" + std::to_string(i)))});
    ledger_.clock.Advance(-60 * kSecond);
    ledger_.MustAppend({Encoded(Opening("down" + std::to_string(i)))});
  }
  EXPECT_EQ(Events<ClockStepped>().size(), 2u);
}

TEST_F(AppendTest, AClockThatTremblesIsHeldWithoutNoise) {
  ledger_.clock.Advance(kSecond);
  ledger_.MustAppend({opening_});
  ledger_.clock.Advance(-kSecond / 2);
  EXPECT_EQ(ledger_.MustAppend({admitted_})[0].recorded_at, kTestStart + kSecond);
  EXPECT_TRUE(Events<ClockStepped>().empty());
}

TEST_F(AppendTest, RefusedAppendsAreCountedAndNotedInTheChain) {
  ledger_.MustAppend({opening_});
  for (int i = 0; i < 3; ++i) ledger_.Append({Encoded(Grant("e1"))}, {}, "gateway");
  ledger_.Append({Encoded(Grant("e1"))}, {}, "other");
  ledger_.ledger().CountRefusal({7, 7, 7, "scheduler"}, InvalidField("scope.id", "is missing"));
  const StatusResponse status = ledger_.ledger().Describe();
  ASSERT_EQ(status.refusals.size(), 3u);
  EXPECT_EQ(status.refusals[0].producer, "gateway");
  EXPECT_EQ(status.refusals[0].rule, "conflict (grant-needs-allow)");
  EXPECT_EQ(status.refusals[0].count, 3u);
  EXPECT_TRUE(Events<AppendsRefused>().empty()) << "not one by one";
  ledger_.Close();
  const auto events = Events<AppendsRefused>();
  ASSERT_EQ(events.size(), 1u);
  ASSERT_EQ(events[0].refusals.size(), 3u);
  EXPECT_EQ(events[0].refusals[2].producer, "scheduler");
  EXPECT_EQ(events[0].refusals[2].rule, "invalid argument (scope.id)");
}

TEST_F(AppendTest, ManyDifferentRefusalsShareABoundedNumberOfCounters) {
  for (int i = 0; i < 1000; ++i) {
    ledger_.ledger().CountRefusal({7, 7, 7, "p"}, InvalidField("field" + std::to_string(i), "x"));
  }
  EXPECT_LE(ledger_.ledger().Describe().refusals.size(), Refusals::kMaxCounters + 1);
}

TEST_F(AppendTest, AFullDiskRefusesAppendsBeforeItIsReached) {
  ledger_.Close();
  ledger_.options.min_free_bytes = UINT64_MAX;
  ledger_.Open();
  const auto result = ledger_.Append({opening_});
  EXPECT_EQ(ErrorOf(result).status.code(), Code::kUnavailable);
  EXPECT_EQ(ErrorOf(result).status.rule(), "min-free-bytes");
  EXPECT_FALSE(ledger_.ledger().Describe().healthy);
}

TEST_F(AppendTest, NothingIsTakenWhileAndAfterItCloses) {
  ASSERT_TRUE(ledger_.ledger().Close("test").ok());
  EXPECT_EQ(StatusOf(ledger_.Append({opening_})).code(), Code::kUnavailable);
  ledger_.Kill();
}

// While one group waits for its sync, the next is sealed.
class InFlightTest : public AppendTest {
 protected:
  void SetUp() override {
    ledger_.options.log.env = fault_.env();
    ledger_.Open();
  }
  void TearDown() override {
    AppendTest::TearDown();
    ledger_.options.log.env = nullptr;
  }
  FaultEnv fault_;  // goes after what TearDown closed
};

TEST_F(InFlightTest, AReplayOfARecordOnItsWayToDiskIsFound) {
  fault_.Hold();
  auto first = ledger_.Submit({opening_});
  fault_.WaitUntilHeld();
  auto again = ledger_.Submit({opening_, admitted_});
  auto third = ledger_.Submit({admitted_});  // of the group that is being sealed
  EXPECT_EQ(again.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "answered before it is durable";
  fault_.Release();
  const AppendResult one = first.get();
  const AppendResult two = again.get();
  const AppendResult three = third.get();
  ASSERT_TRUE(StatusOf(one).ok() && StatusOf(two).ok() && StatusOf(three).ok());
  const Acknowledgment& replay = std::get<AppendResponse>(two).acknowledgments[0];
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(replay.leaf_hash, std::get<AppendResponse>(one).acknowledgments[0].leaf_hash);
  EXPECT_TRUE(std::get<AppendResponse>(three).acknowledgments[0].replayed);
  EXPECT_EQ(size(), 4u);
}

TEST_F(InFlightTest, AppendsWaitInABoundedQueue) {
  ledger_.Close();
  ledger_.options.sequencer.queue_max_bytes = 2 * opening_.size();
  ledger_.options.sequencer.group_max_entries = 1;
  ledger_.Open();
  fault_.Hold();
  std::vector<std::future<AppendResult>> results;
  results.push_back(ledger_.Submit({Encoded(Opening("x0"))}));
  fault_.WaitUntilHeld();
  for (int i = 1; i < 10; ++i) results.push_back(ledger_.Submit({Encoded(Opening("x" + std::to_string(i)))}));
  int ready = 0;
  for (auto& result : results) ready += result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  EXPECT_GE(ready, 5);
  fault_.Release();
  int refused = 0;
  for (auto& result : results) {
    const Status status = StatusOf(result.get());
    if (status.ok()) continue;
    ++refused;
    EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr("full"));
  }
  EXPECT_EQ(refused, ready);
}

}  // namespace
}  // namespace envledger
