// --prove against ledgers that lie: a real ledger, its own offline reader, and a liar between the two.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/codec/transition.h"
#include "ledger/index/index_keys.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
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

class Lent : public Liar {
 public:
  explicit Lent(Liar& liar) : Liar(nullptr), liar_(liar) {}
  Result<QueryResponse> Query(const QueryRequest& r) override { return liar_.Query(r); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& r) override { return liar_.FindEnvelope(r); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& r) override { return liar_.Principals(r); }
  Result<EntriesResponse> Entries(const EntriesRequest& r) override { return liar_.Entries(r); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& r) override { return liar_.Checkpoints(r); }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& r) override {
    return liar_.InclusionProof(r);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& r) override {
    return liar_.ConsistencyProof(r);
  }
  Result<EventsResponse> Events(const EventsRequest& r) override { return liar_.Events(r); }
  Result<StatusResponse> Status(const StatusRequest& r) override { return liar_.Status(r); }

 private:
  Liar& liar_;
};

// alice asks in env-1, env-3 and env-5, and decides in env-2 after all of them were asked; bob asks in env-2 and env-4.
// env-3 is for another tenant.
class Prove : public Test {
 protected:
  Prove() {
    ledger_.Open();
    for (int i = 1; i <= 5; ++i) {
      Transition asked = Requested("env-" + std::to_string(i), User(i % 2 == 1 ? "alice" : "bob"), kMorning + i);
      if (i == 3) asked.identity->tenant = "maps";
      Append(asked);
      Append(GrantedGpus("env-" + std::to_string(i), "4"));
    }
    Transition note;
    note.envelope_id = "env-2";
    note.stage = Stage::kCancelled;
    note.occurred_at = kMorning + 50;
    note.decision = Decision{};
    note.decision->decider = User("alice");
    Append(note);
    Append(Completed("env-1"));
  }

  void Append(const Transition& transition) { ledger_.MustAppend({*EncodeTransition(transition)}); }

  // Closes the ledger, which signs its last checkpoint, and runs the command on what is stored.
  int Run(std::vector<std::string> words, const std::function<void(Liar&)>& teach = {}) {
    if (ledger_.is_open()) ledger_.Close();
    auto honest = OpenStored(ledger_.data_dir());
    EXPECT_TRUE(honest.ok()) << honest.status().ToString();
    Liar liar(*std::move(honest));
    if (teach) teach(liar);
    World world;
    world.context.open_ledger = [&liar](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      return std::unique_ptr<LedgerReader>(std::make_unique<Lent>(liar));
    };
    words.insert(words.end(), {"--prove", "--vkey", vkey_, "--format", "json"});
    const int status = world.Run(words);
    proven_ = json();
    const json answer = json::parse(world.out.str(), nullptr, false);
    if (!answer.is_discarded() && answer.contains("completeness")) proven_ = answer["completeness"]["proven"];
    err_ = world.err.str();
    return status;
  }
  // Expects exit status 1, and a diagnosis with these words.
  void Caught(const std::vector<std::string>& command, const std::string& words,
              const std::function<void(Liar&)>& teach) {
    EXPECT_EQ(Run(command, teach), 1) << err_;
    EXPECT_NE(err_.find(words), std::string::npos) << err_;
    if (proven_.is_object()) {
      EXPECT_EQ(proven_["holds"], false);
    }
  }

  const std::vector<std::string> alice_ = {"query", "--principal", "user:alice"};
  const std::string vkey_ = FormatVerifierKey(*MakeVerifierKey(kTestOrigin, TestKey().public_key()));
  TestLedger ledger_;
  json proven_;
  std::string err_;
};

void DropEnvelope(QueryResponse& answer, const std::string& id) {
  std::erase_if(answer.envelopes, [&](const EnvelopeRecords& records) { return records.envelope_id == id; });
}

TEST_F(Prove, AnHonestAnswerIsProvenWithTheOrdinalsOfItsPrincipal) {
  ASSERT_EQ(Run(alice_), 0) << err_;
  EXPECT_EQ(proven_["holds"], true);
  EXPECT_EQ(proven_["envelopes"], 4);
  EXPECT_EQ(proven_["entries"], 10);
  EXPECT_EQ(proven_["entries_not_covered"], 0);
  ASSERT_EQ(proven_["principals"].size(), 1u);
  EXPECT_EQ(proven_["principals"][0]["first_ordinal"], 1);
  EXPECT_EQ(proven_["principals"][0]["last_ordinal"], 4);
  EXPECT_NE(proven_["unproven"][0].get<std::string>().find("no link after ordinal 4"), std::string::npos);
}

