// Start-up: what it accepts, and what it refuses to serve.
#include "ledger/service/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/files/file.h"
#include "ledger/index/tree_index.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/file_faults.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RecoveryTest : public ::testing::Test {
 protected:
  void Fill(int from, int until) {
    for (int i = from; i < until; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
  }
  Opened LastOpened() const { return TestLedger::LastOpened(ledger_.data_dir()); }
  void ExpectRefused(Verdict verdict, const std::string& why) {
    const Status status = ledger_.TryOpen();
    EXPECT_EQ(status.code(), Code::kCorruption) << status.ToString();
    EXPECT_EQ(status.verdict(), verdict) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(why));
  }
  TestLedger ledger_;
};

TEST_F(RecoveryTest, ALedgerIsCreatedOnlyWhereNoneIs) {
  const SigningKey key = TestKey();
  const std::string published = PublishedCheckpointPath(ledger_.data_dir());
  EXPECT_EQ(InitLedger(ledger_.data_dir(), kTestOrigin, key, published, ledger_.clock).code(), Code::kConflict);
  EXPECT_EQ(InitLedger(ledger_.data_dir() + "2", "no origin", key, published + "2", ledger_.clock).code(),
            Code::kInvalidArgument);
  EXPECT_FALSE(fs::exists(ledger_.data_dir() + "2"));
  EXPECT_EQ(InitLedger(ledger_.data_dir() + "3", kTestOrigin, key, published, ledger_.clock).code(), Code::kConflict)
      << "the published checkpoint of another ledger would be overwritten";
}

TEST_F(RecoveryTest, OfManyThatCreateALedgerAtOnceOneDoesAndItIsWhole) {
  const std::string data_dir = ledger_.data_dir() + "2";
  const SigningKey key = TestKey();
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const Status status = InitLedger(data_dir, kTestOrigin, key, PublishedCheckpointPath(data_dir), ledger_.clock);
      if (status.ok()) ++made;
      EXPECT_TRUE(status.ok() || status.code() == Code::kConflict) << status.ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  const VerifyReport report = TestLedger::Verify(data_dir);
  EXPECT_EQ(report.entries, 1u);
  for (const VerifyFailure& failure : report.failures) EXPECT_EQ(failure.check, "index") << "the first start makes it";
}

TEST_F(RecoveryTest, NoLedgerIsCreatedWhoseCheckpointCannotBePublished) {
  const std::string data_dir = ledger_.data_dir() + "2";
  const Status status = InitLedger(data_dir, kTestOrigin, TestKey(), data_dir + "/missing/checkpoint", ledger_.clock);
  EXPECT_EQ(status.code(), Code::kNotFound) << status.ToString();
  EXPECT_FALSE(fs::exists(LogPath(data_dir)));
}

TEST_F(RecoveryTest, ALedgerOfAnotherNameIsRefusedBeforeAnythingIsWritten) {
  ledger_.Open();
  ledger_.Close();
  const size_t before = TestLedger::Entries(ledger_.data_dir()).size();
  ledger_.options.origin = "another.example/ledger";
  const Status refused = ledger_.TryOpen();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("another.example/ledger"));
  EXPECT_EQ(TestLedger::Entries(ledger_.data_dir()).size(), before);
  ledger_.options.origin = kTestOrigin;
  ledger_.Open();
}

TEST_F(RecoveryTest, NothingIsSealedBeforeTheLedgerBegins) {
  const SigningKey key = TestKey();
  {
    const auto opened = Ledger::Open(ledger_.options, key, nullptr, ledger_.clock, {});
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    EXPECT_EQ((*opened)->Describe().tree_size, 1u) << "the genesis";
  }
  EXPECT_EQ(TestLedger::Entries(ledger_.data_dir()).size(), 1u);
  ledger_.Open();
  EXPECT_TRUE(LastOpened().clean);
}

