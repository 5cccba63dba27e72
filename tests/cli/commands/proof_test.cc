// `proof`: what it hands out, and what it does not.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "ledger/base/bytes.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/evidence/proof_file.h"
#include "tests/cli/proof_world.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using ProofTest = ProofWorld;

TEST_F(ProofTest, OfAnEntryIsATlogProofThatHolds) {
  ASSERT_EQ(Run({"proof", "1"}), 0) << err();
  const auto proof = ParseTlogProof(out());
  ASSERT_TRUE(proof.ok()) << proof.status().ToString();
  EXPECT_EQ(proof->index, 1u);
  EXPECT_EQ(proof->checkpoint, world_.ledger->checkpoints.back());
  EXPECT_TRUE(CheckInclusionFile(out(), entry(1), TrustKey(FakeLedger::key())).ok());
}

TEST_F(ProofTest, OfAnEnvelopeIsOfItsLatestRecordOrOfTheRevisionAskedFor) {
  ASSERT_EQ(Run({"proof", "env-1", "--entry", Path("latest")}), 0) << err();
  EXPECT_EQ(ParseTlogProof(out())->index, 2u);
  EXPECT_EQ(Contents(Path("latest")), entry(2));
  ASSERT_EQ(Run({"proof", "env-1", "--revision", "0", "--entry", Path("first")}), 0) << err();
  EXPECT_EQ(ParseTlogProof(out())->index, 0u);
  EXPECT_EQ(Contents(Path("first")), entry(0));
  EXPECT_EQ(Run({"proof", "env-1", "--revision", "3"}), 3);
  EXPECT_TRUE(ErrHas("has the revisions 0 to 2, not 3")) << err();
  EXPECT_EQ(Run({"proof", "env-none"}), 3);
}

TEST_F(ProofTest, AnEnvelopeMayLookLikeANumberOrACommand) {
  EXPECT_EQ(Run({"proof", "7"}), 3) << "there is no entry 7";
  ASSERT_EQ(Run({"proof", "7", "--envelope"}), 0) << err();
  EXPECT_EQ(ParseTlogProof(out())->index, 4u);
  EXPECT_EQ(Run({"proof", "--envelope", "verify"}), 3) << "no such envelope, but no other command either";
}

TEST_F(ProofTest, OfAllRecordsIsADirectoryWithAProofAndAnEntryForEach) {
  ASSERT_EQ(Run({"proof", "env-1", "--all", "--output", Path("all")}), 0) << err();
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(Path("all"))) {
    ++files;
    EXPECT_TRUE(file.is_regular_file());
  }
  EXPECT_EQ(files, 6u);
  for (const uint64_t seq : {0, 1, 2}) {
    const std::string stem = Path("all/") + std::to_string(seq);
    EXPECT_EQ(Contents(stem + ".entry"), entry(seq));
    EXPECT_EQ(Run({"proof", "verify", stem + ".tlog-proof", "--entry", stem + ".entry", "--vkey",
                   FormatVerifierKey(FakeLedger::key())}),
              0)
        << err();
  }
  EXPECT_EQ(Run({"proof", "env-1", "--all", "--output", Path("all")}), 0) << "again, into the same directory";
}

TEST_F(ProofTest, TheDaemonSignsForAnEntryThatNoCheckpointCovers) {
  world_.ledger->Append(Requested("env-9", User("dana")));
  ASSERT_EQ(Run({"proof", "5"}), 0) << err();
  EXPECT_EQ(world_.ledger->signed_when_asked, 1);
  const auto proven = CheckInclusionFile(out(), entry(5), TrustKey(FakeLedger::key()));
  ASSERT_TRUE(proven.ok()) << proven.status().ToString();
  EXPECT_EQ(proven->tree.checkpoint().size, 6u);
  EXPECT_EQ(Run({"proof", "0"}), 0);
  EXPECT_EQ(Run({"proof", "6"}), 3);
  EXPECT_TRUE(ErrHas("the ledger has 6 entries: it has no entry 6")) << err();
  EXPECT_EQ(world_.ledger->signed_when_asked, 1) << "nothing is signed for an entry that does not exist";
}

TEST_F(ProofTest, FromADirectoryAnEntryThatNoCheckpointCoversIsAnError) {
  world_.ledger->Append(Requested("env-9", User("dana")));
  EXPECT_EQ(Run({"proof", "5", "--data-dir", "/srv/ledger"}), 3);
  EXPECT_TRUE(ErrHas("the latest signed checkpoint covers 5 entries: it does not cover entry 5")) << err();
  EXPECT_EQ(out(), "");
  EXPECT_EQ(world_.ledger->signed_when_asked, 0);
  EXPECT_EQ(Run({"proof", "4", "--data-dir", "/srv/ledger"}), 0) << err();
}

