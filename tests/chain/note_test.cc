#include "ledger/chain/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ledger/chain/tree.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// Golden vectors, made once by an implementation of RFC 8032 and C2SP signed-note that shares nothing with this one:
// the checkpoint of a tree with the one leaf "entry", signed with the seed 00 01 02 ... 1f, and by a witness's 07 07
// ... 07.
constexpr char kOrigin[] = "ledger.example/audit";
constexpr char kVkey[] = "ledger.example/audit+2a52108c+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
constexpr char kText[] = "ledger.example/audit\n1\n2cLWa1IsJSJyj1Of+fZ7hdQN7/8JX8ilKMmU9PNbs94=\n";
constexpr char kSignatureLine[] =
    "\u2014 ledger.example/audit "
    "KlIQjDyxWUvUdC3BkoO5t3JYr9V4ZQdm9FyCMZ/bP72CalMs1kY9a4glluFdvtAESFVkCnIBElrs8T/t88ajPk3g3Qc=\n";
constexpr char kWitnessVkey[] = "witness.example+67d0d0f7+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
constexpr char kWitnessLine[] =
    "\u2014 witness.example "
    "Z9DQ9wb1YiO8IGG1ndt77fFIx9MiLtPhJc4BUZhPYn1KIvvsUvHEzj7pL4q9AszHf8m5F4ll06FbNGiUPTuQi7jAvAY=\n";

std::string NoteOf(const std::string& text, const std::string& signatures) { return text + "\n" + signatures; }

SigningKey LedgerKey() {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed.push_back(static_cast<char>(i));
  Result<SigningKey> key = SigningKey::FromSeed(seed);
  EXPECT_TRUE(key.ok());
  return *std::move(key);
}
SigningKey WitnessKey() { return *SigningKey::FromSeed(std::string(32, '\x07')); }

VerifierKey Parsed(const std::string& vkey) {
  Result<VerifierKey> key = ParseVerifierKey(vkey);
  EXPECT_TRUE(key.ok()) << key.status().ToString();
  return *std::move(key);
}

