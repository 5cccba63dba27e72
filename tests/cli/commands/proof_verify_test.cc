// `proof verify`, of files that are whole, bent and forged.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/chain/tree.h"
#include "ledger/crypto/ed25519.h"
#include "tests/cli/proof_world.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using ProofVerifyTest = ProofWorld;

TEST_F(ProofVerifyTest, VerifyingSaysWhatWasProved) {
  const std::string proof = ProofOf(1);
  ASSERT_EQ(Verify(proof, entry(1)), 0) << err();
  EXPECT_EQ(out().find("HOLDS  the checkpoint's tree has this entry at this index\n"), 0u) << out();
  for (const std::string& text : {std::string("env-1"), std::string("granted"), std::string("2026-03-17T09:20:02.5Z"),
                                  Hex(View(LeafHash(entry(1)))), FormatVerifierKey(FakeLedger::key())}) {
    EXPECT_NE(out().find(text), std::string::npos) << text << " in " << out();
  }
  ASSERT_EQ(Verify(proof, entry(1), {"--format", "json"}), 0);
  const json proved = json::parse(out());
  EXPECT_EQ(proved["ok"], true);
  EXPECT_EQ(proved["kind"], "inclusion");
  EXPECT_EQ(proved["problem"], nullptr);
  EXPECT_EQ(proved["origin"], "ledger.example");
  EXPECT_EQ(proved["seq"], 1);
  EXPECT_EQ(proved["tree_size"], 5);
  EXPECT_EQ(proved["leaf_hash"], Hex(View(LeafHash(entry(1)))));
  EXPECT_EQ(proved["envelope_id"], "env-1");
  EXPECT_EQ(proved["revision"], 1);
  EXPECT_EQ(proved["stage"], "granted");
  EXPECT_EQ(proved["recorded_at"], "2026-03-17T09:20:02.5Z");
  ASSERT_EQ(Verify(proof, entry(1), {"--format", "csv"}), 0);
  EXPECT_EQ(out().find("ok,kind,problem,origin,seq,"), 0u);
}

TEST_F(ProofVerifyTest, WhatDoesNotHoldExitsOneAndNamesIt) {
  const std::string good = ProofOf(1);
  const auto replaced = [&good](const std::string& from, const std::string& to) {
    std::string changed = good;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  const std::string hash_line = good.substr(good.find('\n', good.find("index")) + 1, 45);
  const SigningKey key = *SigningKey::FromSeed(std::string(32, 1));
  const auto with_checkpoint = [&](const std::string& note) { return good.substr(0, good.find("\n\n") + 2) + note; };
  const std::string note = world_.ledger->checkpoints.back();
  std::string sixteen = note;
  for (int i = 0; i < 15; ++i) sixteen += "\u2014 witness" + std::to_string(i) + " AAAAAAAA\n";
  const auto signed_text = [&](const std::string& text) { return SignNote(text, {{FakeLedger::key(), &key}}); };
  const std::string text = note.substr(0, note.find("\n\n") + 1);
  std::string zeros = text;
  zeros.insert(zeros.find("\n5\n") + 1, "0");
  std::string crlf;
  for (const char c : good) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);

  ASSERT_EQ(Verify(good, entry(1)), 0);
  EXPECT_EQ(Verify(with_checkpoint(sixteen), entry(1)), 0) << err();
  EXPECT_EQ(Verify(with_checkpoint(signed_text(text + "extension\n")), entry(1)), 0) << err();

  const std::vector<std::pair<std::string, std::string>> cases = {
      {replaced("index 1", "index 0"), "does not hold"},
      {replaced("index 1", "index 5"), "it has no entry 5"},
      {replaced("index 1", "index 01"), "line 2"},
      {replaced(hash_line, ""), "fewer hashes"},
      {replaced(hash_line, hash_line + hash_line), "more hashes"},
      {replaced("\n5\n", "\n6\n"), "does not verify"},
      {good.substr(0, good.size() - 1), "does not end in a newline"},
      {crlf, "line 1: it ends in CR LF"},
      {"", "line 1"},
      {"c2sp.org/tlog-proof@v2\n", "line 1"},
      {with_checkpoint(sixteen + "\u2014 witness15 AAAAAAAA\n"), "more than 16 signatures"},
      {with_checkpoint(signed_text(zeros)), "not a plain decimal"},
      {with_checkpoint(world_.ledger->NoteOver(5, 2)), "is not signed by"},
      {with_checkpoint(signed_text("other.example" + text.substr(text.find('\n')))), "belongs to \"other.example\""},
      {"old 1\n\n" + note, "check it with --old-checkpoint"},
  };
  for (const auto& [proof, why] : cases) {
    EXPECT_EQ(Verify(proof, entry(1)), 1) << why << ": " << err();
    EXPECT_TRUE(ErrHas(why)) << why << " in " << err();
    EXPECT_TRUE(ErrHas("proves nothing"));
    EXPECT_EQ(out(), "");
  }
  EXPECT_EQ(Verify(good, entry(2)), 1) << "another entry";
  EXPECT_EQ(Verify(good, entry(1) + "x"), 1);
  EXPECT_EQ(Verify(good, ""), 1);
  ASSERT_EQ(Verify(good, entry(2), {"--format", "json"}), 1);
  const json failed = json::parse(out());
  EXPECT_EQ(failed["ok"], false);
  EXPECT_NE(failed["problem"].get<std::string>().find("another root"), std::string::npos);
}