TEST_F(ProofTest, InATreeOfAnotherSizeNeedsACheckpointOfThatSize) {
  ASSERT_EQ(Run({"proof", "1", "--tree-size", "3"}), 0) << err();
  EXPECT_EQ(ParseTlogProof(out())->checkpoint, world_.ledger->checkpoints.front());
  EXPECT_EQ(Run({"proof", "1", "--tree-size", "4"}), 3);
  EXPECT_TRUE(ErrHas("no checkpoint of 4 entries was signed; the nearest are of 3 below and 5 above")) << err();
  EXPECT_EQ(Run({"proof", "1", "--tree-size", "2"}), 3);
  EXPECT_TRUE(ErrHas("the nearest is of 3 above")) << err();
  EXPECT_EQ(Run({"proof", "1", "--tree-size", "1"}), 2);
  EXPECT_EQ(Run({"proof", "1", "--tree-size", "6"}), 3);

  ASSERT_EQ(Run({"proof", "1", "--tree-size", "4", "--format", "json"}), 0) << err();
  const json unsigned_proof = json::parse(out());
  EXPECT_EQ(unsigned_proof["checkpoint"], nullptr);
  EXPECT_EQ(unsigned_proof["proof"], nullptr);
  EXPECT_EQ(unsigned_proof["hashes"].size(), 2u);
}

TEST_F(ProofTest, JsonHasTheProofInPieces) {
  ASSERT_EQ(Run({"proof", "2", "--format", "json"}), 0) << err();
  const json proof = json::parse(out());
  EXPECT_EQ(proof["seq"], 2);
  EXPECT_EQ(proof["tree_size"], 5);
  EXPECT_EQ(proof["leaf_hash"], Hex(View(LeafHash(entry(2)))));
  EXPECT_EQ(proof["root"].get<std::string>().size(), 64u);
  EXPECT_EQ(proof["hashes"].size(), 3u);
  EXPECT_EQ(proof["checkpoint"], world_.ledger->checkpoints.back());
  EXPECT_EQ(ParseBase64(proof["entry"].get<std::string>()), entry(2));
  EXPECT_EQ(proof["proof"], ProofOf(2));
  ASSERT_EQ(Run({"proof", "2", "--format", "csv"}), 0);
  EXPECT_EQ(out().substr(0, out().find('\r')), "seq,tree_size,root,leaf_hash,hashes");
}

TEST_F(ProofTest, ThatDoesNotHoldIsNeverHandedOut) {
  const std::vector<std::pair<std::string, std::function<void(InclusionProofResponse&)>>> lies = {
      {"a hash", [](auto& r) { r.hashes[0][0] ^= 1; }},
      {"a hash less", [](auto& r) { r.hashes.pop_back(); }},
      {"a hash more", [](auto& r) { r.hashes.push_back(r.hashes[0]); }},
      {"another entry", [this](auto& r) { r.entry = entry(0); }},
      {"a changed entry", [](auto& r) { r.entry.back() = static_cast<char>(r.entry.back() ^ 1); }},
      {"another root", [](auto& r) { r.root[31] ^= 1; }},
      {"another size", [](auto& r) { r.tree_size = 4; }},
      {"another checkpoint", [this](auto& r) { r.checkpoint = world_.ledger->NoteOver(3); }},
      {"a forged checkpoint", [this](auto& r) { r.checkpoint = world_.ledger->NoteOver(5, 2); }},
      {"a changed checkpoint", [](auto& r) { r.checkpoint[0] = 'L'; }},
      {"a broken checkpoint", [](auto& r) { r.checkpoint.pop_back(); }},
  };
  for (const auto& [what, lie] : lies) {
    world_.ledger->spoil_inclusion = lie;
    EXPECT_EQ(Run({"proof", "1", "--output", Path("out"), "--entry", Path("entry")}), 1) << what << ": " << err();
    EXPECT_TRUE(ErrHas("does not hold") || ErrHas("not the same")) << what << ": " << err();
    EXPECT_FALSE(std::filesystem::exists(Path("out"))) << what;
    EXPECT_FALSE(std::filesystem::exists(Path("entry"))) << what;
  }
  world_.ledger->spoil_inclusion = nullptr;
  EXPECT_EQ(Run({"proof", "1", "--vkey", FormatVerifierKey(FakeLedger::key(2))}), 1);
  EXPECT_TRUE(ErrHas("is not signed by ledger.example+")) << err();
  EXPECT_EQ(Run({"proof", "1", "--vkey", FormatVerifierKey(FakeLedger::key())}), 0) << err();
}

