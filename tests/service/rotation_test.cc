// Rotations of the signing key, recorded at start: every step of it interrupted, and everything that is no rotation
// refused.
#include "ledger/service/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ledger/files/file.h"
#include "ledger/index/logged_keys.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kOld = 1;
constexpr char kNew = 2;

PendingRotation Pending(char from, char to, bool with_previous = true) {
  PendingRotation pending;
  pending.note = RotationNote(kTestOrigin, MakeRotation(kTestOrigin, TestKey(from), TestKey(to)));
  if (with_previous) pending.previous = TestKey(from);
  return pending;
}

class RotationTest : public ::testing::Test {
 protected:
  // A ledger with a few entries, orderly closed, and a checkpoint of it kept elsewhere.
  void SetUp() override {
    ledger_.Open();
    Append("before");
    ledger_.Close();
    kept_ = *ReadFile(Published(), kMaxNoteBytes);
    size_ = TestLedger::Entries(ledger_.data_dir()).size();
  }

  std::string Published() const { return PublishedCheckpointPath(ledger_.data_dir()); }
  void Append(const std::string& id) { ledger_.MustAppend({Encoded(Opening(id))}); }

  void MustOpen(char key, const PendingRotation* pending) {
    const Status opened = ledger_.TryOpen(key, pending);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }
  void ExpectRefused(char key, const PendingRotation* pending, Code code, const std::vector<std::string>& why) {
    const std::string published = *ReadFile(Published(), kMaxNoteBytes);
    const Status status = ledger_.TryOpen(key, pending);
    EXPECT_EQ(status.code(), code) << status.ToString();
    for (const std::string& text : why) EXPECT_THAT(status.message(), HasSubstr(text));
    EXPECT_EQ(*ReadFile(Published(), kMaxNoteBytes), published) << "nothing was signed";
  }

  // The closed ledger has recorded one rotation, after entry `size_`-1, and whoever knows either key can tell.
  void ExpectRotated(const std::string& what, bool by_both = true) {
    SCOPED_TRACE(what);
    const auto entries = TestLedger::Entries(ledger_.data_dir());
    std::vector<uint64_t> rotations;
    for (uint64_t seq = 0; seq < entries.size(); ++seq) {
      const auto entry = CheckEntry(entries[seq]);
      if (entry->event && std::holds_alternative<KeyRotated>(*entry->event)) rotations.push_back(seq);
    }
    ASSERT_EQ(rotations.size(), 1u);
    for (const char key : {kOld, kNew}) {
      const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(key), {{kept_, "kept", true}}, 1}, {});
      ASSERT_TRUE(report.ok()) << report.status().ToString();
      EXPECT_EQ(Name(report->verdict), Name(Verdict::kValid)) << Text(*report);
    }
    const auto log = LogDb::OpenReadOnly(LogPath(ledger_.data_dir()), {});
    ASSERT_TRUE(log.ok());
    const auto keys = NotedKeys(**log);
    ASSERT_TRUE(keys.ok()) << keys.status().ToString();
    EXPECT_EQ(keys->current().key, TestVerifierKey(kNew));
    EXPECT_EQ(keys->current().seq, rotations[0]);
    for (const uint64_t size : {rotations[0], rotations[0] + 1}) {
      const auto stored = (*log)->Checkpoints(size, 1);
      ASSERT_TRUE(stored.ok());
      ASSERT_EQ(stored->at(0).size, size) << "there is a checkpoint of exactly this size";
      const NoteSigners signers = SignersOf(*ParseNote(stored->at(0).note), *keys);
      EXPECT_TRUE(signers.status.ok());
      EXPECT_EQ(signers.valid.size(), by_both ? 2u : 1u) << size;
    }
  }

  TestLedger ledger_;
  std::string kept_;
  uint64_t size_ = 0;
};

TEST_F(RotationTest, IsRecordedBeforeAnythingElseIsSealed) {
  const PendingRotation pending = Pending(kOld, kNew);
  MustOpen(kNew, &pending);
  EXPECT_EQ(ledger_.ledger().verifier_key(), TestVerifierKey(kNew));
  EXPECT_EQ(ledger_.ledger().Describe().vkey, FormatVerifierKey(TestVerifierKey(kNew)));
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
  Append("after");
  ledger_.Close();
  ExpectRotated("at once");
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  EXPECT_TRUE(std::holds_alternative<KeyRotated>(*CheckEntry(entries[size_])->event));
  EXPECT_TRUE(std::holds_alternative<Opened>(*CheckEntry(entries[size_ + 1])->event));
  EXPECT_EQ(CheckEntry(entries[size_])->header.recorder.producer, "envledgerd");
}

