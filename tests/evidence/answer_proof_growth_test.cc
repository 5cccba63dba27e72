// --prove while the ledger does not stand still: entries come between the pages of an answer and while it is proven,
// and the signing key changes in the middle. An honest ledger is proven whatever happens; a lie is caught all the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/query/stored_reader.h"
#include "ledger/service/rotation.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/chain_builder.h"
#include "tests/support/growing_ledger.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

class ProveGrowth : public ::testing::Test {
 protected:
  int Run(std::vector<std::string> words, const std::function<void()>& grow,
          const std::function<void(QueryResponse&)>& spoil = {}) {
    World world;
    world.context.open_ledger = [&](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      return std::unique_ptr<LedgerReader>(std::make_unique<Growing>(ledger_, grow, spoil));
    };
    words.insert(words.end(), {"--prove", "--vkey", vkey_, "--format", "json"});
    const int status = world.Run(words);
    answer_ = json::parse(world.out.str(), nullptr, false);
    err_ = world.err.str();
    return status;
  }
  void Append(const Transition& transition) { ledger_.MustAppend({Encoded(transition)}); }

  const std::string vkey_ = FormatVerifierKey(TestVerifierKey());
  TestLedger ledger_;
  json answer_;
  std::string err_;
};

std::vector<std::string> AQuestion(RandomTraffic& random) {
  std::vector<std::string> words = {"query", "--principal", random.APrincipal().id};
  const auto add = [&](unsigned one_in, std::vector<std::string> more) {
    if (random.Below(one_in) == 0) words.insert(words.end(), more.begin(), more.end());
  };
  add(4, {"--issuer", "idp.example"});
  add(4, {"--role", random.Below(2) == 0 ? "decider" : "requester,subject"});
  add(4, {"--tenant", random.ATenant()});
  add(4, {"--open"});
  add(6, {"--narrowed"});
  add(6, {"--stage", random.Below(2) == 0 ? "requested,admitted" : "granted,started"});
  add(2, {"--order", "desc"});
  add(2, {"--limit", std::to_string(1 + random.Below(8))});
  return words;
}

TEST_F(ProveGrowth, AnHonestLedgerIsProvenWhateverIsAppendedMeanwhile) {
  ledger_.Open();
  RandomTraffic traffic(1);
  for (int i = 0; i < 60; ++i) Append(traffic.Next());
  RandomTraffic random(2);
  uint64_t proven = 0;
  uint64_t grown = 0;
  uint64_t cut = 0;
  for (int i = 0; i < 120; ++i) {
    const std::vector<std::string> words = AQuestion(random);
    std::string text;
    for (const std::string& word : words) text += word + " ";
    SCOPED_TRACE(std::to_string(i) + ": " + text);
    const unsigned every = 1 + random.Below(4);
    int left = 8;
    const auto grow = [&] {
      if (random.Below(every) != 0 || left == 0) return;
      --left;
      Append(traffic.Next());
    };
    const int status = Run(words, grow);
    if (status == 3) continue;  // nobody of that name yet
    ASSERT_EQ(status, 0) << err_;
    const json& completeness = answer_["completeness"];
    EXPECT_EQ(completeness["proven"]["holds"], true);
    proven += completeness["proven"]["envelopes"].get<uint64_t>();
    for (const json& envelope : answer_["envelopes"]) {
      grown += envelope["last_seq"] >= completeness["tree_size"] ? 1 : 0;
    }
    cut += completeness["next_cursor"].is_null() ? 0 : 1;
  }
  EXPECT_GT(proven, 500u);
  EXPECT_GT(grown, 10u) << "or else nothing came while pages did";
  EXPECT_GT(cut, 20u);
}

// An envelope of alice that was there from the beginning, and passes the filters all the time, is left out.
TEST_F(ProveGrowth, AnEnvelopeLeftOutIsCaughtAllTheSame) {
  ledger_.Open();
  int opened = 0;
  int left = 7;
  const auto open = [&] {
    if (left-- > 0) Append(Requested("env-" + std::to_string(opened++), User("alice"), kMorning));
  };
  for (int i = 0; i < 7; ++i) open();
  for (const char* order : {"asc", "desc"}) {
    for (int hidden = 0; hidden < 7; ++hidden) {
      SCOPED_TRACE(std::string(order) + " " + std::to_string(hidden));
      const std::string id = "env-" + std::to_string(hidden);
      left = 3;
      const auto hide = [&](QueryResponse& answer) {
        std::erase_if(answer.envelopes, [&](const EnvelopeRecords& records) { return records.envelope_id == id; });
      };
      EXPECT_EQ(Run({"query", "--principal", "alice", "--order", order, "--limit", "0"}, open, hide), 1);
      EXPECT_NE(err_.find(id + ":"), std::string::npos) << err_;
    }
  }
}

