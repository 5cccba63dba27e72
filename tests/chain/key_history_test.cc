// Rotations of the signing key, and what verification makes of a ledger that has some.
#include "ledger/chain/key_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/chain/verifier.h"
#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

KeyRotated Rotation(char from, char to) { return MakeRotation(kTestOrigin, TestKey(from), TestKey(to)); }

KeyHistory FirstKey() {
  return *KeyHistory::From(Genesis{kTestOrigin, TestKey(1).public_key(), kFormatVersion, kTestStart}, kTestStart);
}

TEST(RotationTest, TheTextIsTheOneOfTheFormat) {
  EXPECT_EQ(RotationText("a.example/l", std::string(32, '\0'), std::string(32, '\xFF')),
            "envledger key rotation v1\na.example/l\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
            "//////////////////////////////////////////8=\n");
}

TEST(RotationTest, EveryChangedBitOfARotationIsRefused) {
  const KeyRotated good = Rotation(1, 2);
  ASSERT_TRUE(CheckRotation(kTestOrigin, good).ok());
  EXPECT_FALSE(CheckRotation("another.example", good).ok());
  for (std::string KeyRotated::*field :
       {&KeyRotated::old_key, &KeyRotated::new_key, &KeyRotated::signature, &KeyRotated::acceptance}) {
    for (size_t bit = 0; bit < 8 * (good.*field).size(); ++bit) {
      KeyRotated bad = good;
      (bad.*field)[bit / 8] = static_cast<char>((bad.*field)[bit / 8] ^ (1 << bit % 8));
      ASSERT_FALSE(CheckRotation(kTestOrigin, bad).ok()) << "bit " << bit;
    }
    KeyRotated bad = good;
    (bad.*field).clear();
    EXPECT_FALSE(CheckRotation(kTestOrigin, bad).ok());
  }
}

TEST(RotationTest, NeitherKeyAloneCanMakeOne) {
  KeyRotated rotation = Rotation(1, 2);
  rotation.acceptance = rotation.signature;
  EXPECT_THAT(CheckRotation(kTestOrigin, rotation).message(), HasSubstr("not accepted by the new key"));
  rotation = Rotation(1, 2);
  rotation.signature = rotation.acceptance;
  EXPECT_THAT(CheckRotation(kTestOrigin, rotation).message(), HasSubstr("not signed by the old key"));
}

TEST(RotationTest, ANoteHoldsItAndIsReadBack) {
  const KeyRotated rotation = Rotation(1, 2);
  const std::string note = RotationNote(kTestOrigin, rotation);
  const auto parsed = ParseNote(note);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(VerifyNote(*parsed, TestVerifierKey(1)).ok()) << "any reader of signed notes can check it";
  EXPECT_TRUE(VerifyNote(*parsed, TestVerifierKey(2)).ok());
  const auto read = ReadRotationNote(note, kTestOrigin);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->old_key, rotation.old_key);
  EXPECT_EQ(read->new_key, rotation.new_key);
  EXPECT_EQ(read->signature, rotation.signature);
  EXPECT_EQ(read->acceptance, rotation.acceptance);
}

TEST(RotationTest, ANoteOfSomethingElseIsRefused) {
  const std::string note = RotationNote(kTestOrigin, Rotation(1, 2));
  EXPECT_FALSE(ReadRotationNote(note, "another.example").ok());
  EXPECT_FALSE(ReadRotationNote("", kTestOrigin).ok());
  EXPECT_FALSE(ReadRotationNote(SignedNote(Seal(Drafts({}))), kTestOrigin).ok()) << "a checkpoint";
  const size_t second_line = note.rfind("\xE2\x80\x94");
  EXPECT_FALSE(ReadRotationNote(note.substr(0, second_line), kTestOrigin).ok()) << "without the acceptance";
  for (size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(ReadRotationNote(changed, kTestOrigin).ok()) << "byte " << i;
  }
}

TEST(KeyHistoryTest, AKeySignsUpToItsSuccessorsEntryAndNoFurther) {
  KeyHistory keys = FirstKey();
  ASSERT_TRUE(keys.Add(5, kTestStart + 5, Rotation(1, 2)).ok());
  ASSERT_TRUE(keys.Add(9, kTestStart + 9, Rotation(2, 3)).ok());
  EXPECT_EQ(keys.KeyAt(0), TestVerifierKey(1));
  EXPECT_EQ(keys.KeyAt(1), TestVerifierKey(1));
  EXPECT_EQ(keys.KeyAt(5), TestVerifierKey(1));
  EXPECT_EQ(keys.KeyAt(6), TestVerifierKey(2));
  EXPECT_EQ(keys.KeyAt(9), TestVerifierKey(2));
  EXPECT_EQ(keys.KeyAt(10), TestVerifierKey(3));
  EXPECT_EQ(keys.KeyAt(UINT64_MAX), TestVerifierKey(3));
  EXPECT_EQ(keys.current().seq, 9u);
  EXPECT_EQ(keys.current().recorded_at, kTestStart + 9);
  EXPECT_EQ(keys.IndexOf(TestVerifierKey(2)), 1u);
  EXPECT_EQ(keys.IndexOf(TestVerifierKey(4)), 3u);
}

