// Proofs of answers while the ledger does not stand still: entries come between the pages of an answer and while it is
// proven, and the signing key changes in the middle. An honest ledger is proven whatever happens; a lie is caught all
// the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/query/stored_reader.h"
#include "ledger/service/rotation.h"
#include "tests/evidence/asking.h"
#include "tests/support/chain_builder.h"
#include "tests/support/day.h"
#include "tests/support/growing_ledger.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using day::Completed;
using day::GrantedGpus;
using day::kMorning;
using day::Requested;
using ::testing::HasSubstr;

class AnswerProofGrowth : public ::testing::Test {
 protected:
  Proven Ask(const QueryRequest& request, uint64_t limit, const std::function<void()>& grow,
             const std::function<void(QueryResponse&)>& spoil = {}) {
    Growing growing(ledger_, grow, spoil);
    return ProveQuery(growing, TrustKeyOrLater(TestVerifierKey()), request, limit);
  }
  void Append(const Transition& transition) { ledger_.MustAppend({Encoded(transition)}); }

  TestLedger ledger_;
};

struct Question {
  QueryRequest request;
  uint64_t limit = 0;
};

Question AQuestion(RandomTraffic& random) {
  Question question;
  QueryRequest& request = question.request;
  request.principal = PrincipalFilter{};
  request.principal->id = random.APrincipal().id;
  if (random.Below(4) == 0) request.principal->issuer = "idp.example";
  if (random.Below(4) == 0) request.principal->roles = random.Below(2) == 0 ? kDecider : kRequester | kSubject;
  if (random.Below(4) == 0) request.tenant = random.ATenant();
  if (random.Below(4) == 0) request.open = true;
  if (random.Below(6) == 0) request.narrowed = true;
  if (random.Below(6) == 0) {
    request.stages = random.Below(2) == 0 ? std::vector{Stage::kRequested, Stage::kAdmitted}
                                          : std::vector{Stage::kGranted, Stage::kStarted};
  }
  if (random.Below(2) == 0) request.descending = true;
  question.limit = random.Below(2) == 0 ? 1 + random.Below(8) : 100;
  return question;
}

TEST_F(AnswerProofGrowth, AnHonestLedgerIsProvenWhateverIsAppendedMeanwhile) {
  ledger_.Open();
  RandomTraffic traffic(1);
  for (int i = 0; i < 60; ++i) Append(traffic.Next());
  RandomTraffic random(2);
  uint64_t proven = 0;
  uint64_t grown = 0;
  uint64_t cut = 0;
  for (int i = 0; i < 120; ++i) {
    const Question question = AQuestion(random);
    SCOPED_TRACE(std::to_string(i) + ": " + question.request.principal->id);
    const unsigned every = 1 + random.Below(4);
    int left = 8;
    const auto grow = [&] {
      if (random.Below(every) != 0 || left == 0) return;
      --left;
      Append(traffic.Next());
    };
    const Proven asked = Ask(question.request, question.limit, grow);
    ASSERT_TRUE(asked.holds) << asked.failure;
    proven += asked.proven["envelopes"].get<uint64_t>();
    for (const EnvelopeRecords& records : asked.answer) {
      grown += CheckEntry(records.entries.back())->header.seq >= asked.coverage.tree_size() ? 1 : 0;
    }
    cut += asked.coverage.next_cursor().empty() ? 0 : 1;
  }
  EXPECT_GT(proven, 500u);
  EXPECT_GT(grown, 10u) << "or else nothing came while pages did";
  EXPECT_GT(cut, 20u);
}

// An envelope of alice that was there from the beginning, and passes the filters all the time, is left out.
TEST_F(AnswerProofGrowth, AnEnvelopeLeftOutIsCaughtAllTheSame) {
  ledger_.Open();
  int opened = 0;
  int left = 7;
  const auto open = [&] {
    if (left-- > 0) Append(Requested("env-" + std::to_string(opened++), User("alice"), kMorning));
  };
  for (int i = 0; i < 7; ++i) open();
  for (const bool descending : {false, true}) {
    for (int hidden = 0; hidden < 7; ++hidden) {
      SCOPED_TRACE(std::to_string(descending) + " " + std::to_string(hidden));
      const std::string id = "env-" + std::to_string(hidden);
      left = 3;
      const auto hide = [&](QueryResponse& answer) {
        std::erase_if(answer.envelopes, [&](const EnvelopeRecords& records) { return records.envelope_id == id; });
      };
      QueryRequest request = AboutUser("alice");
      request.descending = descending;
      const Proven asked = Ask(request, 0, open, hide);
      EXPECT_FALSE(asked.holds);
      EXPECT_THAT(asked.failure, HasSubstr(id + ":"));
    }
  }
}

