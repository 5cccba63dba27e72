// The latest checkpoint outside the database: the published file and its copies, and what they catch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ledger/files/file.h"
#include "ledger/service/ledger.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/file_faults.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PublicationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    published_ = elsewhere_.path() + "/public/published";
    first_ = elsewhere_.path() + "/first-copy";
    second_ = elsewhere_.path() + "/disk/second-copy";
    for (const char* directory : {"/public", "/disk"}) fs::create_directory(elsewhere_.path() + directory);
    ledger_.options.checkpointer.publish_path = published_;
    ledger_.options.checkpointer.copies = {first_, second_};
    ledger_.Open();
  }
  void Append(const std::string& id) { ledger_.MustAppend({Encoded(Opening(id))}); }
  std::string SignNow() {
    const auto note = ledger_.ledger().SignNow();
    EXPECT_TRUE(note.ok()) << note.status().ToString();
    return note.ok() ? *note : "";
  }
  static std::string Contents(const std::string& path) {
    return ReadFile(path, kMaxNoteBytes).ok() ? *ReadFile(path, kMaxNoteBytes) : "";
  }
  static void Put(const std::string& path, const std::string& contents) {
    ASSERT_TRUE(WriteFileDurably(path, contents, 0644).ok());
  }
  std::vector<std::string> Places() const { return {published_, first_, second_}; }
  // A checkpoint by the ledger's key that the log knows nothing of.
  static std::string Forked(uint64_t size, char seed = 1) {
    Hash root;
    root.fill(0x77);
    const SigningKey key = TestKey(seed);
    return SignNote(FormatCheckpoint({kTestOrigin, size, root}), {{TestVerifierKey(seed), &key}});
  }
  void ExpectRefusedToStart(const std::string& place, Verdict verdict, const std::string& why) {
    const Status status = ledger_.TryOpen();
    EXPECT_EQ(status.verdict(), verdict) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(place));
    EXPECT_THAT(status.message(), HasSubstr(why));
  }

  TempDir elsewhere_;
  std::string published_;
  std::string first_;
  std::string second_;
  TestLedger ledger_;
};

TEST_F(PublicationTest, EveryCheckpointGoesToTheFileAndAllCopies) {
  for (int i = 0; i < 3; ++i) {
    Append("e" + std::to_string(i));
    const std::string note = SignNow();
    for (const std::string& place : Places()) EXPECT_EQ(Contents(place), note) << place;
  }
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
}

TEST_F(PublicationTest, TheHookHearsOfEachCheckpoint) {
  ledger_.Close();
  std::vector<std::string> heard;
  ledger_.options.checkpointer.on_signed = [&](const Checkpoint&, const std::string& note) { heard.push_back(note); };
  ledger_.Open();
  const std::string note = SignNow();
  SignNow();  // nothing new
  EXPECT_EQ(heard, std::vector<std::string>{note});
  ledger_.Close();
  EXPECT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard.back(), Contents(published_));
}

TEST_F(PublicationTest, AMissingCopyIsWrittenAnewAtStart) {
  ledger_.Close();
  const std::string note = Contents(published_);
  for (const std::string& place : Places()) {
    fs::remove(place);
    ledger_.Open();
    EXPECT_EQ(Contents(place).empty(), false) << place;
    ledger_.Kill();
  }
}

TEST_F(PublicationTest, AnOlderCopyIsBroughtUpToDateAtStart) {
  const std::string old = SignNow();
  Append("e1");
  ledger_.Close();
  const std::string latest = Contents(published_);
  Put(second_, old);
  ledger_.Open();
  EXPECT_EQ(Contents(second_), latest);
}

TEST_F(PublicationTest, AnOlderDatabaseIsRefusedByAnyOneOfThem) {
  const std::string early = ledger_.Copy();
  Append("e1");
  ledger_.Close();
  const std::string latest = Contents(published_);
  for (const std::string& left : Places()) {  // the only one that still has it
    SCOPED_TRACE(left);
    ledger_.Restore(early);
    for (const std::string& place : Places()) fs::remove(place);
    Put(left, latest);
    ExpectRefusedToStart(left, Verdict::kTruncated, "but the log ends after");
    for (const std::string& place : Places()) {
      EXPECT_EQ(Contents(place), place == left ? latest : "") << "nothing was signed or published: " << place;
    }
  }
}