void ExpectBadNote(const std::string& bytes, const std::string& why) {
  const Result<Note> note = ParseNote(bytes);
  ASSERT_FALSE(note.ok()) << why;
  EXPECT_EQ(note.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(note.status().message(), HasSubstr(why));
}

TEST(VerifierKeyTest, IsTheGoldenOne) {
  const Result<VerifierKey> key = MakeVerifierKey(kOrigin, LedgerKey().public_key());
  ASSERT_TRUE(key.ok()) << key.status().ToString();
  EXPECT_EQ(FormatVerifierKey(*key), kVkey);
  EXPECT_EQ(Parsed(kVkey), *key);
  EXPECT_EQ(FormatVerifierKey(Parsed(kWitnessVkey)), kWitnessVkey);
}

TEST(VerifierKeyTest, ReadsAKeyIdInUpperCase) {
  EXPECT_EQ(Parsed("ledger.example/audit+2A52108C+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"), Parsed(kVkey));
}

TEST(VerifierKeyTest, NamesAreNotEmptyAndHoldNoSpaceControlOrPlus) {
  const std::string public_key = LedgerKey().public_key();
  for (const std::string name : {"", "a b", "a+b", "a\nb", "a\tb", "a\u00A0b", "a\u2003b", "a\u3000", "\u0085",
                                 "\u1680b", "\xFF\xFE", "a\x01", "a\u2028"}) {
    const Result<VerifierKey> key = MakeVerifierKey(name, public_key);
    ASSERT_FALSE(key.ok()) << name;
    EXPECT_EQ(key.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(key.status().message(), HasSubstr("is not a key name"));
  }
  for (const std::string name : {"a", "ledger.example/audit", "\u00FCber.example", "\u200Bzero-width-is-no-space"}) {
    EXPECT_TRUE(MakeVerifierKey(name, public_key).ok()) << name;
  }
}

TEST(VerifierKeyTest, APublicKeyHas32Bytes) {
  for (const size_t size : {0, 31, 33}) {
    EXPECT_EQ(MakeVerifierKey("a", std::string(size, 'k')).status().code(), Code::kInvalidArgument) << size;
  }
}

TEST(VerifierKeyTest, RefusesEveryOtherForm) {
  const std::string base64 = "AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "has the form"},
      {"ledger.example/audit", "has the form"},
      {"ledger.example/audit+2a52108c", "has the form"},
      {"ledger.example/audit+2a52108+" + base64, "8 hexadecimal digits"},
      {"ledger.example/audit+02a52108c+" + base64, "8 hexadecimal digits"},
      {"ledger.example/audit+002a52108c+" + base64, "8 hexadecimal digits"},
      {"ledger.example/audit+2a52108g+" + base64, "8 hexadecimal digits"},
      {"ledger.example/audit++" + base64, "8 hexadecimal digits"},
      {"ledger.example/audit+2a52108c+", "not base64"},
      {"ledger.example/audit+2a52108c+" + base64 + "\n", "not base64"},
      {"ledger.example/audit+2a52108c+" + base64.substr(1), "not base64"},
      {"ledger.example/audit+2a52108c+" + base64.substr(4), "signature type"},
      {"ledger.example/audit+2a52108c+" + base64.substr(0, 40), "has 32 bytes, not 29"},
      {"ledger.example/audit+2a52108c+" + base64 + "AAAA", "has 32 bytes, not 35"},
      {"ledger.example/audit+2a52108d+" + base64, "but that of this name and key is 2a52108c"},
      {"ledger.example/other+2a52108c+" + base64, "but that of this name and key is"},
      {" +2a52108c+" + base64, "is not a key name"},
      {"+2a52108c+" + base64, "is not a key name"},
  };
  for (const auto& [text, why] : cases) {
    const Result<VerifierKey> key = ParseVerifierKey(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(key.status().code(), Code::kInvalidArgument) << text;
    EXPECT_THAT(key.status().message(), HasSubstr(why)) << text;
  }
}

TEST(NoteTest, SigningGivesTheGoldenBytes) {
  const SigningKey ledger = LedgerKey();
  const SigningKey witness = WitnessKey();
  EXPECT_EQ(SignNote(kText, {{Parsed(kVkey), &ledger}}), NoteOf(kText, kSignatureLine));
  EXPECT_EQ(SignNote(kText, {{Parsed(kVkey), &ledger}, {Parsed(kWitnessVkey), &witness}}),
            NoteOf(kText, std::string(kSignatureLine) + kWitnessLine));
}

TEST(NoteTest, ParsingGivesTheTextAndTheSignaturesInOrder) {
  const Result<Note> note = ParseNote(NoteOf(kText, std::string(kSignatureLine) + kWitnessLine));
  ASSERT_TRUE(note.ok()) << note.status().ToString();
  EXPECT_EQ(note->text, kText);
  ASSERT_EQ(note->signatures.size(), 2u);
  EXPECT_EQ(note->signatures[0].name, kOrigin);
  EXPECT_EQ(note->signatures[0].key_id, 0x2a52108cu);
  EXPECT_EQ(note->signatures[0].signature, LedgerKey().Sign(kText));
  EXPECT_EQ(note->signatures[1].name, "witness.example");
  EXPECT_EQ(note->signatures[1].key_id, 0x67d0d0f7u);
}

TEST(NoteTest, TheTextMayHoldBlankLinesAndLinesThatLookLikeSignatures) {
  const SigningKey ledger = LedgerKey();
  for (const std::string text :
       {"\n", "\n\n", "one\n\ntwo\n", "one\n\n\n\ntwo\n\n", "one\n\n\u2014 a AAAAAAAA\nmore\n"}) {
    const Result<Note> note = ParseNote(SignNote(text, {{Parsed(kVkey), &ledger}}));
    ASSERT_TRUE(note.ok()) << note.status().ToString();
    EXPECT_EQ(note->text, text);
    EXPECT_TRUE(VerifyNote(*note, Parsed(kVkey)).ok());
  }
}

TEST(NoteTest, MalformedNotesAreRefusedSayingWhatAndWhere) {
  const std::string good = NoteOf(kText, kSignatureLine);
  const std::string bad_name = "\u2014 na\u00A0me AAAAAAAA\n";
  ExpectBadNote("", "does not end in a newline");
  ExpectBadNote("\n", "no blank line");
  ExpectBadNote(kText, "no blank line");
  ExpectBadNote(std::string(kText) + kSignatureLine, "no blank line");
  ExpectBadNote(NoteOf(kText, ""), "no signature after");
  ExpectBadNote(good + "\n", "no signature after");
  ExpectBadNote(good.substr(0, good.size() - 1), "does not end in a newline");
  ExpectBadNote(good + "more\n", "line 6: a signature line begins with");
  ExpectBadNote(NoteOf(kText, "- ledger.example/audit AAAAAAAA\n"), "line 5: a signature line begins with");
  ExpectBadNote(NoteOf(kText, "\u2014ledger.example/audit AAAAAAAA\n"), "line 5: a signature line begins with");
  ExpectBadNote(NoteOf(kText, "\u2014 ledger.example/audit\n"), "line 5: no space");
  ExpectBadNote(NoteOf(kText, "\u2014  AAAAAAAA\n"), "line 5: \"\" is not a key name");
  ExpectBadNote(NoteOf(kText, kSignatureLine + bad_name), "line 6: \"na\u00A0me\" is not a key name");
  ExpectBadNote(NoteOf(kText, "\u2014 a+b AAAAAAAA\n"), "\"a+b\" is not a key name");
  ExpectBadNote("a\rb" + good, "line 1: control character 0x0d");
  ExpectBadNote("one\ntwo\x01\n" + good, "line 2: control character 0x01");
  ExpectBadNote(std::string("\0", 1) + good, "control character 0x00");
  ExpectBadNote("\xC3" + good, "not UTF-8");
}

TEST(NoteTest, ASignatureIsCanonicalBase64OfMoreThanAKeyId) {
  const auto line = [](const std::string& value) { return NoteOf(kText, "\u2014 name " + value + "\n"); };
  EXPECT_TRUE(ParseNote(line("AAAAAAA=")).ok()) << "a key id and one byte";
  ExpectBadNote(line("AAAAAA=="), "too short");
  ExpectBadNote(line("AAAA"), "too short");
  ExpectBadNote(line(""), "too short");
  ExpectBadNote(line("AAAAAAB="), "not base64");   // spare bits that are not zero
  ExpectBadNote(line("AAAAAAA"), "not base64");    // no padding
  ExpectBadNote(line("AAAAAAA_"), "not base64");   // the other alphabet
  ExpectBadNote(line("AAAAAAA= "), "not base64");  // something after it
  ExpectBadNote(line(" AAAAAAA="), "not base64");
}

TEST(NoteTest, SixteenSignaturesAreAcceptedAndMoreAreNot) {
  std::string lines = kSignatureLine;
  for (size_t i = 1; i < kMaxNoteSignatures; ++i) lines += "\u2014 other" + std::to_string(i) + " AAAAAAAA\n";
  const Result<Note> note = ParseNote(NoteOf(kText, lines));
  ASSERT_TRUE(note.ok()) << note.status().ToString();
  EXPECT_EQ(note->signatures.size(), 16u);
  EXPECT_TRUE(VerifyNote(*note, Parsed(kVkey)).ok());
  ExpectBadNote(NoteOf(kText, lines + kWitnessLine), "line 21: more than 16 signatures");
}

TEST(NoteTest, ANoteOfAMillionBytesIsAcceptedAndALongerOneIsNot) {
  const std::string rest = std::string("\n\n") + kSignatureLine;
  const std::string largest = std::string(kMaxNoteBytes - rest.size(), 'x') + rest;
  EXPECT_TRUE(ParseNote(largest).ok());
  ExpectBadNote("x" + largest, "longer than 1000000 bytes");
}

TEST(NoteTest, ANoteVerifiesByEachOfItsKeysAndIgnoresTheOthers) {
  const Result<Note> note = ParseNote(NoteOf(kText, std::string(kSignatureLine) + kWitnessLine));
  ASSERT_TRUE(note.ok());
  EXPECT_TRUE(VerifyNote(*note, Parsed(kVkey)).ok());
  EXPECT_TRUE(VerifyNote(*note, Parsed(kWitnessVkey)).ok());
}

TEST(NoteTest, ANoteThatTheKeyDidNotSignIsNotFound) {
  const Result<Note> note = ParseNote(NoteOf(kText, kWitnessLine));
  ASSERT_TRUE(note.ok());
  EXPECT_EQ(VerifyNote(*note, Parsed(kVkey)).code(), Code::kNotFound);
  const Result<VerifierKey> same_name = MakeVerifierKey("witness.example", LedgerKey().public_key());
  ASSERT_TRUE(same_name.ok());
  EXPECT_EQ(VerifyNote(*note, *same_name).code(), Code::kNotFound) << "the name alone does not make it this key";
  const Result<VerifierKey> same_key = MakeVerifierKey("other.example", WitnessKey().public_key());
  ASSERT_TRUE(same_key.ok());
  EXPECT_EQ(VerifyNote(*note, *same_key).code(), Code::kNotFound) << "nor does the public key";
}

TEST(NoteTest, ASignatureThatNamesTheKeyAndDoesNotVerifyIsCorruption) {
  Result<Note> note = ParseNote(NoteOf(kText, kSignatureLine));
  ASSERT_TRUE(note.ok());
  Note changed = *note;
  changed.text[0] = 'L';
  EXPECT_EQ(VerifyNote(changed, Parsed(kVkey)).code(), Code::kCorruption);
  changed = *note;
  changed.signatures[0].signature.pop_back();
  EXPECT_EQ(VerifyNote(changed, Parsed(kVkey)).code(), Code::kCorruption);
  changed = *note;
  changed.signatures.push_back(changed.signatures[0]);
  EXPECT_TRUE(VerifyNote(changed, Parsed(kVkey)).ok()) << "the same line twice";
  changed.signatures[1].signature[5] ^= 1;
  EXPECT_EQ(VerifyNote(changed, Parsed(kVkey)).code(), Code::kCorruption) << "a true one beside it does not help";
}

TEST(CheckpointTest, IsTheGoldenTextAndComesBack) {
  const Checkpoint checkpoint{kOrigin, 1, LeafHash("entry")};
  EXPECT_EQ(FormatCheckpoint(checkpoint), kText);
  const Result<Checkpoint> parsed = ParseCheckpoint(kText);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(*parsed, checkpoint);
}

TEST(CheckpointTest, EverySizeAndAnyOriginComeBack) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{10}, ~uint64_t{0}}) {
    for (const std::string origin : {"a", "an origin with spaces + plus", "\u00FC"}) {
      const Checkpoint checkpoint{origin, size, EmptyRoot()};
      const Result<Checkpoint> parsed = ParseCheckpoint(FormatCheckpoint(checkpoint));
      ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
      EXPECT_EQ(*parsed, checkpoint);
    }
  }
}