TEST_F(RotationTest, WhatIsLeftBesideTheKeyIsNotRecordedAgain) {
  const PendingRotation pending = Pending(kOld, kNew);
  for (int start = 0; start < 3; ++start) {
    MustOpen(kNew, &pending);
    ledger_.Close();
  }
  MustOpen(kNew, nullptr);
  ledger_.Close();
  ExpectRotated("four starts");
}

TEST_F(RotationTest, GoesWithoutThePreviousKeyToo) {
  const PendingRotation pending = Pending(kOld, kNew, false);
  MustOpen(kNew, &pending);
  ledger_.Close();
  ExpectRotated("without the previous key", false);
}

TEST_F(RotationTest, AnotherKeyThanThePreviousOneIsNotUsed) {
  PendingRotation pending = Pending(kOld, kNew);
  pending.previous = TestKey(7);
  MustOpen(kNew, &pending);
  ledger_.Close();
  ExpectRotated("with a stranger's key", false);
}

TEST_F(RotationTest, FollowsARotationAfterARotation) {
  const PendingRotation first = Pending(kOld, kNew);
  MustOpen(kNew, &first);
  ledger_.Close();
  const PendingRotation second = Pending(kNew, 3);
  MustOpen(3, &second);
  Append("after-both");
  ledger_.Close();
  for (const char key : {1, 2, 3}) {
    const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(key), {{kept_, "kept", true}}, 1}, {});
    EXPECT_EQ(Name(report->verdict), Name(Verdict::kValid)) << Text(*report);
    EXPECT_EQ(report->keys.size(), 3u);
  }
  const PendingRotation back = Pending(3, kOld);
  ExpectRefused(kOld, &back, Code::kNotPermitted, {"was replaced by entry " + std::to_string(size_)});
}

TEST_F(RotationTest, ARotationAfterAKillCoversTheTail) {
  ledger_.Open();
  Append("uncovered");
  ledger_.Kill();
  const PendingRotation pending = Pending(kOld, kNew);
  MustOpen(kNew, &pending);
  ledger_.Kill();  // before any checkpoint over `opened`
  MustOpen(kNew, nullptr);
  ledger_.Close();
  ExpectRotated("after kills");
}

TEST_F(RotationTest, ANewKeyWithoutItsRotationIsRefused) {
  const std::string old_vkey = FormatVerifierKey(TestVerifierKey(kOld));
  const std::string new_vkey = FormatVerifierKey(TestVerifierKey(kNew));
  ExpectRefused(kNew, nullptr, Code::kNotPermitted, {old_vkey, new_vkey});
  std::vector<PendingRotation> wrong;
  for (const std::string& note :
       {std::string(), std::string("not a note"), kept_, Pending(3, kNew).note, Pending(kOld, 3).note,
        RotationNote("another.example", MakeRotation("another.example", TestKey(kOld), TestKey(kNew)))}) {
    wrong.push_back({note, TestKey(kOld)});
  }
  KeyRotated forged = MakeRotation(kTestOrigin, TestKey(kOld), TestKey(kNew));
  forged.signature = forged.acceptance;  // whoever has only the new key
  wrong.push_back({RotationNote(kTestOrigin, forged), TestKey(kOld)});
  for (const PendingRotation& pending : wrong) {
    ExpectRefused(kNew, &pending, Code::kNotPermitted, {old_vkey, new_vkey, "the rotation beside the key file"});
  }
  EXPECT_EQ(TestLedger::Entries(ledger_.data_dir()).size(), size_);
}

TEST_F(RotationTest, TheOldKeyIsRefusedAfterItsRotation) {
  const PendingRotation pending = Pending(kOld, kNew);
  MustOpen(kNew, &pending);
  ledger_.Close();
  ExpectRefused(kOld, nullptr, Code::kNotPermitted,
                {FormatVerifierKey(TestVerifierKey(kOld)), FormatVerifierKey(TestVerifierKey(kNew)),
                 "was replaced by entry " + std::to_string(size_)});
}

TEST_F(RotationTest, SurvivesEveryFailedWrite) {
  const std::string intact = ledger_.Copy();
  const PendingRotation pending = Pending(kOld, kNew);
  int interrupted = 0;
  for (const LogFault fault : kLogFaults) {
    for (int skip = 0;; ++skip) {
      ledger_.Restore(intact);
      FaultEnv faults;
      ledger_.options.log.env = faults.env();
      faults.Fail(fault, skip);
      const Status opened = ledger_.TryOpen(kNew, &pending);
      const bool struck = faults.failed();
      if (opened.ok()) ledger_.Kill();
      ledger_.options.log.env = nullptr;
      EXPECT_TRUE(struck || opened.ok()) << opened.ToString();
      if (!opened.ok()) ++interrupted;
      MustOpen(kNew, &pending);
      ledger_.Close();
      ExpectRotated("fault " + std::to_string(static_cast<int>(fault)) + " at " + std::to_string(skip));
      if (!struck) break;
    }
  }
  EXPECT_GE(interrupted, 4 * 3) << "each of the three writes was interrupted in each way";
}