class CreationTest : public RecoveryTest {
 protected:
  // Creates a ledger while the call after `skip` others fails, or of the database's own when `database`; then does what
  // a person does. False when there was no such call.
  bool Create(FileFault fault, size_t skip, bool database) {
    const SigningKey key = TestKey();
    LedgerOptions options = ledger_.options;
    options.data_dir = dir_.path() + "/" + std::to_string(count_++);
    const std::string published = PublishedCheckpointPath(options.data_dir);
    const auto init = [&] { return InitLedger(options.data_dir, kTestOrigin, key, published, ledger_.clock); };
    Status made;
    std::string call;
    {
      FileFaults faults(dir_.path(), database ? "" : options.data_dir + "/log.init");
      faults.Fail(fault, skip);
      made = init();
      call = faults.failed();
    }
    SCOPED_TRACE(std::to_string(skip) + " " + call + ": " + made.ToString());
    if (made.ok() || made.code() == Code::kUnknownOutcome) {
      EXPECT_EQ(init().code(), Code::kConflict);
    } else {
      EXPECT_FALSE(fs::exists(LogPath(options.data_dir)));
      EXPECT_TRUE(init().ok());
    }
    const auto opened = Ledger::Open(options, key, nullptr, ledger_.clock, {});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    EXPECT_TRUE(fs::exists(published)) << "what was missing was done";
    EXPECT_TRUE(opened.ok() && (*opened)->Close("test").ok());
    return !call.empty();
  }

  TempDir dir_;
  int count_ = 0;
};

TEST_F(CreationTest, WhicheverCallFailsTheOutcomeIsToldTruly) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    // The last calls are those of the index's database, of which some will do.
    size_t skip = 0;
    while (skip < 300 && Create(fault, skip, false)) skip += skip < 20 ? 1 : 25;
    EXPECT_GT(skip, 20u);
    EXPECT_LT(skip, 300u) << "there are more calls than the test tries";
  }
}

TEST_F(CreationTest, ADatabaseThatCannotBeWrittenIsNoLedger) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    for (const size_t skip : {3, 12, 30, 48, 60, 71, 78, 79, 80}) EXPECT_TRUE(Create(fault, skip, true));
  }
}

TEST_F(RecoveryTest, ANewLedgerVerifies) {
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.entries, 1u);
  EXPECT_EQ(report.checkpoints, 2u) << "the stored and the published copy";
}

TEST_F(RecoveryTest, OpeningWhereNoLedgerIsCreatesNothing) {
  ledger_.options.data_dir += "/elsewhere";
  EXPECT_EQ(ledger_.TryOpen().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(ledger_.data_dir()));
}

TEST_F(RecoveryTest, TheFirstStartAndOneAfterAnOrderlyStopAreClean) {
  ledger_.Open();
  ledger_.Close();
  EXPECT_TRUE(LastOpened().clean);
  ledger_.Open();
  ledger_.Close();
  EXPECT_TRUE(LastOpened().clean);
  EXPECT_EQ(LastOpened().entries, 3u);
}

TEST_F(RecoveryTest, GoesOnAfterAKillAndSaysSo) {
  ledger_.Open();
  Fill(0, 5);
  const std::string copy = ledger_.Copy();
  ledger_.Kill();
  ledger_.Restore(copy);
  ledger_.Open();
  EXPECT_EQ(ledger_.MustAppend({Encoded(Opening("e3"))})[0].replayed, true);
  Fill(5, 6);
  ledger_.Close();
  EXPECT_FALSE(LastOpened().clean);
  EXPECT_EQ(LastOpened().entries, 7u);
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kUnanchored);
}

TEST_F(RecoveryTest, AnOrderlyStopSignsEverything) {
  ledger_.Open();
  Fill(0, 3);
  ledger_.Close();
  const auto note = ReadFile(PublishedCheckpointPath(ledger_.data_dir()), 4096);
  ASSERT_TRUE(note.ok());
  const auto checkpoint = OpenCheckpoint(*note, TestVerifierKey());
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->size, TestLedger::Entries(ledger_.data_dir()).size());
  const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(), {{*note, "kept", true}}, 1}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, Verdict::kValid) << Text(*report);
}

TEST_F(RecoveryTest, CheckpointsAreSignedEverySoManyEntries) {
  ledger_.options.checkpointer.every_entries = 4;
  ledger_.Open();
  Fill(0, 20);
  ledger_.Close();
  EXPECT_GE(ledger_.Verify().checkpoints, 4u);
}

TEST_F(RecoveryTest, TheWrongKeyIsRefused) { EXPECT_EQ(ledger_.TryOpen(2).code(), Code::kNotPermitted); }

TEST_F(RecoveryTest, ALostPublishedCheckpointIsPublishedAgain) {
  ledger_.Open();
  Fill(0, 3);
  ledger_.Close();
  const std::string path = PublishedCheckpointPath(ledger_.data_dir());
  const std::string before = *ReadFile(path, 4096);
  fs::remove(path);
  ledger_.Open();
  EXPECT_EQ(*ReadFile(path, 4096), before);
}