TEST(CheckpointTest, ExtensionLinesAreIgnored) {
  const Result<Checkpoint> parsed = ParseCheckpoint(std::string(kText) + "some extension\nAnother+=\n");
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(*parsed, (Checkpoint{kOrigin, 1, LeafHash("entry")}));
}

TEST(CheckpointTest, RefusesEveryOtherText) {
  const std::string root = "2cLWa1IsJSJyj1Of+fZ7hdQN7/8JX8ilKMmU9PNbs94=";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "does not end in a newline"},
      {"o\n1\n" + root, "does not end in a newline"},
      {"\n1\n" + root + "\n", "no origin"},
      {"o\n1\n", "fewer than three lines"},
      {"o\n\n" + root + "\n", "empty line"},
      {"o\n1\n" + root + "\n\n", "empty line"},
      {"o\n1\n" + root + "\n\nextension\n", "empty line"},
      {"o\n01\n" + root + "\n", "plain decimal"},
      {"o\n00\n" + root + "\n", "plain decimal"},
      {"o\n-1\n" + root + "\n", "plain decimal"},
      {"o\n+1\n" + root + "\n", "plain decimal"},
      {"o\n0x1\n" + root + "\n", "plain decimal"},
      {"o\n1 \n" + root + "\n", "plain decimal"},
      {"o\n18446744073709551616\n" + root + "\n", "plain decimal"},
      {"o\n1\n" + root.substr(4) + "\n", "not 32 bytes"},
      {"o\n1\nAAAA" + root + "\n", "not 32 bytes"},
      {"o\n1\n" + root.substr(0, 43) + "\n", "not 32 bytes"},
      {"o\n1\n" + root + " \n", "not 32 bytes"},
      {"o\n1\n" + root.substr(0, 42) + "5=\n", "not 32 bytes"},  // spare bits that are not zero
  };
  for (const auto& [text, why] : cases) {
    const Result<Checkpoint> checkpoint = ParseCheckpoint(text);
    ASSERT_FALSE(checkpoint.ok()) << text;
    EXPECT_EQ(checkpoint.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(checkpoint.status().message(), HasSubstr(why)) << text;
  }
}

