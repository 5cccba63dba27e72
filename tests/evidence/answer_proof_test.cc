// Answers of ledgers that lie: a real ledger, its own offline reader, and a liar between the two.
#include "ledger/evidence/answer_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/codec/transition.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/index/index_keys.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "tests/evidence/asking.h"
#include "tests/support/chain_builder.h"
#include "tests/support/day.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"

namespace envledger {
namespace {

using day::Completed;
using day::GrantedGpus;
using day::kMorning;
using day::Requested;
using ::testing::HasSubstr;
using ::testing::Test;

// Passes calls on to an honest reader, and spoils what it answers.
class Liar : public LedgerReader {
 public:
  explicit Liar(std::unique_ptr<LedgerReader> honest) : honest_(std::move(honest)) {}

  std::function<void(QueryResponse&)> spoil_query;
  std::function<void(EnvelopeResponse&)> spoil_envelope;
  std::function<void(PrincipalsResponse&)> spoil_principals;
  std::function<void(CheckpointsResponse&)> spoil_checkpoints;
  std::function<void(InclusionProofResponse&)> spoil_inclusion;

  Result<QueryResponse> Query(const QueryRequest& r) override { return Spoil(honest_->Query(r), spoil_query); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& r) override {
    return Spoil(honest_->FindEnvelope(r), spoil_envelope);
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& r) override {
    return Spoil(honest_->Principals(r), spoil_principals);
  }
  Result<EntriesResponse> Entries(const EntriesRequest& r) override { return honest_->Entries(r); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& r) override {
    CheckpointsRequest stored = r;
    stored.sign_now = false;
    return Spoil(honest_->Checkpoints(stored), spoil_checkpoints);
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& r) override {
    return Spoil(honest_->InclusionProof(r), spoil_inclusion);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& r) override {
    return honest_->ConsistencyProof(r);
  }
  Result<EventsResponse> Events(const EventsRequest& r) override { return honest_->Events(r); }
  Result<StatusResponse> Status(const StatusRequest& r) override { return honest_->Status(r); }

 private:
  template <typename T>
  static Result<T> Spoil(Result<T> answer, const std::function<void(T&)>& spoil) {
    if (answer.ok() && spoil) spoil(*answer);
    return answer;
  }
  std::unique_ptr<LedgerReader> honest_;
};

// alice asks in env-1, env-3 and env-5, and decides in env-2 after all of them were asked; bob asks in env-2 and env-4.
// env-3 is for another tenant.
class AnswerProofTest : public Test {
 protected:
  AnswerProofTest() {
    ledger_.Open();
    for (int i = 1; i <= 5; ++i) {
      Transition asked = Requested("env-" + std::to_string(i), day::User(i % 2 == 1 ? "alice" : "bob"), kMorning + i);
      if (i == 3) asked.identity->tenant = "maps";
      Append(asked);
      Append(GrantedGpus("env-" + std::to_string(i), "4"));
    }
    Transition note;
    note.envelope_id = "env-2";
    note.stage = Stage::kCancelled;
    note.occurred_at = kMorning + 50;
    note.decision = Decision{};
    note.decision->decider = day::User("alice");
    Append(note);
    Append(Completed("env-1"));
  }

  void Append(const Transition& transition) { ledger_.MustAppend({*EncodeTransition(transition)}); }

  // Closes the ledger, which signs its last checkpoint: what is stored is asked, with a liar in between.
  std::unique_ptr<Liar> Ledger(const std::function<void(Liar&)>& teach = {}) {
    if (ledger_.is_open()) ledger_.Close();
    auto honest = OpenStored(ledger_.data_dir());
    EXPECT_TRUE(honest.ok()) << honest.status().ToString();
    auto liar = std::make_unique<Liar>(*std::move(honest));
    if (teach) teach(*liar);
    return liar;
  }
  Proven Ask(const QueryRequest& request, uint64_t limit = 0, const std::function<void(Liar&)>& teach = {}) {
    return ProveQuery(*Ledger(teach), policy_, request, limit);
  }
  // Expects that the answer does not hold, and a diagnosis with these words.
  static void ExpectCaught(const Proven& proven, const std::string& words) {
    EXPECT_FALSE(proven.holds);
    EXPECT_THAT(proven.failure, HasSubstr(words));
    EXPECT_TRUE(proven.status.ok() || proven.status.code() == Code::kCorruption) << proven.status.ToString();
    if (proven.status.ok()) {
      EXPECT_EQ(proven.proven["holds"], false);
    }
  }
  void Caught(const QueryRequest& request, const std::string& words, const std::function<void(Liar&)>& teach) {
    ExpectCaught(Ask(request, 0, teach), words);
  }