TEST_F(RecoveryTest, AnOlderPublishedCheckpointIsBroughtUpToDate) {
  const std::string path = PublishedCheckpointPath(ledger_.data_dir());
  const std::string old = *ReadFile(path, 4096);
  ledger_.Open();
  ledger_.Close();
  const std::string latest = *ReadFile(path, 4096);
  ASSERT_TRUE(WriteFileDurably(path, old, 0644).ok());
  ledger_.Open();
  EXPECT_EQ(*ReadFile(path, 4096), latest);
}

TEST_F(RecoveryTest, AnOlderCopyOfTheLedgerIsRefusedByThePublishedCheckpoint) {
  ledger_.options.checkpointer.publish_path = ledger_.data_dir() + "-published";
  ledger_.Open();
  Fill(0, 3);
  ledger_.Close();
  const std::string old = ledger_.Copy();
  ledger_.Open();
  Fill(3, 6);
  ledger_.Close();
  ledger_.Restore(old);
  ExpectRefused(Verdict::kTruncated, "vouches for");
}

TEST_F(RecoveryTest, AnOlderCopyThatWentOnIsRefusedByThePublishedCheckpoint) {
  ledger_.options.checkpointer.publish_path = ledger_.data_dir() + "-published";
  ledger_.Open();
  ledger_.Close();
  const std::string old = ledger_.Copy();
  ledger_.Open();
  Fill(0, 3);
  ledger_.Close();
  const std::string published = *ReadFile(ledger_.options.checkpointer.publish_path, 4096);
  ledger_.Restore(old);
  fs::remove(ledger_.options.checkpointer.publish_path);
  ledger_.Open();
  Fill(3, 20);
  ledger_.Close();
  ASSERT_TRUE(WriteFileDurably(ledger_.options.checkpointer.publish_path, published, 0644).ok());
  ExpectRefused(Verdict::kTampered, "replaced by an older copy");
}

TEST_F(RecoveryTest, AForeignPublishedCheckpointIsRefused) {
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  ASSERT_TRUE(WriteFileDurably(PublishedCheckpointPath(ledger_.data_dir()), SignedNote(entries, 2), 0644).ok());
  ExpectRefused(Verdict::kWrongKey, "does not belong to this ledger");
}

// After a kill: entries 2 to 6 are not covered by any checkpoint.
class TailTest : public RecoveryTest {
 protected:
  void SetUp() override {
    ledger_.Open();
    Fill(0, 5);
    ledger_.Kill();
    entries_ = TestLedger::Entries(ledger_.data_dir());
    ASSERT_EQ(entries_.size(), 7u);
  }
  std::vector<std::string> entries_;
};

TEST_F(TailTest, AMissingEntryIsRefused) {
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(4));
  ExpectRefused(Verdict::kTampered, "entry 4 is missing");
}

TEST_F(TailTest, AMissingGenesisIsRefused) {
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(0));
  ExpectRefused(Verdict::kTampered, "entry 0");
}

TEST_F(TailTest, AReplacedEntryIsRefused) {
  EntryBuilder builder;
  const auto entry = CheckEntry(entries_[3]);
  EntryHeader header = entry->header;
  header.recorder.uid = 0;
  const std::string forged(*builder.Build(header, entry->transition));
  PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(3), forged);
  ExpectRefused(Verdict::kTampered, "entry 3 does not have the hash that entry 4 gives");
}

TEST_F(TailTest, AnEntryThatIsNoneIsRefused) {
  PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(6), "garbage");
  ExpectRefused(Verdict::kTampered, "entry 6 (form)");
}

TEST_F(TailTest, AMissingCheckpointIsRefused) {
  DeleteKey(LogPath(ledger_.data_dir()), "checkpoints", U64Key(1));
  ExpectRefused(Verdict::kTampered, "no checkpoint");
}

TEST_F(TailTest, ACheckpointForAnotherRootIsRefused) {
  const std::vector<std::string> other = Seal(Drafts({}));
  PutKey(LogPath(ledger_.data_dir()), "checkpoints", U64Key(1), SignedNote(other));
  ExpectRefused(Verdict::kTampered, "the root over 1 entries is not that of the checkpoint");
}