TEST(CheckpointTest, OpeningASignedCheckpointGivesIt) {
  const Result<Checkpoint> opened =
      OpenCheckpoint(NoteOf(kText, std::string(kWitnessLine) + kSignatureLine), Parsed(kVkey));
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  EXPECT_EQ(*opened, (Checkpoint{kOrigin, 1, LeafHash("entry")}));
}

TEST(CheckpointTest, OpeningTellsAWrongKeyFromAForgeryFromAnotherLog) {
  const VerifierKey key = Parsed(kVkey);
  const std::string note = NoteOf(kText, kSignatureLine);
  EXPECT_EQ(OpenCheckpoint(NoteOf(kText, kWitnessLine), key).status().code(), Code::kNotFound);
  std::string forged = note;
  forged[forged.find("\n1\n") + 1] = '2';
  EXPECT_EQ(OpenCheckpoint(forged, key).status().code(), Code::kCorruption);
  EXPECT_EQ(OpenCheckpoint(note + "x\n", key).status().code(), Code::kInvalidArgument);

  const SigningKey ledger = LedgerKey();
  const std::string other_log = SignNote(FormatCheckpoint({"other.example", 1, EmptyRoot()}), {{key, &ledger}});
  EXPECT_EQ(OpenCheckpoint(other_log, key).status().code(), Code::kInvalidArgument);
  EXPECT_THAT(OpenCheckpoint(other_log, key).status().message(), HasSubstr("has the origin \"other.example\""));
  const std::string no_checkpoint = SignNote("just a note\n", {{key, &ledger}});
  EXPECT_EQ(OpenCheckpoint(no_checkpoint, key).status().code(), Code::kInvalidArgument);
}

TEST(Checkpoint, IsReadFromANoteWhoeverSignedIt) {
  const std::string bytes = NoteOf(kText, std::string(kSignatureLine) + kWitnessLine);
  const Result<Checkpoint> checkpoint = ReadCheckpointNote(bytes);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_EQ(*checkpoint, *ParseCheckpoint(kText));
  Note note;
  ASSERT_TRUE(ReadCheckpointNote(bytes, &note).ok());
  EXPECT_EQ(note.text, kText);
  EXPECT_EQ(note.signatures.size(), 2u);
  EXPECT_EQ(ReadCheckpointNote("no note").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ReadCheckpointNote(NoteOf("three\nlines, but\nno checkpoint\n", kSignatureLine)).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace envledger