// alice decides on what the answer has shown already, and asks for more: her link in an envelope whose page had come is
// none of what the answer must hold.
TEST_F(AnswerProofGrowth, AnAnswerCutAtAnEnvelopeThatCameLaterIsProvenForTheTreeOfItsFirstPage) {
  ledger_.Open();
  for (int i = 0; i < 3; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  int calls = 0;
  const auto grow = [&] {
    // The first page is answered, then this comes.
    if (++calls != 2) return;
    Append(GrantedGpus("env-0", "4"));
    Transition cancelled = Later(Stage::kCancelled, "env-0");
    cancelled.decision->decider = User("alice");
    Append(cancelled);
    for (int i = 3; i < 7; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  };
  const Proven asked = Ask(AboutUser("alice"), 5, grow);
  ASSERT_TRUE(asked.holds) << asked.failure;
  ASSERT_EQ(asked.answer.size(), 5u);
  EXPECT_FALSE(asked.coverage.next_cursor().empty());
  EXPECT_GE(CheckEntry(asked.answer[4].entries.front())->header.seq, asked.coverage.tree_size()) << "it came later";
}

class AnswerProofRotation : public AnswerProofGrowth {
 protected:
  // alice asks under the first key, and again under the second, which is then in force.
  void SetUp() override {
    ledger_.Open();
    Append(Requested("env-old", User("alice"), kMorning));
    Append(GrantedGpus("env-old", "4"));
    ledger_.Close();
    PendingRotation pending;
    pending.note = RotationNote(kTestOrigin, MakeRotation(kTestOrigin, TestKey(1), TestKey(2)));
    pending.previous = TestKey(1);
    const Status opened = ledger_.TryOpen(2, &pending);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    Append(Requested("env-new", User("alice"), kMorning + 1));
    Append(Completed("env-old"));
  }
  std::unique_ptr<LedgerReader> Reader(bool offline) {
    if (offline) return *OpenStored(ledger_.data_dir());
    return std::make_unique<Growing>(ledger_, std::function<void()>(), std::function<void(QueryResponse&)>());
  }
};

TEST_F(AnswerProofRotation, TheOldKeyAndTheNewOneBothProveAnAnswerFromBothSidesOfTheRotation) {
  for (const bool offline : {false, true}) {
    if (offline) ledger_.Close();
    for (const char key : {1, 2}) {
      SCOPED_TRACE(std::to_string(key) + (offline ? " offline" : ""));
      const TrustPolicy policy = TrustKeyOrLater(TestVerifierKey(key));
      const Proven asked = ProveQuery(*Reader(offline), policy, AboutUser("alice"), 0, !offline);
      ASSERT_TRUE(asked.holds) << asked.failure;
      EXPECT_EQ(asked.proven["envelopes"], 2);
      EXPECT_EQ(asked.proven["entries"], 4);
      EXPECT_EQ(asked.proven["entries_not_covered"], 0);
      EXPECT_EQ(asked.proven["key"], FormatVerifierKey(TestVerifierKey(2))) << "the key that signed the checkpoint";
      const Proven story = ProveEnvelope(*Reader(offline), policy, "env-old", !offline);
      ASSERT_TRUE(story.holds) << story.failure;
      EXPECT_EQ(story.proven["entries"], 3);
    }
  }
}

TEST_F(AnswerProofRotation, AKeyThatTheLedgerNeverHadProvesNothing) {
  const Proven asked = ProveQuery(*Reader(false), TrustKeyOrLater(TestVerifierKey(3)), AboutUser("alice"));
  EXPECT_FALSE(asked.holds);
  EXPECT_THAT(asked.failure, HasSubstr("is not one of its keys"));
}

// Whoever has stolen the key of before signs a checkpoint of a size at which that key was no longer in force.
TEST_F(AnswerProofRotation, ACheckpointByTheOldKeyOfWhatCameAfterItIsCaught) {
  class Thief : public Growing {
   public:
    using Growing::Growing;
    Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
      ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, Growing::Checkpoints(request));
      const SigningKey old = TestKey(1);
      for (std::string& note : response.notes) note = SignNote(ParseNote(note)->text, {{TestVerifierKey(1), &old}});
      return response;
    }
  };
  for (const char key : {1, 2}) {
    Thief thief(ledger_, {}, {});
    const Proven asked = ProveQuery(thief, TrustKeyOrLater(TestVerifierKey(key)), AboutUser("alice"));
    EXPECT_FALSE(asked.holds);
    EXPECT_THAT(asked.failure, HasSubstr("not signed by the key that the ledger had at that size"));
  }
}

// Whoever has stolen the key of before takes the rotation, which is public, and makes up a whole ledger of the time
// before it.
TEST(AnswerProofForgery, AStolenEarlierKeyDoesNotSpeakForTheOneGiven) {
  std::vector<Draft> drafts = Drafts({Opening("e1"), Opening("made-up"), Opening("e3")});
  drafts.push_back(DraftOf(MakeRotation(kTestOrigin, TestKey(1), TestKey(2)), drafts.back().header.recorded_at));
  Relink(drafts);
  MemoryLedger forged(Seal(drafts));
  forged.note = SignedNote({forged.entries.begin(), forged.entries.begin() + 4}, 1);
  const Proven by_new = ProveEnvelope(forged, TrustKeyOrLater(TestVerifierKey(2)), "made-up", false);
  EXPECT_FALSE(by_new.holds);
  EXPECT_THAT(by_new.failure, HasSubstr("the checkpoint is only signed by keys that came before"));
  // To who trusts the stolen key itself it is as good as any.
  EXPECT_TRUE(ProveEnvelope(forged, TrustKeyOrLater(TestVerifierKey(1)), "made-up", false).holds);
}

}  // namespace
}  // namespace envledger