// alice decides on what the answer has shown already, and asks for more: her link in an envelope whose page had come is
// none of what the answer must hold.
TEST_F(ProveGrowth, AnAnswerCutAtAnEnvelopeThatCameLaterIsProvenForTheTreeOfItsFirstPage) {
  ledger_.Open();
  for (int i = 0; i < 3; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  int calls = 0;
  const auto grow = [&] {
    // The name is resolved, the first page is answered, then this comes.
    if (++calls != 3) return;
    Append(GrantedGpus("env-0", "4"));
    Transition cancelled = Later(Stage::kCancelled, "env-0");
    cancelled.decision->decider = User("alice");
    Append(cancelled);
    for (int i = 3; i < 7; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  };
  ASSERT_EQ(Run({"query", "--principal", "alice", "--limit", "5"}, grow), 0) << err_;
  EXPECT_EQ(answer_["envelopes"].size(), 5u);
  EXPECT_FALSE(answer_["completeness"]["next_cursor"].is_null());
  EXPECT_GE(answer_["envelopes"][4]["first_seq"], answer_["completeness"]["tree_size"]) << "it came later";
}

class ProveRotation : public ProveGrowth {
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
  int RunWith(char key, const std::vector<std::string>& words, bool offline = false) {
    World world;
    world.context.open_ledger = [&](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      if (offline) return OpenStored(ledger_.data_dir());
      return std::unique_ptr<LedgerReader>(
          std::make_unique<Growing>(ledger_, std::function<void()>(), std::function<void(QueryResponse&)>()));
    };
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--prove", "--vkey", FormatVerifierKey(TestVerifierKey(key)), "--format", "json"});
    const int status = world.Run(all);
    answer_ = json::parse(world.out.str(), nullptr, false);
    err_ = world.err.str();
    return status;
  }
};

TEST_F(ProveRotation, TheOldKeyAndTheNewOneBothProveAnAnswerFromBothSidesOfTheRotation) {
  for (const bool offline : {false, true}) {
    if (offline) ledger_.Close();
    for (const char key : {1, 2}) {
      SCOPED_TRACE(std::to_string(key) + (offline ? " offline" : ""));
      ASSERT_EQ(RunWith(key, {"query", "--principal", "alice"}, offline), 0) << err_;
      const json& proven = answer_["completeness"]["proven"];
      EXPECT_EQ(proven["holds"], true);
      EXPECT_EQ(proven["envelopes"], 2);
      EXPECT_EQ(proven["entries"], 4);
      EXPECT_EQ(proven["entries_not_covered"], 0);
      EXPECT_EQ(proven["key"], FormatVerifierKey(TestVerifierKey(2))) << "the key that signed the checkpoint";
      ASSERT_EQ(RunWith(key, {"show", "env-old"}, offline), 0) << err_;
      EXPECT_EQ(answer_["completeness"]["proven"]["entries"], 3);
    }
  }
}

TEST_F(ProveRotation, AKeyThatTheLedgerNeverHadProvesNothing) {
  EXPECT_EQ(RunWith(3, {"query", "--principal", "alice"}), 1);
  EXPECT_NE(err_.find("is none of its keys"), std::string::npos) << err_;
}

// Whoever has stolen the key of before signs a checkpoint of a size at which that key was no longer in force.
TEST_F(ProveRotation, ACheckpointByTheOldKeyOfWhatCameAfterItIsCaught) {
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
    World world;
    world.context.open_ledger = [&](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      return std::unique_ptr<LedgerReader>(
          std::make_unique<Thief>(ledger_, std::function<void()>(), std::function<void(QueryResponse&)>()));
    };
    EXPECT_EQ(
        world.Run({"query", "--principal", "alice", "--prove", "--vkey", FormatVerifierKey(TestVerifierKey(key))}), 1);
    EXPECT_NE(world.err.str().find("not signed by the key that the ledger had at its size"), std::string::npos)
        << world.err.str();
  }
}

}  // namespace
}  // namespace envledger::cli
