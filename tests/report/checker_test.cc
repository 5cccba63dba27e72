// Keys, notes and checkpoints: golden ones, ones that are signed whatever they say, and all of them corrupted.
#include <functional>

#include "ledger/chain/note.h"
#include "ledger/crypto/sha256.h"
#include "tests/report/checkers.h"
#include "tests/support/chain_builder.h"

namespace envledger {
namespace {

TEST_F(Checkers, AgreeOnTheGoldenProofs) {
  CheckerCases cases;
  const std::string vkey = GoldenEvidence().vkey;
  cases.push_back(KeyCase("golden key", vkey));
  for (const std::string name : {"checkpoint-3", "checkpoint-5"})
    cases.push_back(OpenCase(name, GoldenProof(name), vkey));
  for (const std::string name : {"2.tlog-proof", "3-5.add-checkpoint"}) {
    const std::string text = GoldenProof(name);
    cases.push_back(OpenCase(name, text.substr(text.find("\n\n") + 2), vkey));
  }
  cases.push_back(EvidenceCase("golden evidence", EvidenceJson(GoldenEvidence())));
  EXPECT_EQ(Compare(cases), cases.size()) << "all of them are genuine";
}

TEST_F(Checkers, AgreeOnTheGoldenProofsWithAnyCharacterCorrupted) {
  const std::string vkey = GoldenEvidence().vkey;
  const std::string note = GoldenProof("checkpoint-5");
  CheckerCases cases;
  for (const auto& [what, text] : Corruptions(vkey)) {
    cases.push_back(KeyCase(what, text));
    cases.push_back(OpenCase("key, " + what, note, text));
  }
  for (const auto& [what, text] : Corruptions(note)) cases.push_back(OpenCase("note, " + what, text, vkey));
  EXPECT_GT(cases.size(), 10000u);
  const size_t accepted = Compare(cases);
  EXPECT_LT(accepted, 20u) << "no more than spellings of the key id";
}

TEST_F(Checkers, AgreeOnCheckpointsThatAreSignedWhateverTheySay) {
  const std::string origin = std::string(kTestOrigin) + "\n";
  const std::string root = SomeRoot();
  const std::vector<std::string> texts = {
      origin + "5\n" + root + "\n",
      origin + "5\n" + root + "\nan extension\n",
      origin + "0\n" + Base64(View(Sha256(""))) + "\n",
      origin + "5\n" + root + "\n\nafter a blank line\n",
      origin + "5\n" + root + "\na\ttab\n",
      origin + "5\n" + root + "\na return\r\n",
      origin + "5\n" + root + "\na bell \x07\n",
      origin + "5\n" + root + "\na zero " + std::string(1, '\0') + "\n",
      origin + "5\n" + root + "\nthe last \x1f\n",
      origin + "5\n" + root + "\n\u0085 \x7f \u00e9 \U0001f511\n",
      "\n" + origin + "5\n" + root + "\n",
      origin + "\n5\n" + root + "\n",
      "another.example\n5\n" + root + "\n",
      std::string(kTestOrigin) + " \n5\n" + root + "\n",
      origin + "5\n" + root.substr(0, 40) + "\n",
      origin + "5\n" + root + root + "\n",
      origin + "5\n" + Base64(std::string(31, 'r')) + "\n",
      origin + "5\n" + Base64(std::string(33, 'r')) + "\n",
      origin + "5\n",
      origin,
      "\n",
      root + "\n5\n" + origin,
  };
  CheckerCases cases;
  for (const std::string& text : texts) {
    cases.push_back(CheckpointCase(text, text));
    cases.push_back(NoteCase(text, SignedByTestKey(text), TestVkey()));
    cases.push_back(OpenCase(text, SignedByTestKey(text), TestVkey()));
  }
  for (const std::string size : {"0",
                                 "1",
                                 "00",
                                 "05",
                                 "5 ",
                                 " 5",
                                 "+5",
                                 "-5",
                                 "5.0",
                                 "5e0",
                                 "0x5",
                                 "",
                                 "five",
                                 "\u0665",
                                 "18446744073709551615",
                                 "18446744073709551616",
                                 "99999999999999999999",
                                 "184467440737095516150",
                                 "5_0",
                                 "5n"}) {
    const std::string text = origin + size + "\n" + root + "\n";
    cases.push_back(CheckpointCase("size " + size, text));
    cases.push_back(OpenCase("size " + size, SignedByTestKey(text), TestVkey()));
  }
  EXPECT_EQ(Compare(cases), 37u)
      << "17 texts are notes, 14 are checkpoints, and 6 of the notes hold a checkpoint of the ledger of the key";
}

// What stands below the text of a note that says 5 entries.
TEST_F(Checkers, AgreeOnSignatures) {
  const std::string text = std::string(kTestOrigin) + "\n5\n" + SomeRoot() + "\n";
  const VerifierKey key = TestVerifierKey();
  const NoteSignature good{key.name, key.key_id, TestKey().Sign(text)};
  const auto of = [&](const std::function<void(NoteSignature&)>& change) {
    NoteSignature signature = good;
    change(signature);
    return signature;
  };
  const NoteSignature bad = of([](NoteSignature& one) { one.signature[7] ^= 1; });
  const NoteSignature short_one = of([](NoteSignature& one) { one.signature.pop_back(); });
  const NoteSignature long_one = of([](NoteSignature& one) { one.signature += '\0'; });
  const NoteSignature other_name = of([](NoteSignature& one) { one.name = "another.example"; });
  const NoteSignature other_id = of([](NoteSignature& one) { one.key_id ^= 1; });
  // The same signature with the group's order added to its scalar: also a solution of the equation.
  const NoteSignature malleable = of([](NoteSignature& one) {
    const std::string order = *ParseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (size_t i = 0; i < 32; ++i) {
      carry += static_cast<uint8_t>(one.signature[32 + i]) + static_cast<uint8_t>(order[i]);
      one.signature[32 + i] = static_cast<char>(carry);
      carry >>= 8;
    }
  });
  const std::vector<std::pair<std::string, std::vector<NoteSignature>>> below = {
      {"one", {good}},
      {"twice the same", {good, good}},
      {"a bad one before", {bad, good}},
      {"a bad one after", {good, bad}},
      {"bad alone", {bad}},
      {"too short", {short_one}},
      {"too short beside a good one", {good, short_one}},
      {"too long", {long_one}},
      {"malleable", {malleable}},
      {"of another name alone", {other_name}},
      {"of another name before", {other_name, good}},
      {"of another id alone", {other_id}},
      {"of another id after", {good, other_id}},
      {"all zero", {of([](NoteSignature& one) { one.signature.assign(64, '\0'); })}},
      {"empty", {of([](NoteSignature& one) { one.signature.clear(); })}},
      {"one byte, of another", {good, {"witness", 7, "x"}}},
      {"no byte, of another", {good, {"witness", 7, ""}}},
      {"16", std::vector<NoteSignature>(16, good)},
      {"17", std::vector<NoteSignature>(17, good)},
      {"none", {}},
  };
  CheckerCases cases;
  for (const auto& [name, signatures] : below) cases.push_back(OpenCase(name, JoinNote(text, signatures), TestVkey()));
  for (const std::string other : {"", "a+b", "a\u00a0b", "a\u2003b", "a\tb", "\u00e9", "a\u007fb", "a b"}) {
    cases.push_back(OpenCase("beside " + Quoted(other), JoinNote(text, {good, {other, 7, "x"}}), TestVkey()));
  }
  const std::string note = JoinNote(text, {good});
  cases.push_back(OpenCase("another key", note, FormatVerifierKey(TestVerifierKey(2))));
  cases.push_back(OpenCase("as long as may be", SignedByTestKey(text + std::string(999'000 - note.size(), 'x') + "\n"),
                           TestVkey()));
  cases.push_back(
      OpenCase("too long", SignedByTestKey(text + std::string(1'000'001 - note.size(), 'x') + "\n"), TestVkey()));
  EXPECT_EQ(Compare(cases), 9u);
}

// Of other lengths and types, each with the id that its name and bytes have.
TEST_F(Checkers, AgreeOnKeysThatAreNotOfEd25519) {
  const auto vkey = [](const std::string& name, const std::string& typed) {
    return name + "+" + Hex(View(Sha256({name, "\n", typed}))).substr(0, 8) + "+" + Base64(typed);
  };
  const std::string good = '\x01' + TestKey().public_key();
  CheckerCases cases;
  for (const std::string& typed : {good, good.substr(0, 32), good + "x", good + good, std::string("\x01"),
                                   std::string(), good.substr(1), '\x02' + good.substr(1), '\x00' + good.substr(1)}) {
    cases.push_back(KeyCase("of " + std::to_string(typed.size()) + " bytes", vkey("a name", typed)));
    cases.push_back(KeyCase("of " + std::to_string(typed.size()) + " bytes", vkey("name", typed)));
  }
  for (const std::string name : {"", "a+b", "a\u00a0b", "a\nb", "\u00e9", "a\u200bb", "a\u007fb"}) {
    cases.push_back(KeyCase("named " + Quoted(name), vkey(name, good)));
  }
  const std::string vkey_of_test = TestVkey();
  const size_t plus = vkey_of_test.find('+');
  std::string capitals = vkey_of_test;
  for (size_t i = plus; i < plus + 9; ++i) capitals[i] = static_cast<char>(toupper(capitals[i]));
  cases.push_back(KeyCase("its id in capitals", capitals));
  EXPECT_EQ(Compare(cases), 5u) << "of the good name, of three strange ones, and in capitals";
}

// Keys that are no key of anybody: of a small order, or no point at all. With the first of them the signature below
// verifies for every text by the equation alone.
TEST_F(Checkers, AgreeOnKeysThatNobodyHas) {
  const std::string text = std::string(kTestOrigin) + "\n5\n" + SomeRoot() + "\n";
  const std::vector<std::string> points = {
      "0100000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "0200000000000000000000000000000000000000000000000000000000000000",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  };
  CheckerCases cases;
  for (const std::string& point : points) {
    const auto key = MakeVerifierKey(kTestOrigin, *ParseHex(point));
    for (const std::string& r : points) {
      const NoteSignature signature{key->name, key->key_id, *ParseHex(r) + std::string(32, '\0')};
      cases.push_back(OpenCase(point + " " + r, JoinNote(text, {signature}), FormatVerifierKey(*key)));
    }
  }
  EXPECT_EQ(Compare(cases), 6u) << "which the equation alone accepts";
}

}  // namespace
}  // namespace envledger