TEST_F(PublicationTest, ACopyOfAnotherRootOrAnUnknownSizeOrAnotherLedgerIsRefusedAtStart) {
  Append("e1");
  SignNow();
  Append("e2");
  ledger_.Close();
  const uint64_t size = TestLedger::Entries(ledger_.data_dir()).size();
  const std::string latest = Contents(published_);
  for (const std::string& place : Places()) {
    struct Wrong {
      std::string note;
      Verdict verdict;
      std::string why;
    };
    const std::vector<Wrong> wrong = {{Forked(size), Verdict::kTampered, "has another root"},
                                      {Forked(2), Verdict::kTampered, "replaced by an older copy"},
                                      {Forked(size + 1), Verdict::kTruncated, "but the log ends after"},
                                      {Forked(size, 9), Verdict::kWrongKey, "does not belong to this ledger"},
                                      {"garbage", Verdict::kTampered, "does not belong to this ledger"}};
    for (const auto& [note, verdict, why] : wrong) {
      Put(place, note);
      ExpectRefusedToStart(place, verdict, why);
      EXPECT_EQ(Contents(place), note) << "the evidence stays";
    }
    Put(place, latest);
  }
  ledger_.Open();
}

TEST_F(PublicationTest, ALostDiskIsAProblemButStopsNothingAndIsMadeGoodLater) {
  fs::remove_all(elsewhere_.path() + "/disk");
  Append("e1");
  const std::string note = SignNow();
  EXPECT_EQ(Contents(published_), note);
  EXPECT_EQ(Contents(first_), note);
  EXPECT_FALSE(ledger_.ledger().Describe().healthy);
  EXPECT_THAT(ledger_.ledger().Describe().problem, HasSubstr(second_));
  Append("e2");
  ledger_.Kill();
  ledger_.Open();  // nor does it keep the ledger from starting
  EXPECT_THAT(ledger_.ledger().Describe().problem, HasSubstr(second_));
  fs::create_directory(elsewhere_.path() + "/disk");
  Append("e3");
  const std::string good = SignNow();
  EXPECT_EQ(Contents(second_), good);
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
}

// Each call that publishes fails in turn, done and not done.
TEST_F(PublicationTest, WhicheverCallFailsItIsAProblemUntilItIsMadeGoodWithoutAnythingNewToSign) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    bool reached_end = false;
    for (size_t skip = 0; !reached_end && skip < 60; ++skip) {
      Append("e" + std::to_string(skip) + (fault == FileFault::kFailed ? "-failed" : "-done"));
      FileFaults faults(elsewhere_.path());
      faults.Fail(fault, skip);
      const auto signed_now = ledger_.ledger().SignNow();
      reached_end = faults.failed().empty();
      SCOPED_TRACE(faults.failed() + ": " + signed_now.status().ToString());
      const StatusResponse status = ledger_.ledger().Describe();
      const bool unnoticed = reached_end || (fault == FileFault::kFailedButDone && faults.failed() == "rename");
      EXPECT_EQ(status.healthy, unnoticed) << status.problem;
      EXPECT_TRUE(signed_now.ok() || !status.healthy);
      const auto again = ledger_.ledger().SignNow();
      ASSERT_TRUE(again.ok()) << again.status().ToString();
      EXPECT_EQ(ReadCheckpointNote(*again)->size, status.tree_size);
      for (const std::string& place : Places()) EXPECT_EQ(Contents(place), *again) << place;
      EXPECT_TRUE(ledger_.ledger().Describe().healthy) << ledger_.ledger().Describe().problem;
    }
    EXPECT_TRUE(reached_end) << "there are more calls than the test tries";
  }
  ledger_.Close();
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kUnanchored);
}

TEST_F(PublicationTest, ACheckpointThatMayNotSurviveACrashIsSaidToBePublishedAndInDoubt) {
  Append("e1");
  FileFaults faults(fs::path(published_).parent_path());
  faults.Fail(FileFault::kFailed, 0, "fsync-directory");
  const auto signed_now = ledger_.ledger().SignNow();
  EXPECT_EQ(signed_now.status().code(), Code::kUnknownOutcome);
  EXPECT_THAT(ledger_.ledger().Describe().problem, HasSubstr(published_ + " was written, but the latest changes in"));
  EXPECT_EQ(ReadCheckpointNote(Contents(published_))->size, ledger_.ledger().Describe().tree_size);
}