// After an orderly stop everything is covered by the last checkpoint.
TEST_F(RecoveryTest, ATamperedLastEntryIsRefusedThoughACheckpointCoversIt) {
  for (int more = 0; more < 6; ++more) {  // trees of several shapes
    ledger_.Open();
    Fill(100 * more, 100 * more + more);
    ledger_.Close();
    const std::string intact = ledger_.Copy();
    const auto entries = TestLedger::Entries(ledger_.data_dir());
    EntryBuilder builder;
    const auto last = CheckEntry(entries.back());
    const std::string forged(*builder.Build(last->header, Closed{"another reason"}));
    PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(entries.size() - 1), forged);
    ExpectRefused(Verdict::kTampered, "is not that of the checkpoint");
    ledger_.Restore(intact);
  }
}

TEST_F(RecoveryTest, ACutTailUnderACheckpointIsRefused) {
  ledger_.Open();
  Fill(0, 3);
  ledger_.Close();
  const uint64_t last = TestLedger::Entries(ledger_.data_dir()).size() - 1;
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(last));
  ExpectRefused(Verdict::kTruncated, "but 6 were acknowledged");
  fs::remove(LogMarkPath(ledger_.data_dir()));
  ExpectRefused(Verdict::kTruncated, "claims 6 entries");
}

TEST_F(RecoveryTest, ALostFrontierIsMadeAgainFromTheEntries) {
  ledger_.Open();
  Fill(0, 9);
  ledger_.Close();
  {
    auto log = LogDb::Open(LogPath(ledger_.data_dir()), {});
    ASSERT_TRUE(log.ok());
    const auto latest = (*log)->LatestCheckpoint(nullptr);
    ASSERT_TRUE((*log)->PutCheckpoint((*latest)->size, (*latest)->note, "garbage").ok());
  }
  ledger_.Open();
  Fill(9, 11);
  ledger_.Close();
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kUnanchored);
}

TEST_F(RecoveryTest, AnIndexThatIsLostDamagedOrOfAnotherTimeIsMadeAgain) {
  ledger_.Open();
  Fill(0, 4);
  ledger_.Close();
  const std::string early = ledger_.Copy();
  ledger_.Open();
  Fill(4, 8);
  ledger_.Close();
  const std::string index = IndexPath(ledger_.data_dir());
  const std::vector<std::function<void()>> harms = {
      [&] { fs::remove_all(index); },
      [&] { fs::remove(FileOf(index, ".sst")); },
      [&] { fs::resize_file(FileOf(index, ".sst"), 100); },
      [&] {
        fs::remove_all(index);
        fs::copy(IndexPath(early), index);
      },
      [&] { ASSERT_TRUE(WriteFileDurably(index + ".damaged", "a test says so\n", 0644).ok()); },
      [&] { DeleteKey(index, "tree", TreeKey(0, TestLedger::Entries(ledger_.data_dir()).size() - 1)); },
      [&] {
        PutKey(index, "tree", TreeKey(0, TestLedger::Entries(ledger_.data_dir()).size() - 1), std::string(32, 'x'));
      },
      [&] { PutKey(index, "default", "format", "envledger index 1"); },
  };
  int round = 100;
  for (const auto& harm : harms) {
    harm();
    ledger_.Open();
    EXPECT_TRUE(ledger_.MustAppend({Encoded(Opening("e6"))})[0].replayed);
    Fill(round, round + 1);
    ++round;
    ledger_.Close();
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  }
  EXPECT_FALSE(fs::exists(index + ".damaged"));
}

// Start-up reads only what lies after the last checkpoint; but making an index reads everything.
TEST_F(RecoveryTest, EntriesThatDoNotHaveTheCheckpointsRootAreFoundWhenTheIndexIsMadeAgain) {
  ledger_.Open();
  Fill(0, 20);
  ledger_.Close();
  std::string entry = TestLedger::Entries(ledger_.data_dir())[9];
  Hash previous = CheckEntry(entry)->header.previous;
  const size_t at = entry.find(View(previous));
  ASSERT_NE(at, std::string::npos);
  entry[at] = static_cast<char>(entry[at] ^ 1);
  PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(9), entry);
  fs::remove_all(IndexPath(ledger_.data_dir()));
  ExpectRefused(Verdict::kTampered, "the tree over all 23 entries has another root");
}

}  // namespace
}  // namespace envledger