TEST_F(Prove, EveryOrderLimitAndFilterOfAnHonestLedgerIsProven) {
  for (const std::string order : {"asc", "desc"}) {
    for (const std::string limit : {"1", "2", "3", "0"}) {
      for (const std::vector<std::string>& filter :
           {std::vector<std::string>{}, {"--tenant", "search"}, {"--role", "decider"}, {"--stage", "completed"}}) {
        std::vector<std::string> words = alice_;
        words.insert(words.end(), {"--order", order, "--limit", limit});
        words.insert(words.end(), filter.begin(), filter.end());
        EXPECT_EQ(Run(words), 0) << order << " " << limit << " " << (filter.empty() ? "" : filter[0]) << err_;
        EXPECT_EQ(proven_["holds"], true);
      }
    }
  }
}

TEST_F(Prove, APrincipalWithoutARecordInTheAnswersPartContradictsNothing) {
  Append(Requested("env-6", User("alice", "elsewhere"), kMorning + 60));
  ASSERT_EQ(Run({"query", "--principal", "user:alice", "--order", "desc", "--limit", "1"}), 0) << err_;
  EXPECT_EQ(proven_["principals"].size(), 1u);
  EXPECT_EQ(proven_["principals"][0]["principal"]["issuer"], "elsewhere");
  EXPECT_NE(proven_["unproven"].dump().find("has no link in this part of the answer"), std::string::npos)
      << proven_["unproven"];
}

TEST_F(Prove, ADroppedRecordIsCaught) {
  Caught(alice_, "revision 1 is missing", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      auto& entries = answer.envelopes.front().entries;
      entries.erase(entries.begin() + 1);
    };
  });
}

TEST_F(Prove, ADroppedLastRecordIsCaughtWhereTheEnvelopesLaterLinksNeedIt) {
  Caught({"query", "--principal", "user:alice", "--order", "desc"}, "env-2", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      for (EnvelopeRecords& records : answer.envelopes) {
        if (records.envelope_id == "env-2") records.entries.pop_back();
      }
    };
  });
}

TEST_F(Prove, ADroppedEnvelopeIsCaughtByTheLinkThatItHeld) {
  for (const std::string order : {"asc", "desc"}) {
    Caught({"query", "--principal", "user:alice", "--order", order}, "envelope env-3",
           [](Liar& liar) { liar.spoil_query = [](QueryResponse& answer) { DropEnvelope(answer, "env-3"); }; });
  }
}

TEST_F(Prove, AnEnvelopeHiddenBehindFurtherFiltersIsCaught) {
  // The filtered answer lacks it, the principal's whole list does not.
  Caught({"query", "--principal", "user:alice", "--tenant", "maps"}, "envelope env-3: it passes the filters",
         [](Liar& liar) {
           liar.spoil_query = [first = true](QueryResponse& answer) mutable {
             if (std::exchange(first, false)) DropEnvelope(answer, "env-3");
           };
         });
  // Hidden from both.
  Caught({"query", "--principal", "user:alice", "--tenant", "maps"}, "envelope env-3",
         [](Liar& liar) { liar.spoil_query = [](QueryResponse& answer) { DropEnvelope(answer, "env-3"); }; });
}

TEST_F(Prove, AnEnvelopeThatDoesNotPassTheFiltersIsCaught) {
  Caught({"query", "--tenant", "maps"}, "does not pass the filters", [this](Liar& liar) {
    const auto honest = OpenStored(ledger_.data_dir());
    auto other = (*honest)->FindEnvelope({.envelope_id = "env-1"});
    liar.spoil_query = [records = other->envelope](QueryResponse& answer) { answer.envelopes.push_back(records); };
  });
}

TEST_F(Prove, AnEnvelopeTwiceInTheAnswerIsCaught) {
  Caught({"query"}, "twice", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) { answer.envelopes.push_back(answer.envelopes.front()); };
  });
}

TEST_F(Prove, AlteredBytesAreCaught) {
  // A whole forged record in the place of the sealed one: well-formed, linked as it should be, with another amount.
  Caught({"query"}, "other bytes than", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) {
      std::string& bytes = answer.envelopes.front().entries[1];
      const EntryView entry = *CheckEntry(bytes);
      Transition forged = DecodeTransition(entry.transition);
      forged.granted->resources.front().amount = 8000;
      EntryBuilder builder;
      bytes = std::string(builder.Build(entry.header, *EncodeTransition(forged)));
    };
  });
}

TEST_F(Prove, ForgedLinksAreCaught) {
  const auto forge = [](const std::function<void(EntryHeader&)>& change) {
    return [change](Liar& liar) {
      liar.spoil_query = [change](QueryResponse& answer) {
        std::string& bytes = answer.envelopes.back().entries[0];
        const EntryView entry = *CheckEntry(bytes);
        EntryHeader header = entry.header;
        change(header);
        EntryBuilder builder;
        bytes = std::string(builder.Build(header, entry.transition));
      };
    };
  };
  Caught(alice_, "entry", forge([](EntryHeader& header) { header.principal_links[0].ordinal = 2; }));
  Caught(alice_, "owes", forge([](EntryHeader& header) { header.principal_links.clear(); }));
  Caught(alice_, "owes", forge([](EntryHeader& header) { header.principal_links[0].roles = kDecider; }));
}

