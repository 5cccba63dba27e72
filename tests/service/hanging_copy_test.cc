// A copy of the checkpoint in a directory that hangs, such as a share whose server is gone. Nothing but the copy may
// wait for it: where something did, a test here would not end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/files/file.h"
#include "ledger/service/ledger.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/hanging_calls.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class HangingCopyTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kLimit{60};

  void SetUp() override {
    ledger_.options.checkpointer.publish_path = published_;
    ledger_.options.checkpointer.copies = {copy_, other_};
    ledger_.options.checkpointer.copy_calls = hanging_.calls();
    ledger_.options.checkpointer.copy_patience = std::chrono::hours(1);
    ledger_.Open();
    Append("e0");
    SignNow();
    // From here on the copy is given up soon. The others are not meant, but a slow disk may look like one that hangs:
    // what they hold is waited for.
    ledger_.Close();
    ledger_.options.checkpointer.copy_patience = std::chrono::milliseconds(50);
  }
  void Append(const std::string& id) { ledger_.MustAppend({Encoded(Opening(id))}); }
  std::string SignNow() {
    const auto note = ledger_.ledger().SignNow();
    EXPECT_TRUE(note.ok()) << note.status().ToString();
    return note.ok() ? *note : "";
  }
  std::string Problem() { return ledger_.ledger().Describe().problem; }
  static std::string Contents(const std::string& path) {
    return ReadFile(path, kMaxNoteBytes).ok() ? *ReadFile(path, kMaxNoteBytes) : "";
  }
  // Whether every place comes to hold the latest checkpoint, and nothing is wrong any more, without a new one.
  bool AllIsWell(const std::string& latest) {
    return WaitUntil(
        [&] {
          EXPECT_EQ(SignNow(), latest);
          return Problem().empty() && Contents(copy_) == latest && Contents(other_) == latest;
        },
        kLimit);
  }
  // A copy that began to hang at a write, while the ledger runs.
  void HangAtWrite() {
    hanging_.HangWrites(copy_);
    ledger_.Open();
    Append("e1");
    ASSERT_TRUE(WaitUntil(
        [&] {
          SignNow();
          return hanging_.held() > 0 && Problem().find(copy_) != std::string::npos;
        },
        kLimit));
  }

  TempDir elsewhere_;
  const std::string published_ = elsewhere_.path() + "/published";
  const std::string copy_ = elsewhere_.path() + "/copy";
  const std::string other_ = elsewhere_.path() + "/other";
  HangingCalls hanging_;
  TestLedger ledger_;
};

TEST_F(HangingCopyTest, IsNamedInTheStatusWithTheTimeSinceWhen) {
  ledger_.clock.Set(kTestStart + 7 * kSecond);
  HangAtWrite();
  ledger_.clock.Advance(3600 * kSecond);
  Append("e2");
  SignNow();
  EXPECT_FALSE(ledger_.ledger().Describe().healthy);
  EXPECT_THAT(Problem(), AllOf(HasSubstr(copy_), HasSubstr("has not answered since 2026-03-17T09:00:07")));
}

TEST_F(HangingCopyTest, HoldsUpNoAppendNoQueryAndNoSignature) {
  HangAtWrite();
  for (int i = 2; i < 6; ++i) {
    Append("e" + std::to_string(i));
    const std::string note = SignNow();
    EXPECT_EQ(Contents(published_), note) << "the published file is as strict as ever";
    const auto view = ledger_.ledger().CurrentView();
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->tree_size, ledger_.ledger().Describe().tree_size);
  }
}

TEST_F(HangingCopyTest, DoesNotKeepTheOthersFromTheirs) {
  HangAtWrite();
  EXPECT_TRUE(WaitUntil([&] { return Contents(other_) == SignNow(); }, kLimit));
  EXPECT_THAT(Problem(), HasSubstr(copy_));
}