TEST_F(PublicationTest, WhatSomebodyElsePutInThePlaceOfAFailedPublicationIsNotOverwritten) {
  Append("e1");
  {
    FileFaults faults(fs::path(published_).parent_path());
    faults.Fail(FileFault::kFailed, 0, "rename");
    EXPECT_FALSE(ledger_.ledger().SignNow().ok());
  }
  const std::string forked = Forked(ledger_.ledger().Describe().tree_size);
  Put(published_, forked);
  EXPECT_EQ(ledger_.ledger().SignNow().status().verdict(), Verdict::kTampered);
  EXPECT_EQ(Contents(published_), forked);
}

TEST_F(PublicationTest, SigningStopsWhenSomebodyElseHasPublished) {
  for (const std::string& place : Places()) {
    const std::string name = fs::path(place).filename();
    Append("a-" + name);
    const std::string last = SignNow();
    Append("b-" + name);
    const uint64_t next = ledger_.ledger().Describe().tree_size;
    for (const uint64_t size : {uint64_t{2}, next - 1, next, next + 5}) {
      SCOPED_TRACE(place + " at " + std::to_string(size));
      Put(place, Forked(size));
      const auto refused = ledger_.ledger().SignNow();
      EXPECT_EQ(refused.status().code(), Code::kCorruption);
      EXPECT_THAT(refused.status().message(), HasSubstr(place));
      EXPECT_FALSE(ledger_.ledger().Describe().healthy);
      EXPECT_THAT(ledger_.ledger().Describe().problem, HasSubstr("another daemon signs"));
      EXPECT_EQ(ledger_.ledger().Describe().last_checkpoint, last);
      Append("c-" + name + std::to_string(size));  // what is acknowledged is durable all the same
      EXPECT_FALSE(ledger_.ledger().SignNow().ok()) << "for good";
      for (const std::string& other : Places()) EXPECT_EQ(Contents(other), other == place ? Forked(size) : last);
      ledger_.Kill();
      Put(place, last);  // a person has looked
      ledger_.Open();
    }
  }
}

TEST_F(PublicationTest, TwoDaemonsOnTwoCopiesOfALedgerAreNoticed) {
  ledger_.Close();
  const std::string copy = ledger_.Copy();
  ledger_.Open();
  // The other one, with the same key and the same copies, on the database as it was. It is opened a little later, so
  // its `opened` event is another one.
  LedgerOptions options = ledger_.options;
  options.data_dir = copy;
  ledger_.clock.Advance(kSecond);
  const SigningKey key = TestKey();
  const auto other = Ledger::Open(options, key, nullptr, ledger_.clock, {});
  ASSERT_TRUE(other.ok()) << other.status().ToString();
  ASSERT_TRUE((*other)->Begin().ok());
  const std::string first = SignNow();
  EXPECT_EQ((*other)->SignNow().status().code(), Code::kCorruption);
  EXPECT_FALSE((*other)->Describe().healthy);
  EXPECT_EQ(Contents(first_), first);
  Append("only-here");
  SignNow();  // nothing disputes this one's
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
}

TEST_F(PublicationTest, WhatIsNoCheckpointOfThisLedgerIsLeftAloneAndReported) {
  for (const std::string& place : Places()) {
    const std::string name = fs::path(place).filename();
    Put(place, "something else");
    Append("a-" + name);
    const auto signed_now = ledger_.ledger().SignNow();
    EXPECT_EQ(signed_now.ok(), place != published_) << "the published file itself must be there";
    EXPECT_EQ(Contents(place), "something else");
    EXPECT_THAT(ledger_.ledger().Describe().problem, HasSubstr(place));
    fs::remove(place);
    Append("b-" + name);
    const std::string good = SignNow();
    EXPECT_EQ(Contents(place), good);
    EXPECT_TRUE(ledger_.ledger().Describe().healthy) << ledger_.ledger().Describe().problem;
  }
}

TEST_F(PublicationTest, AnOlderCheckpointOfThisLogIsReplaced) {
  const std::string old = SignNow();
  Append("e1");
  SignNow();
  Put(first_, old);
  Append("e2");
  const std::string latest = SignNow();
  EXPECT_EQ(Contents(first_), latest);
}

}  // namespace
}  // namespace envledger