  const QueryRequest alice_ = AboutUser("alice");
  TrustPolicy policy_ = TrustKeyOrLater(TestVerifierKey());
  TestLedger ledger_;
};

QueryRequest Descending(QueryRequest request) {
  request.descending = true;
  return request;
}
QueryRequest OfTenant(QueryRequest request, const std::string& tenant) {
  request.tenant = tenant;
  return request;
}

void DropEnvelope(QueryResponse& answer, const std::string& id) {
  std::erase_if(answer.envelopes, [&](const EnvelopeRecords& records) { return records.envelope_id == id; });
}

TEST_F(AnswerProofTest, AnHonestAnswerIsProvenWithTheOrdinalsOfItsPrincipal) {
  const Proven asked = Ask(alice_);
  ASSERT_TRUE(asked.holds) << asked.failure;
  EXPECT_EQ(asked.proven["holds"], true);
  EXPECT_EQ(asked.proven["envelopes"], 4);
  EXPECT_EQ(asked.proven["entries"], 10);
  EXPECT_EQ(asked.proven["entries_not_covered"], 0);
  ASSERT_EQ(asked.proven["principals"].size(), 1u);
  EXPECT_EQ(asked.proven["principals"][0]["first_ordinal"], 1);
  EXPECT_EQ(asked.proven["principals"][0]["last_ordinal"], 4);
  EXPECT_THAT(asked.proven["unproven"][0].get<std::string>(), HasSubstr("no link after ordinal 4"));
}

TEST_F(AnswerProofTest, EveryOrderLimitAndFilterOfAnHonestLedgerIsProven) {
  QueryRequest as_decider = alice_;
  as_decider.principal->roles = kDecider;
  QueryRequest completed = alice_;
  completed.stages = {Stage::kCompleted};
  for (const QueryRequest& filtered : {alice_, OfTenant(alice_, "search"), as_decider, completed}) {
    for (const QueryRequest& request : {filtered, Descending(filtered)}) {
      for (const uint64_t limit : {1, 2, 3, 0}) {
        const Proven asked = Ask(request, limit);
        EXPECT_TRUE(asked.holds) << request.tenant << " " << request.descending << " " << limit << asked.failure;
      }
    }
  }
}

TEST_F(AnswerProofTest, APrincipalWithoutARecordInTheAnswersPartContradictsNothing) {
  Append(Requested("env-6", day::User("alice", "elsewhere"), kMorning + 60));
  const Proven asked = Ask(Descending(alice_), 1);
  ASSERT_TRUE(asked.holds) << asked.failure;
  EXPECT_EQ(asked.proven["principals"].size(), 1u);
  EXPECT_EQ(asked.proven["principals"][0]["principal"]["issuer"], "elsewhere");
  EXPECT_THAT(asked.proven["unproven"].dump(), HasSubstr("has no link in this part of the answer"));
}

TEST_F(AnswerProofTest, ADroppedRecordIsCaught) {
  Caught(alice_, "revision 1 is missing", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      auto& entries = answer.envelopes.front().entries;
      entries.erase(entries.begin() + 1);
    };
  });
}

TEST_F(AnswerProofTest, ADroppedLastRecordIsCaughtWhereTheEnvelopesLaterLinksNeedIt) {
  Caught(Descending(alice_), "env-2", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      for (EnvelopeRecords& records : answer.envelopes) {
        if (records.envelope_id == "env-2") records.entries.pop_back();
      }
    };
  });
}

TEST_F(AnswerProofTest, ADroppedEnvelopeIsCaughtByTheLinkThatItHeld) {
  for (const QueryRequest& request : {alice_, Descending(alice_)}) {
    Caught(request, "envelope env-3",
           [](Liar& liar) { liar.spoil_query = [](QueryResponse& answer) { DropEnvelope(answer, "env-3"); }; });
  }
}

TEST_F(AnswerProofTest, AnEnvelopeHiddenBehindFurtherFiltersIsCaught) {
  // The filtered answer lacks it, the principal's whole list does not.
  Caught(OfTenant(alice_, "maps"), "envelope env-3: it passes the filters", [](Liar& liar) {
    liar.spoil_query = [first = true](QueryResponse& answer) mutable {
      if (std::exchange(first, false)) DropEnvelope(answer, "env-3");
    };
  });
  // Hidden from both.
  Caught(OfTenant(alice_, "maps"), "envelope env-3",
         [](Liar& liar) { liar.spoil_query = [](QueryResponse& answer) { DropEnvelope(answer, "env-3"); }; });
}