TEST(KeyHistoryTest, OnlyTheKeyInForceHandsOverAndNeverToAnOldKey) {
  KeyHistory keys = FirstKey();
  EXPECT_THAT(keys.Add(5, 0, Rotation(2, 3)).message(), HasSubstr("the key in force is"));
  EXPECT_THAT(keys.Add(5, 0, Rotation(1, 1)).message(), HasSubstr("was in force before"));
  ASSERT_TRUE(keys.Add(5, 0, Rotation(1, 2)).ok());
  EXPECT_FALSE(keys.Add(6, 0, Rotation(1, 3)).ok());
  EXPECT_THAT(keys.Add(6, 0, Rotation(2, 1)).message(), HasSubstr("was in force before"));
  KeyRotated forged = Rotation(2, 3);
  forged.acceptance.back() = static_cast<char>(forged.acceptance.back() ^ 1);
  EXPECT_FALSE(keys.Add(6, 0, forged).ok());
  EXPECT_EQ(keys.keys().size(), 2u) << "what is refused changes nothing";
}

// A ledger of 8 entries whose entry 4 rotates from key 1 to key 2.
class RotatedLedgerTest : public ::testing::Test {
 protected:
  static std::vector<std::string> Entries(const KeyRotated& rotation) {
    auto drafts = Drafts({Opening("e1"), Opening("e2"), Opening("e3")});
    drafts.push_back(DraftOf(rotation, kTestStart + 10 * kSecond));
    for (int i = 0; i < 3; ++i) {
      drafts.push_back(DraftOf(Opening("late" + std::to_string(i)), kTestStart + (20 + i) * kSecond));
    }
    Relink(drafts);
    return Seal(drafts);
  }
  std::vector<std::string> First(size_t size) const {
    return {entries_.begin(), entries_.begin() + static_cast<long>(size)};
  }
  CheckpointInput Stored(size_t size, char seed) const { return {SignedNote(First(size), seed), "stored", false}; }
  CheckpointInput Anchor(size_t size, char seed) const { return {SignedNote(First(size), seed), "kept", true}; }
  // By keys 1 and 2, in the order given.
  CheckpointInput Both(size_t size, char first, char second) const {
    const SigningKey a = TestKey(first);
    const SigningKey b = TestKey(second);
    const Checkpoint checkpoint{kTestOrigin, size, RootOf(First(size))};
    return {SignNote(FormatCheckpoint(checkpoint), {{TestVerifierKey(first), &a}, {TestVerifierKey(second), &b}}),
            "stored by both", false};
  }
  std::vector<CheckpointInput> AllStored() const {
    return {Stored(1, 1), Both(4, 1, 2), Both(5, 2, 1), Stored(7, 2), Stored(8, 2)};
  }

  const std::vector<std::string> entries_ = Entries(Rotation(1, 2));
};

TEST_F(RotatedLedgerTest, VerifiesWithNoKeyTheOldKeyAndTheNewKey) {
  const VerifyReport alone = VerifyEntries(entries_, AllStored());
  EXPECT_EQ(alone.verdict, Verdict::kUnanchored) << alone.checks.at("key");
  EXPECT_EQ(alone.checkpoints, 5u);
  EXPECT_EQ(alone.key, TestVerifierKey(2));
  ASSERT_EQ(alone.keys.size(), 2u);
  EXPECT_EQ(alone.keys[1].seq, 4u);
  EXPECT_THAT(alone.checks.at("key"), HasSubstr("from entry 4 on " + FormatVerifierKey(TestVerifierKey(2))));
  for (const char given : {1, 2}) {
    EXPECT_EQ(VerifyEntries(entries_, AllStored(), TestVerifierKey(given)).verdict, Verdict::kUnanchored);
  }
}

TEST_F(RotatedLedgerTest, AnOldAnchorVerifiesForeverWithEitherKey) {
  for (const char given : {1, 2}) {
    for (const auto& [size, seed] : std::vector<std::pair<size_t, char>>{{3, 1}, {4, 1}, {5, 2}, {8, 2}}) {
      auto checkpoints = AllStored();
      checkpoints.push_back(Anchor(size, seed));
      const VerifyReport report = VerifyEntries(entries_, checkpoints, TestVerifierKey(given));
      EXPECT_EQ(report.verdict, Verdict::kValid) << size;
    }
  }
}

TEST_F(RotatedLedgerTest, ACheckpointByTheKeyOfAnotherSizeIsTheWrongKey) {
  for (const CheckpointInput& wrong : {Stored(5, 1), Stored(8, 1), Stored(4, 2), Anchor(3, 2), Anchor(7, 1)}) {
    auto checkpoints = AllStored();
    checkpoints.push_back(wrong);
    const VerifyReport report = VerifyEntries(entries_, checkpoints, TestVerifierKey(2));
    EXPECT_EQ(Name(report.verdict), Name(Verdict::kWrongKey));
    EXPECT_EQ(report.failures.at(0).check, "key");
    EXPECT_THAT(report.failures.at(0).message, HasSubstr("the ledger's key at its size"));
  }
}