TEST_F(Prove, RolesThatTheRecordsDoNotShowAreCaught) {
  Caught(alice_, "roles", [](Liar& liar) {
    liar.spoil_query = [](QueryResponse& answer) { answer.envelopes.front().roles = kSubject; };
  });
}

TEST_F(Prove, AReplayedOldCheckpointIsCaught) {
  const std::string old = *ledger_.ledger().SignNow();
  Append(Requested("env-6", User("alice"), kMorning + 60));
  const auto replay = [&old](Liar& liar) {
    liar.spoil_checkpoints = [&old](CheckpointsResponse& answer) { answer.notes = {old}; };
  };
  Caught(alice_, "asked for a checkpoint that covers entry", replay);
  // From a directory nobody can sign: what it does not cover is counted, and said.
  std::vector<std::string> offline = alice_;
  offline.insert(offline.end(), {"--data-dir", "anywhere"});
  EXPECT_EQ(Run(offline, replay), 0) << err_;
  EXPECT_EQ(proven_["entries_not_covered"], 1);
  EXPECT_NE(proven_["unproven"][0].get<std::string>().find("beyond the checkpoint"), std::string::npos);
}

TEST_F(Prove, ACheckpointOfAnotherKeyOrALedgerOfAnotherKeyIsCaught) {
  Caught(alice_, "checkpoint", [](Liar& liar) {
    liar.spoil_checkpoints = [](CheckpointsResponse& answer) {
      const SigningKey thief = TestKey(9);
      const std::string text = ParseNote(answer.notes.back())->text;
      const VerifierKey key = *MakeVerifierKey(kTestOrigin, thief.public_key());
      answer.notes = {SignNote(text, {{key, &thief}})};
    };
  });
  World world;
  world.context.open_ledger = [this](const LedgerSource&) { return OpenStored(ledger_.data_dir()); };
  const std::string other = FormatVerifierKey(*MakeVerifierKey(kTestOrigin, TestKey(9).public_key()));
  EXPECT_EQ(world.Run({"query", "--prove", "--vkey", other}), 1);
  EXPECT_NE(world.err.str().find("is none of its keys"), std::string::npos) << world.err.str();
}

TEST_F(Prove, AProofThatLeadsElsewhereIsCaught) {
  Caught({"query"}, "does not lead to the root", [](Liar& liar) {
    liar.spoil_inclusion = [](InclusionProofResponse& answer) {
      if (CheckEntry(answer.entry)->header.seq > 0) answer.hashes.front()[0] ^= 1;
    };
  });
}

TEST_F(Prove, ACountOfLinksThatTheRecordsContradictIsCaught) {
  Caught(alice_, "the ledger counts 9 links", [](Liar& liar) {
    liar.spoil_principals = [](PrincipalsResponse& answer) {
      for (PrincipalSummary& summary : answer.principals) summary.links = 9;
    };
  });
}

TEST_F(Prove, ADoctoredIndexIsCaught) {
  ledger_.Close();
  // Without its last revision env-2 is no longer one that alice decided on.
  DeleteKey(IndexPath(ledger_.data_dir()), "envelopes", RevisionKey(IndexPath(ledger_.data_dir()), "env-2", 2));
  World blind;
  blind.context.open_ledger = [this](const LedgerSource&) { return OpenStored(ledger_.data_dir()); };
  blind.Run({"query", "--principal", "user:alice", "--format", "csv"});
  EXPECT_EQ(blind.out.str().find("env-2"), std::string::npos) << "the doctored index must hide it";
  Caught(alice_, "the ledger counts 4 links, its records end at 3", {});
}

TEST_F(Prove, ShowProvesOneEnvelope) {
  ASSERT_EQ(Run({"show", "env-1"}), 0) << err_;
  EXPECT_EQ(proven_["entries"], 3);
  Caught({"show", "env-1"}, "other bytes than", [](Liar& liar) {
    liar.spoil_envelope = [](EnvelopeResponse& answer) {
      const EntryView entry = *CheckEntry(answer.envelope.entries[2]);
      Transition forged = DecodeTransition(entry.transition);
      forged.outcome->code = "forged";
      EntryBuilder builder;
      answer.envelope.entries[2] = std::string(builder.Build(entry.header, *EncodeTransition(forged)));
    };
  });
}

TEST_F(Prove, NeedsAKeyAndALedger) {
  World world;
  EXPECT_EQ(world.Run({"query", "--prove"}), 2);
  EXPECT_EQ(world.Run({"query", "--vkey", vkey_}), 2);
  EXPECT_EQ(world.Run({"show", "env-1", "--prove", "--vkey", vkey_, "--tiles", "somewhere"}), 2);
  EXPECT_EQ(world.Run({"query", "--prove", "--vkey", "/nowhere/at/all"}), 5);
}

}  // namespace
}  // namespace envledger::cli