TEST_F(AnswerProofTest, AnEnvelopeThatDoesNotPassTheFiltersIsCaught) {
  Caught(OfTenant({}, "maps"), "does not pass the filters", [this](Liar& liar) {
    const auto honest = OpenStored(ledger_.data_dir());
    auto other = (*honest)->FindEnvelope({.envelope_id = "env-1"});
    liar.spoil_query = [records = other->envelope](QueryResponse& answer) { answer.envelopes.push_back(records); };
  });
}

TEST_F(AnswerProofTest, AnEnvelopeTwiceInTheAnswerIsCaught) {
  Caught({}, "twice", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) { answer.envelopes.push_back(answer.envelopes.front()); };
  });
}

TEST_F(AnswerProofTest, AlteredBytesAreCaught) {
  // A whole forged record in the place of the sealed one: well-formed, linked as it should be, with another amount.
  Caught({}, "other bytes than", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      std::string& bytes = answer.envelopes.front().entries[1];
      const EntryView entry = *CheckEntry(bytes);
      Transition forged = DecodeTransition(entry.transition);
      forged.granted->resources.front().amount = 8000;
      EntryBuilder builder;
      bytes = std::string(*builder.Build(entry.header, *EncodeTransition(forged)));
    };
  });
}

TEST_F(AnswerProofTest, ForgedLinksAreCaught) {
  const auto forge = [](const std::function<void(EntryHeader&)>& change) {
    return [change](Liar& liar) {
      liar.spoil_query = [change](QueryResponse& answer) {
        std::string& bytes = answer.envelopes.back().entries[0];
        const EntryView entry = *CheckEntry(bytes);
        EntryHeader header = entry.header;
        change(header);
        EntryBuilder builder;
        bytes = std::string(*builder.Build(header, entry.transition));
      };
    };
  };
  Caught(alice_, "entry", forge([](EntryHeader& header) { header.principal_links[0].ordinal = 2; }));
  Caught(alice_, "lacks the link", forge([](EntryHeader& header) { header.principal_links.clear(); }));
  Caught(alice_, "lacks the link", forge([](EntryHeader& header) { header.principal_links[0].roles = kDecider; }));
}

TEST_F(AnswerProofTest, RolesThatTheRecordsDoNotShowAreCaught) {
  Caught(alice_, "roles", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) { answer.envelopes.front().roles = kSubject; };
  });
}

TEST_F(AnswerProofTest, AReplayedOldCheckpointIsCaught) {
  const std::string old = *ledger_.ledger().SignNow();
  Append(Requested("env-6", day::User("alice"), kMorning + 60));
  const auto replay = [&old](Liar& liar) {
    liar.spoil_checkpoints = [&old](CheckpointsResponse& answer) { answer.notes = {old}; };
  };
  Caught(alice_, "asked for a checkpoint that covers entry", replay);
  // Where nobody can sign, what it does not cover is counted, and said.
  const Proven offline = ProveQuery(*Ledger(replay), policy_, alice_, 0, false);
  EXPECT_TRUE(offline.holds) << offline.failure;
  EXPECT_EQ(offline.proven["entries_not_covered"], 1);
  EXPECT_THAT(offline.proven["unproven"][0].get<std::string>(), HasSubstr("beyond the checkpoint"));
}

TEST_F(AnswerProofTest, ACheckpointOfAnotherKeyOrALedgerOfAnotherKeyIsCaught) {
  Caught(alice_, "the checkpoint is not signed by", [](Liar& liar) {
    liar.spoil_checkpoints = [](CheckpointsResponse& answer) {
      const SigningKey thief = TestKey(9);
      const std::string text = ParseNote(answer.notes.back())->text;
      answer.notes = {SignNote(text, {{TestVerifierKey(9), &thief}})};
    };
  });
  policy_ = TrustKeyOrLater(TestVerifierKey(9));
  Caught({}, "is not one of its keys", {});
}

TEST_F(AnswerProofTest, AKeptCheckpointThatTheLedgerDoesNotContinueIsCaught) {
  const std::string kept = *ledger_.ledger().SignNow();
  Append(Requested("env-6", day::User("alice"), kMorning + 60));
  policy_.kept = {{kept, "in a drawer"}};
  EXPECT_TRUE(Ask(alice_).holds);
  Checkpoint other = *ReadCheckpointNote(kept);
  other.root[0] ^= 1;
  const SigningKey key = TestKey();
  policy_.kept = {{SignNote(FormatCheckpoint(other), {{TestVerifierKey(), &key}}), "in a drawer"}};
  Caught(alice_, "does not agree with the checkpoint kept in a drawer", {});
}