TEST_F(ProofVerifyTest, BytesInTheTreeThatAreNoEntryOrAnotherOneAreTold) {
  world_.ledger->log.push_back("no entry at all");
  world_.ledger->log.push_back(entry(0));  // sealed a second time, in another place
  const std::string note = world_.ledger->NoteOver(7);
  const auto proof_of = [&](uint64_t seq) {
    const auto response = world_.ledger->InclusionProof({.seq = seq, .tree_size = std::nullopt});
    return FormatTlogProof({std::nullopt, seq, response->hashes, note});
  };
  EXPECT_EQ(Verify(proof_of(5), entry(5)), 1);
  EXPECT_TRUE(ErrHas("is not an entry of a ledger")) << err();
  EXPECT_EQ(Verify(proof_of(6), entry(6)), 1);
  EXPECT_TRUE(ErrHas("the bytes are in the tree, but entry 6 says that its seq is 0")) << err();
}

TEST_F(ProofVerifyTest, TheCheckpointCanBeRequiredToBeOneKeptElsewhere) {
  const std::string proof = ProofOf(1);
  Write("kept", world_.ledger->checkpoints.back() + "\u2014 witness AAAAAAAA\n");
  EXPECT_EQ(Verify(proof, entry(1), {"--checkpoint", Path("kept")}), 0) << err();
  Write("kept", world_.ledger->checkpoints.front());
  EXPECT_EQ(Verify(proof, entry(1), {"--checkpoint", Path("kept")}), 1);
  EXPECT_TRUE(ErrHas("one covers 3 entries, the other 5")) << err();
  Write("kept", world_.ledger->NoteOver(5, 2));
  EXPECT_EQ(Verify(proof, entry(1), {"--checkpoint", Path("kept")}), 1);
  Write("kept", "no checkpoint");
  EXPECT_EQ(Verify(proof, entry(1), {"--checkpoint", Path("kept")}), 5);
}

TEST_F(ProofVerifyTest, WhatCannotBeReadIsUnavailable) {
  const std::string proof = ProofOf(1);
  const std::string vkey = FormatVerifierKey(FakeLedger::key());
  Write("proof", proof);
  Write("entry", entry(1));
  EXPECT_EQ(Run({"proof", "verify", Path("none"), "--entry", Path("entry"), "--vkey", vkey}), 5);
  EXPECT_EQ(Run({"proof", "verify", Path("proof"), "--entry", Path("none"), "--vkey", vkey}), 5);
  EXPECT_EQ(Run({"proof", "verify", Path("proof"), "--entry", Path("entry"), "--vkey", Path("none")}), 5);
  EXPECT_EQ(Run({"proof", "verify", Path("proof"), "--old-checkpoint", Path("none"), "--vkey", vkey}), 5);
  EXPECT_EQ(Run({"proof", "verify", Path("proof"), "--entry", Path("entry"), "--vkey", vkey}), 0);
}

TEST_F(ProofVerifyTest, EveryChangedBitOfProofOrEntryFails) {
  const std::string proof = ProofOf(3);
  const std::string bytes = entry(3);
  for (size_t bit = 0; bit < 8 * proof.size(); bit += 3) {  // every byte, and each bit of some
    std::string changed = proof;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(Verify(changed, bytes), 1) << "bit " << bit << " of the proof";
  }
  for (size_t bit = 0; bit < 8 * bytes.size(); bit += 3) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(Verify(proof, changed), 1) << "bit " << bit << " of the entry";
  }
}

}  // namespace
}  // namespace envledger::cli