TEST_F(HangingCopyTest, DoesNotHoldUpTheOrderlyStop) {
  HangAtWrite();
  ledger_.Close();
  EXPECT_NE(Contents(copy_), Contents(published_));
  hanging_.Release();
  ledger_.options.checkpointer.copy_calls = {};
  EXPECT_TRUE(WaitUntil([&] { return hanging_.users() == 0; }, kLimit)) << "the thread that was left behind has ended";
}

TEST_F(HangingCopyTest, ThatBeginsToHangDuringTheStopDoesNotHoldItUp) {
  ledger_.Open();
  hanging_.HangReads(copy_);
  ledger_.Close();
}

TEST_F(HangingCopyTest, GetsTheLatestCheckpointOnceItAnswers) {
  HangAtWrite();
  Append("e2");
  SignNow();
  Append("e3");
  const std::string latest = SignNow();
  hanging_.Release();  // the write of the first one ends only now
  EXPECT_TRUE(AllIsWell(latest)) << Problem();
}

TEST_F(HangingCopyTest, IsTriedAgainWithoutBeingAsked) {
  ledger_.options.checkpointer.every = std::chrono::milliseconds(1);
  HangAtWrite();
  hanging_.Release();
  EXPECT_TRUE(WaitUntil([&] { return Problem().empty(); }, kLimit)) << Problem();
  EXPECT_EQ(Contents(copy_), Contents(published_));
}

TEST_F(HangingCopyTest, DoesNotHoldUpTheStartAndIsComparedOnceItAnswers) {
  hanging_.HangReads(copy_);
  ledger_.Open();
  EXPECT_THAT(Problem(), HasSubstr(copy_));
  Append("e1");
  const std::string latest = SignNow();
  EXPECT_NE(Contents(copy_), latest) << "what was not looked at is not replaced";
  hanging_.Release();
  EXPECT_TRUE(AllIsWell(latest)) << Problem();
}

TEST_F(HangingCopyTest, ThatShowsAnotherDaemonOnceItAnswersStopsTheSigning) {
  Hash root;
  root.fill(0x77);
  const SigningKey key = TestKey();
  const std::string forked = SignNote(FormatCheckpoint({kTestOrigin, 1000, root}), {{TestVerifierKey(), &key}});
  ASSERT_TRUE(WriteFileDurably(copy_, forked, 0644).ok());
  hanging_.HangReads(copy_);
  ledger_.Open();  // which would have been refused, had it answered
  Append("e1");
  const std::string last = SignNow();
  hanging_.Release();
  EXPECT_TRUE(WaitUntil([&] { return !ledger_.ledger().SignNow().ok(); }, kLimit));
  EXPECT_THAT(Problem(), AllOf(HasSubstr("another daemon signs"), HasSubstr(copy_)));
  EXPECT_EQ(Contents(copy_), forked) << "the evidence stays";
  EXPECT_EQ(Contents(published_), last);
  Append("e2");
}

TEST_F(HangingCopyTest, DoesNotHoldUpARotationOfTheKey) {
  const PendingRotation pending{RotationNote(kTestOrigin, MakeRotation(kTestOrigin, TestKey(1), TestKey(2))),
                                TestKey(1)};
  hanging_.HangReads(copy_);
  const Status opened = ledger_.TryOpen(2, &pending);
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  EXPECT_THAT(Problem(), HasSubstr(copy_));
  hanging_.Release();
  EXPECT_TRUE(AllIsWell(SignNow())) << Problem();
}

TEST_F(HangingCopyTest, OfTwoEachIsNamed) {
  hanging_.HangWrites(other_);
  HangAtWrite();
  EXPECT_TRUE(WaitUntil(
      [&] {
        Append("more");
        SignNow();
        return Problem().find(copy_) != std::string::npos && Problem().find(other_) != std::string::npos;
      },
      kLimit))
      << Problem();
}

}  // namespace
}  // namespace envledger