TEST_F(ProofTest, ACheckpointMustBeSignedByTheKeyThatTheLedgerHadAtItsSize) {
  const auto seal = [](uint64_t seq, const LedgerEvent& event) {
    EntryHeader header;
    header.seq = seq;
    return std::string(*EntryBuilder().Build(header, event));
  };
  const auto rotation = [](char from, char to) {
    return MakeRotation(FakeLedger::kOrigin, FakeLedger::signing_key(from), FakeLedger::signing_key(to));
  };
  const struct {
    uint64_t first, second;  // the entries of the rotations from key 2 to 3 to 4
    char in_force;           // at size 5
  } cases[] = {{7, 9, 2}, {3, 9, 3}, {2, 4, 4}};
  world_.ledger->genesis =
      seal(0, Genesis{FakeLedger::kOrigin, FakeLedger::key(2).public_key, kFormatVersion, kMorning});
  for (const auto& [first, second, in_force] : cases) {
    world_.ledger->rotations = {seal(first, rotation(2, 3)), seal(second, rotation(3, 4))};
    for (const char signer : {1, 2, 3, 4, 5}) {
      world_.ledger->checkpoints.back() = world_.ledger->NoteOver(5, signer);
      EXPECT_EQ(Run({"proof", "1"}), signer == in_force ? 0 : 1) << first << static_cast<int>(signer) << err();
      EXPECT_EQ(ErrHas("not signed by the key that the ledger had at that size"), signer != in_force);
    }
  }
  KeyRotated forged = rotation(2, 3);
  forged.acceptance[5] ^= 1;
  world_.ledger->rotations = {seal(3, forged)};
  world_.ledger->checkpoints.back() = world_.ledger->NoteOver(5, 3);
  EXPECT_EQ(Run({"proof", "1"}), 1);
  EXPECT_TRUE(ErrHas("entry 3")) << err();
}

TEST_F(ProofTest, OfAnEnvelopeWithAHoleIsRefused) {
  std::vector<std::string>& entries = world_.ledger->envelopes[0].entries;
  entries.erase(entries.begin() + 1);
  EXPECT_EQ(Run({"proof", "env-1", "--all", "--output", Path("all")}), 1);
  EXPECT_TRUE(ErrHas("revision 1 is missing")) << err();
  EXPECT_FALSE(std::filesystem::exists(Path("all")));
}

TEST_F(ProofTest, WhatCannotBeWrittenIsUnavailable) {
  EXPECT_EQ(Run({"proof", "1", "--output", Path("no/such/directory/proof")}), 5);
  EXPECT_EQ(Run({"proof", "1", "--entry", Path("no/such/directory/entry")}), 5);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(Run({"proof", "env-1", "--all", "--output", Path("no/such/directory")}), 5);
}

TEST_F(ProofTest, WrongUsageExitsTwo) {
  const std::vector<std::vector<std::string>> wrong = {
      {"proof"},
      {"proof", "1", "2"},
      {"proof", "1", "--revision", "0"},
      {"proof", "1", "--all", "--output", "d"},
      {"proof", "env-1", "--all"},
      {"proof", "env-1", "--all", "--output", "d", "--revision", "1"},
      {"proof", "env-1", "--all", "--output", "d", "--entry", "e"},
      {"proof", "env-1", "--all", "--output", "d", "--format", "json"},
      {"proof", "env-1", "--revision", "one"},
      {"proof", "1", "--tree-size", "0"},
      {"proof", "1", "--tree-size", "05"},
      {"proof", "--consistency"},
      {"proof", "--consistency", "3", "x"},
      {"proof", "--consistency", "03", "5"},
      {"proof", "--consistency", "5", "3"},
      {"proof", "--consistency", "3", "5", "--all"},
      {"proof", "--consistency", "3", "5", "--entry", "e"},
      {"proof", "verify"},
      {"proof", "verify", "f"},
      {"proof", "verify", "f", "--entry", "e"},
      {"proof", "verify", "f", "--vkey", "v"},
      {"proof", "verify", "f", "--vkey", "v", "--entry", "e", "--old-checkpoint", "c"},
      {"proof", "verify", "f", "--vkey", "v", "--entry", "e", "--old-vkey", "v"},
  };
  for (const auto& words : wrong) {
    EXPECT_EQ(Run(words), 2) << testing::PrintToString(words) << err();
    EXPECT_NE(err(), "");
    EXPECT_EQ(out(), "");
  }
}

