// The gate: what a reader would refuse is not sealed, and leaves nothing behind.
#include "ledger/sealing/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr char kNoText[] = "caf\xE9";

class SealerTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }
  static ErrorInfo ErrorOf(const AppendResult& result) {
    const auto* error = std::get_if<ErrorInfo>(&result);
    return error != nullptr ? *error : ErrorInfo{};
  }
  // The ledger is as whole as if what was refused had never been sent.
  void ExpectIntact() {
    EXPECT_TRUE(ledger_.ledger().Describe().healthy) << ledger_.ledger().Describe().problem;
    ledger_.Close();
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  }
  // A transition that with a long name of its producer makes an entry too large, while a small one does not.
  static std::string Large(const std::string& id) {
    Transition transition = Opening(id);
    transition.identity->groups.assign(3, std::string(16'000, 'g'));
    transition.identity->roles.assign(1, std::string(10'000, 'r'));
    return Encoded(transition);
  }

  TestLedger ledger_;
};

TEST_F(SealerTest, ARecordOfAProducerWhoseNameIsNoTextIsRefused) {
  const uint64_t before = ledger_.ledger().Describe().tree_size;
  const ErrorInfo error = ErrorOf(ledger_.Append({Encoded(Opening("e1"))}, {}, kNoText));
  EXPECT_EQ(error.status.code(), Code::kInternal) << "of the index, which is innocent, nothing is said";
  EXPECT_EQ(error.status.rule(), "recorder.producer");
  EXPECT_EQ(error.item, 0);
  EXPECT_EQ(ledger_.ledger().Describe().tree_size, before);
  ExpectIntact();
}

TEST_F(SealerTest, WhatWasPlannedForARefusedBatchIsUndone) {
  const std::vector<std::string> batch = {Encoded(Opening("e1")), Encoded(Later(Stage::kAdmitted, "e1")),
                                          Encoded(Opening("e2", User("bob")))};
  EXPECT_EQ(StatusOf(ledger_.Append(batch, {}, kNoText)).code(), Code::kInternal);
  const auto acks = ledger_.MustAppend(batch);
  ASSERT_EQ(acks.size(), 3u);
  EXPECT_EQ(acks[0].envelope_revision, 0u);
  EXPECT_EQ(acks[1].envelope_revision, 1u);
  EXPECT_FALSE(acks[0].replayed);
  ExpectIntact();  // ordinals and back-links, too
}

TEST_F(SealerTest, EntriesThatWereBuiltBeforeTheRefusedOneAreTakenBack) {
  const std::string producer(8'000, 'p');
  const std::vector<std::string> batch = {Encoded(Opening("small")), Large("large")};
  ASSERT_TRUE(StatusOf(ledger_.Append({batch[0]}, {}, producer)).ok());
  const ErrorInfo error =
      ErrorOf(ledger_.Append({Encoded(Opening("other")), batch[1], Encoded(Opening("third"))}, {}, producer));
  EXPECT_EQ(error.status.code(), Code::kInternal);
  EXPECT_THAT(error.status.message(), HasSubstr("the limit is 65535"));
  EXPECT_EQ(error.item, 1);
  const uint64_t size = ledger_.ledger().Describe().tree_size;
  const auto acks = ledger_.MustAppend({Encoded(Opening("other")), batch[1]});
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].seq, size);
  EXPECT_FALSE(acks[0].replayed);
  ExpectIntact();
}

TEST_F(SealerTest, AClockBeyondTheEndOfTimeIsRefusedAndIsNotLaterTimes) {
  const Nanos before = ledger_.clock.Now();
  ledger_.clock.Set(kEndOfTime);
  const Status refused = StatusOf(ledger_.Append({Encoded(Opening("e1"))}));
  EXPECT_EQ(refused.code(), Code::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr("the clock shows 2262-04-11T23:47:15Z or later"));
  ledger_.clock.Set(before);
  ledger_.MustAppend({Encoded(Opening("e1"))});
  EXPECT_EQ(ledger_.ledger().Describe().last_recorded_at, before);
  ExpectIntact();
}

TEST_F(SealerTest, AnEventThatIsNoneIsRefusedAndTheNextOneSealed) {
  std::promise<Status> refused;
  ledger_.ledger().Seal(Opened{kNoText, 1, true}, [&](AppendResult result) { refused.set_value(StatusOf(result)); });
  EXPECT_EQ(refused.get_future().get().code(), Code::kInternal);
  std::promise<Status> sealed;
  ledger_.ledger().Seal(Opened{"1.2", 1, true}, [&](AppendResult result) { sealed.set_value(StatusOf(result)); });
  EXPECT_TRUE(sealed.get_future().get().ok());
  ExpectIntact();
}

// Groups hold what came before the refused request and what came after it.
TEST_F(SealerTest, OnlyTheRefusedRequestIsLeftOutOfItsGroup) {
  ledger_.Close();
  FaultEnv fault;
  ledger_.options.log.env = fault.env();
  ledger_.Open();
  fault.Hold();
  auto first = ledger_.Submit({Encoded(Opening("first"))});
  fault.WaitUntilHeld();
  std::vector<std::future<AppendResult>> good;
  std::vector<std::future<AppendResult>> bad;
  for (int i = 0; i < 5; ++i) {  // all of the next group
    const std::string id = "e" + std::to_string(i);
    good.push_back(ledger_.Submit({Encoded(Opening(id)), Encoded(Later(Stage::kAdmitted, id))}));
    bad.push_back(ledger_.Submit({Encoded(Grant(id, {Amount("gpu", 1000)})), Encoded(Opening("b" + id))}, {}, kNoText));
  }
  fault.Release();
  EXPECT_TRUE(StatusOf(first.get()).ok());
  uint64_t next = 0;
  for (auto& result : good) {
    const AppendResult answer = result.get();
    ASSERT_TRUE(StatusOf(answer).ok());
    const auto& acks = std::get<AppendResponse>(answer).acknowledgments;
    EXPECT_TRUE(next == 0 || acks[0].seq == next) << "no seq is left out";
    next = acks[1].seq + 1;
  }
  for (auto& result : bad) EXPECT_EQ(StatusOf(result.get()).code(), Code::kInternal);
  ExpectIntact();
}

}  // namespace
}  // namespace envledger