TEST_F(RotationTest, SurvivesACrashBetweenStoringAndPublishing) {
  const std::string intact = ledger_.Copy();
  const PendingRotation pending = Pending(kOld, kNew);
  for (int skip = 0; skip < 5; ++skip) {
    ledger_.Restore(intact);
    FaultEnv faults;
    ledger_.options.log.env = faults.env();
    faults.Fail(LogFault::kSyncPersisted, skip);
    if (ledger_.TryOpen(kNew, &pending).ok()) ledger_.Kill();
    ledger_.options.log.env = nullptr;
    ASSERT_TRUE(WriteFileDurably(Published(), kept_, 0644).ok());
    MustOpen(kNew, &pending);
    ledger_.Close();
    ExpectRotated("old published checkpoint, write " + std::to_string(skip));
  }
}

TEST_F(RotationTest, TheOldKeyGoesOnUntilTheRotationIsRecorded) {
  FaultEnv faults;
  const PendingRotation pending = Pending(kOld, kNew);
  ledger_.options.log.env = faults.env();
  faults.Fail(LogFault::kSyncLost, 1);  // the entry
  EXPECT_FALSE(ledger_.TryOpen(kNew, &pending).ok());
  ledger_.options.log.env = nullptr;
  MustOpen(kOld, nullptr);  // somebody put the old key back
  Append("still-old");
  ledger_.Close();
  EXPECT_EQ(Name(ledger_.Verify().verdict), Name(Verdict::kUnanchored));
  MustOpen(kNew, &pending);
  ledger_.Close();
  ExpectRotated("later");
}

TEST_F(RotationTest, ALostNoteOfTheRotationsCostsAScanOnly) {
  const PendingRotation pending = Pending(kOld, kNew);
  MustOpen(kNew, &pending);
  Append("after");
  ledger_.Close();
  DeleteKey(LogPath(ledger_.data_dir()), "meta", "key_rotations");
  MustOpen(kNew, nullptr);
  ledger_.Kill();
  PutKey(LogPath(ledger_.data_dir()), "meta", "key_rotations", U64Key(1));
  MustOpen(kNew, nullptr);
  ledger_.Close();
}

TEST_F(RotationTest, ALostNoteOfARotationInTheTailIsNoticed) {
  const PendingRotation pending = Pending(kOld, kNew);
  FaultEnv faults;
  ledger_.options.log.env = faults.env();
  faults.Fail(LogFault::kSyncLost, 2);  // the checkpoint over the entry
  EXPECT_FALSE(ledger_.TryOpen(kNew, &pending).ok());
  ledger_.options.log.env = nullptr;
  DeleteKey(LogPath(ledger_.data_dir()), "meta", "key_rotations");
  ExpectRefused(kOld, nullptr, Code::kNotPermitted, {"was replaced by entry"});
  MustOpen(kNew, &pending);
  ledger_.Close();
}

TEST_F(RotationTest, ACopyOfTheLedgerFromBeforeIsRefusedThoughTheRotationLiesThere) {
  ledger_.options.checkpointer.publish_path = ledger_.data_dir() + "-published";
  const PendingRotation pending = Pending(kOld, kNew);
  const std::string before = ledger_.Copy();
  MustOpen(kNew, &pending);
  ledger_.Close();
  ledger_.Restore(before);
  const std::string published = *ReadFile(ledger_.options.checkpointer.publish_path, kMaxNoteBytes);
  const Status status = ledger_.TryOpen(kNew, &pending);
  EXPECT_EQ(status.verdict(), Verdict::kTruncated) << status.ToString();
  EXPECT_EQ(*ReadFile(ledger_.options.checkpointer.publish_path, kMaxNoteBytes), published);
  EXPECT_EQ(TestLedger::Entries(ledger_.data_dir()).size(), size_) << "nothing was sealed";
}

TEST_F(RotationTest, APublishedCheckpointFromBeforeTheRotationIsAcceptedAfterIt) {
  const PendingRotation pending = Pending(kOld, kNew);
  MustOpen(kNew, &pending);
  Append("after");
  ledger_.Close();
  ASSERT_TRUE(WriteFileDurably(Published(), kept_, 0644).ok());
  MustOpen(kNew, nullptr);
  EXPECT_NE(*ReadFile(Published(), kMaxNoteBytes), kept_) << "brought up to date";
  ledger_.Close();
}

}  // namespace
}  // namespace envledger