TEST_F(ProofTest, OfConsistencyIsTheBodyOfAddCheckpoint) {
  Write("old", world_.ledger->checkpoints.front());
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"proof", "--consistency", "3", "5"}, {"proof", "--consistency", "3"}}) {
    ASSERT_EQ(Run(words), 0) << err();
    const auto body = ParseAddCheckpoint(out());
    ASSERT_TRUE(body.ok()) << body.status().ToString();
    EXPECT_EQ(body->old_size, 3u);
    EXPECT_EQ(body->checkpoint, world_.ledger->checkpoints.back());
  }
  ASSERT_EQ(Run({"proof", "--consistency", "3", "--output", Path("growth")}), 0);
  EXPECT_EQ(out(), "");
  const std::string vkey = FormatVerifierKey(FakeLedger::key());
  ASSERT_EQ(Run({"proof", "verify", Path("growth"), "--old-checkpoint", Path("old"), "--vkey", vkey}), 0) << err();
  EXPECT_EQ(out().find("HOLDS  the new tree begins with the old one"), 0u) << out();
  ASSERT_EQ(
      Run({"proof", "verify", Path("growth"), "--old-checkpoint", Path("old"), "--vkey", vkey, "--format", "json"}), 0);
  const json proved = json::parse(out());
  EXPECT_EQ(proved["ok"], true);
  EXPECT_EQ(proved["kind"], "consistency");
  EXPECT_EQ(proved["old_size"], 3);
  EXPECT_EQ(proved["new_size"], 5);
}

TEST_F(ProofTest, OfConsistencyFromNothingAndToTheSameSizeHold) {
  Write("empty", world_.ledger->NoteOver(0));
  Write("same", world_.ledger->NoteOver(5));
  const std::string vkey = FormatVerifierKey(FakeLedger::key());
  ASSERT_EQ(Run({"proof", "--consistency", "0", "--output", Path("growth")}), 0) << err();
  EXPECT_EQ(Run({"proof", "verify", Path("growth"), "--old-checkpoint", Path("empty"), "--vkey", vkey}), 0) << err();
  ASSERT_EQ(Run({"proof", "--consistency", "5", "5", "--output", Path("growth")}), 0) << err();
  EXPECT_EQ(Run({"proof", "verify", Path("growth"), "--old-checkpoint", Path("same"), "--vkey", vkey}), 0) << err();
}

TEST_F(ProofTest, OfConsistencyToASizeWithoutACheckpointIsOnlyInJson) {
  EXPECT_EQ(Run({"proof", "--consistency", "2", "4"}), 3);
  EXPECT_TRUE(ErrHas("the nearest are of 3 below and 5 above")) << err();
  ASSERT_EQ(Run({"proof", "--consistency", "2", "4", "--format", "json"}), 0) << err();
  const json proof = json::parse(out());
  EXPECT_EQ(proof["old_size"], 2);
  EXPECT_EQ(proof["new_size"], 4);
  EXPECT_EQ(proof["checkpoint"], nullptr);
  EXPECT_EQ(proof["hashes"].size(), 1u);
  EXPECT_EQ(Run({"proof", "--consistency", "6"}), 3);
  EXPECT_EQ(Run({"proof", "--consistency", "3", "6"}), 3);
}

TEST_F(ProofTest, OfConsistencyThatDoesNotHoldIsNeverHandedOut) {
  const std::vector<std::pair<std::string, std::function<void(ConsistencyProofResponse&)>>> lies = {
      {"a hash", [](auto& r) { r.hashes[0][0] ^= 1; }},
      {"no hashes", [](auto& r) { r.hashes.clear(); }},
      {"the old root", [](auto& r) { r.old_root[0] ^= 1; }},
      {"the new root", [](auto& r) { r.new_root[0] ^= 1; }},
      {"other sizes", [](auto& r) { r.old_size = 2; }},
      {"a forged checkpoint", [this](auto& r) { r.checkpoint = world_.ledger->NoteOver(5, 2); }},
  };
  for (const auto& [what, lie] : lies) {
    world_.ledger->spoil_consistency = lie;
    EXPECT_EQ(Run({"proof", "--consistency", "3", "5"}), 1) << what << ": " << err();
    EXPECT_EQ(out(), "") << what;
  }
}

}  // namespace
}  // namespace envledger::cli