TEST_F(RotatedLedgerTest, EverySignatureByAKeyOfTheHistoryMustVerify) {
  for (const CheckpointInput& good : {Both(4, 1, 2), Both(4, 2, 1), Both(5, 2, 1), Both(5, 1, 2)}) {
    CheckpointInput bad = good;
    char& last = bad.note[bad.note.size() - 10];  // in the second signature
    last = last == 'A' ? 'B' : 'A';
    const VerifyReport report = VerifyEntries(entries_, {bad, Stored(8, 2)}, TestVerifierKey(1));
    EXPECT_EQ(Name(report.verdict), Name(Verdict::kTampered));
  }
  const VerifyReport stranger = VerifyEntries(entries_, {Both(8, 2, 9)}, TestVerifierKey(1));
  EXPECT_EQ(stranger.verdict, Verdict::kUnanchored) << "lines by unknown keys are ignored";
}

TEST_F(RotatedLedgerTest, AKeyThatIsNoneOfTheHistoryIsTheWrongKey) {
  auto checkpoints = AllStored();
  checkpoints.push_back(Both(8, 2, 3));
  const VerifyReport report = VerifyEntries(entries_, checkpoints, TestVerifierKey(3));
  EXPECT_EQ(Name(report.verdict), Name(Verdict::kWrongKey));
  EXPECT_THAT(report.failures.at(0).message, HasSubstr("none of the ledger's 2 keys"));
}

TEST_F(RotatedLedgerTest, NothingSignedByTheGivenKeyOrALaterOneIsTheWrongKey) {
  const VerifyReport before = VerifyEntries(entries_, {Stored(1, 1), Stored(4, 1)}, TestVerifierKey(2));
  EXPECT_EQ(Name(before.verdict), Name(Verdict::kWrongKey)) << "whoever has the old key can write all of this";
  EXPECT_THAT(before.failures.at(0).message, HasSubstr("no checkpoint that agrees with the entries is signed by"));
  EXPECT_EQ(VerifyEntries(entries_, {Stored(1, 1), Both(4, 1, 2)}, TestVerifierKey(2)).verdict, Verdict::kUnanchored);
  const VerifyReport none = VerifyEntries(entries_, {}, TestVerifierKey(1));
  EXPECT_EQ(Name(none.verdict), Name(Verdict::kWrongKey)) << "without any checkpoint nothing is signed at all";
}

TEST_F(RotatedLedgerTest, ARotationThatDoesNotHoldIsTampering) {
  std::vector<KeyRotated> forged = {Rotation(2, 3), Rotation(1, 1), Rotation(1, 2), Rotation(1, 2)};
  forged[2].acceptance = forged[2].signature;
  forged[3].signature = forged[3].acceptance;
  for (const KeyRotated& rotation : forged) {
    const VerifyReport report = VerifyEntries(Entries(rotation));
    EXPECT_EQ(Name(report.verdict), Name(Verdict::kTampered));
    EXPECT_EQ(report.failures.at(0).seq, 4u);
    EXPECT_EQ(report.failures.at(0).check, "key");
    EXPECT_EQ(report.keys.size(), 1u);
  }
}

TEST_F(RotatedLedgerTest, ATailCutOffWithItsRotationIsTruncationThoughItsSignerIsUnknown) {
  const VerifyReport report = VerifyEntries(First(3), {Stored(1, 1), Anchor(8, 2)}, TestVerifierKey(2));
  EXPECT_EQ(Name(report.verdict), Name(Verdict::kTruncated));
}

TEST_F(RotatedLedgerTest, AThiefOfTheOldKeyCannotSpeakForTheNewOne) {
  // He takes the rotation as it is, rewrites what is before it, and signs all he can.
  auto drafts = Drafts({Opening("e1"), Opening("changed"), Opening("e3")});
  drafts.push_back(DraftOf(Rotation(1, 2), kTestStart + 10 * kSecond));
  const auto forged = Seal(drafts);
  const std::vector<std::string> before(forged.begin(), forged.begin() + 4);
  const VerifyReport report = VerifyEntries(forged, {{SignedNote(before, 1), "stored", false}}, TestVerifierKey(2));
  EXPECT_EQ(Name(report.verdict), Name(Verdict::kWrongKey));
}

TEST_F(RotatedLedgerTest, SignersOfSaysWhoSigned) {
  KeyHistory keys = FirstKey();
  ASSERT_TRUE(keys.Add(4, 0, Rotation(1, 2)).ok());
  const auto note = ParseNote(Both(4, 2, 1).note);
  const NoteSigners signers = SignersOf(*note, keys);
  EXPECT_TRUE(signers.status.ok());
  EXPECT_THAT(signers.valid, ElementsAre(0, 1));
  EXPECT_TRUE(OpenCheckpoint(Both(4, 2, 1).note, keys).ok());
  EXPECT_EQ(OpenCheckpoint(Stored(4, 2).note, keys).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace envledger