TEST_F(AnswerProofTest, APolicyThatIsNoneProvesNothing) {
  policy_ = TrustPolicy();
  EXPECT_EQ(Ask(alice_).status.code(), Code::kInvalidArgument);
}

TEST_F(AnswerProofTest, AProofThatLeadsElsewhereIsCaught) {
  Caught({}, "does not lead to the root", [](Liar& liar) {
    liar.spoil_inclusion = [](InclusionProofResponse& answer) {
      if (CheckEntry(answer.entry)->header.seq > 0) answer.hashes.front()[0] ^= 1;
    };
  });
}

TEST_F(AnswerProofTest, ACountOfLinksThatTheRecordsContradictIsCaught) {
  Caught(alice_, "the ledger counts 9 links", [](Liar& liar) {
    liar.spoil_principals = [](PrincipalsResponse& answer) {
      for (PrincipalSummary& summary : answer.principals) summary.links = 9;
    };
  });
}

TEST_F(AnswerProofTest, ADoctoredIndexIsCaught) {
  ledger_.Close();
  // Without its last revision env-2 is no longer one that alice decided on.
  DeleteKey(IndexPath(ledger_.data_dir()), "envelopes", RevisionKey(IndexPath(ledger_.data_dir()), "env-2", 2));
  const Proven asked = Ask(alice_);
  for (const EnvelopeRecords& records : asked.answer) {
    EXPECT_NE(records.envelope_id, "env-2") << "the doctored index must hide it";
  }
  ExpectCaught(asked, "the ledger counts 4 links, but its records end at 3");
}

TEST_F(AnswerProofTest, OneEnvelopesStoryIsProvenByItself) {
  const Proven honest = ProveEnvelope(*Ledger(), policy_, "env-1");
  ASSERT_TRUE(honest.holds) << honest.failure;
  EXPECT_EQ(honest.proven["entries"], 3);
  const auto forge = [](Liar& liar) {
    liar.spoil_envelope = [](EnvelopeResponse& answer) {
      const EntryView entry = *CheckEntry(answer.envelope.entries[2]);
      Transition forged = DecodeTransition(entry.transition);
      forged.outcome->code = "forged";
      EntryBuilder builder;
      answer.envelope.entries[2] = std::string(*builder.Build(entry.header, *EncodeTransition(forged)));
    };
  };
  ExpectCaught(ProveEnvelope(*Ledger(forge), policy_, "env-1"), "other bytes than");
}

// What is proven at the end is held until then, in as many bytes as the caller allows.
TEST_F(AnswerProofTest, RefusesMoreRecordsThanItMayHold) {
  const auto ledger = Ledger();
  const auto prove = [&](uint64_t max_bytes) {
    AnswerProof proof(*ledger, policy_, true, AboutUser("alice"), max_bytes);
    return ForEachEnvelope(*ledger, AboutUser("alice"), 0, [&](EnvelopeStory& story) { return proof.Add(story); })
        .status();
  };
  EXPECT_TRUE(prove(AnswerProof::kMaxBytes).ok());
  const envledger::Status refused = prove(500);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("prove it in parts"));
}

TEST_F(AnswerProofTest, CountsThePrincipalsThatAnEnvelopeNamesWhileItIsRead) {
  Transition asked = Requested("crowd", day::User("alice"), kMorning + 100);
  asked.identity->requester.id = "crowd";
  for (int i = 0; i < 60; ++i) {
    DelegationHop hop;
    hop.actor = day::User(std::string(500, 'd') + std::to_string(i));
    asked.identity->delegation.push_back(hop);
  }
  Append(asked);
  const auto ledger = Ledger();
  const auto prove = [&](uint64_t max_bytes) {
    AnswerProof proof(*ledger, policy_, true, AboutUser("crowd"), max_bytes);
    return ForEachEnvelope(*ledger, AboutUser("crowd"), 0, [&](EnvelopeStory& story) { return proof.Add(story); })
        .status();
  };
  EXPECT_TRUE(prove(100'000).ok());
  EXPECT_EQ(prove(30'000).code(), Code::kResourceExhausted) << "60 principals of 500 bytes";
}

}  // namespace
}  // namespace envledger
