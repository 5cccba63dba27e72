// The end of the log after a crash or a failing disk: what was never acknowledged is dropped and recorded; what was is
// missed, and the ledger goes on without it only when that is decided, and recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <variant>

#include "ledger/codec/entry.h"
#include "ledger/files/file.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_mark.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Optional;

class LostEndTest : public ::testing::Test {
 protected:
  static constexpr int kRecords = 20;

  void SetUp() override {
    ledger_.Open();
    for (int i = 0; i < kRecords; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
    size_ = ledger_.ledger().log_end().size();
    ledger_.Kill();
  }
  std::string Wal() const { return FileOf(LogPath(ledger_.data_dir()), ".log"); }
  void AppendGarbage(size_t bytes) const {
    std::ofstream(Wal(), std::ios::app | std::ios::binary) << std::string(bytes, '\x7c');
  }
  // The last group is damaged, but its length is there.
  void DamageLast() const { FlipBit(Wal(), fs::file_size(Wal()) - 100); }
  void Mark(const LogMark& mark) const {
    EXPECT_TRUE(LogMarkWriter::Create(LogMarkPath(ledger_.data_dir()), mark, std::chrono::milliseconds(1)).ok());
  }
  Opened LastOpened() const { return TestLedger::LastOpened(ledger_.data_dir()); }
  void ExpectRefused(Verdict verdict, const std::string& why) {
    const std::string before = *ReadFile(Wal(), 1 << 20);
    const Status status = ledger_.TryOpen();
    EXPECT_EQ(status.verdict(), verdict) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(why));
    EXPECT_EQ(*ReadFile(Wal(), 1 << 20), before) << "a start that is refused changes nothing";
  }

  TestLedger ledger_;
  uint64_t size_ = 0;
};

TEST_F(LostEndTest, BytesThatWereNeverAcknowledgedAreDroppedAndRecorded) {
  AppendGarbage(5000);
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
  EXPECT_TRUE(OpenStored(ledger_.data_dir()).ok());
  ledger_.Open();
  EXPECT_EQ(LastOpened().entries, size_);
  EXPECT_THAT(LastOpened().dropped_bytes, Optional(5000u));
  EXPECT_EQ(LastOpened().lost_until, std::nullopt);
  ledger_.Close();
  ledger_.Open();
  EXPECT_EQ(LastOpened().dropped_bytes, std::nullopt) << "once";
}

TEST_F(LostEndTest, AGroupThatWasBeingWrittenIsDroppedThoughItsLengthIsThere) {
  // As if the last group had never been acknowledged.
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  Mark({size_ - 1, LeafHash(entries[size_ - 2])});
  DamageLast();
  ledger_.Open();
  EXPECT_EQ(LastOpened().entries, size_ - 1);
  EXPECT_GT(LastOpened().dropped_bytes, 100u);
  ledger_.MustAppend({Encoded(Opening("later"))});
  ledger_.Close();
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
}

TEST_F(LostEndTest, AnAcknowledgedEntryThatIsMissingIsTruncationAndNothingIsChanged) {
  DamageLast();
  ExpectRefused(Verdict::kTruncated, "but " + std::to_string(size_) + " were acknowledged");
  ExpectRefused(Verdict::kTruncated, "--accept-loss " + std::to_string(size_ - 1));
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << Text(report);
  EXPECT_EQ(report.failures.at(0).seq, size_ - 1);
  const auto reader = OpenStored(ledger_.data_dir());
  EXPECT_EQ(reader.status().verdict(), Verdict::kTruncated) << "no answer without what is missing";
}

TEST_F(LostEndTest, ACutBetweenTwoRecordsIsMissedToo) {
  const std::string whole = *ReadFile(Wal(), 1 << 20);
  for (size_t cut = 1; cut < whole.size() / 2; cut += 131) {
    fs::resize_file(Wal(), whole.size() - cut);
    EXPECT_EQ(ledger_.TryOpen().verdict(), Verdict::kTruncated) << cut;
    EXPECT_EQ(ledger_.Verify().verdict, Verdict::kTruncated) << cut;
    std::ofstream(Wal(), std::ios::binary) << whole;
  }
  ledger_.Open();
}

TEST_F(LostEndTest, TheLedgerGoesOnAfterALossOnlyWithTheSizeThatIsLeft) {
  DamageLast();
  for (const uint64_t wrong : {size_ - 2, size_}) {
    ledger_.options.accept_loss = wrong;
    ExpectRefused(Verdict::kTruncated, "--accept-loss " + std::to_string(size_ - 1));
  }
  ledger_.options.accept_loss = size_ - 1;
  ledger_.Open();
  const Opened opened = LastOpened();
  EXPECT_THAT(opened.lost_from, Optional(size_ - 1));
  EXPECT_THAT(opened.lost_until, Optional(size_));
  ledger_.MustAppend({Encoded(Opening("later"))});
  ledger_.Kill();
  EXPECT_EQ(ledger_.TryOpen().rule(), "accept-loss") << "there is nothing more to accept";
  ledger_.options.accept_loss.reset();
  ledger_.Open();
  ledger_.Close();
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
}

TEST_F(LostEndTest, AnAcceptedLossReplacesThePublishedCheckpointAndKeepsIt) {
  const std::string published = PublishedCheckpointPath(ledger_.data_dir());
  ledger_.Open();
  ASSERT_TRUE(ledger_.ledger().SignNow().ok());
  const uint64_t signed_size = ledger_.ledger().log_end().size();
  const std::string note = *ReadFile(published, kMaxNoteBytes);
  ledger_.Kill();
  const std::string whole = *ReadFile(Wal(), 1 << 20);
  // Everything since the start before last is lost, with the last checkpoint.
  fs::resize_file(Wal(), 10);
  const Status refused = ledger_.TryOpen();
  ASSERT_EQ(refused.verdict(), Verdict::kTruncated) << refused.ToString();
  ledger_.options.accept_loss = TestLedger::Entries(ledger_.data_dir()).size();
  ledger_.Open();
  EXPECT_THAT(LastOpened().lost_until, Optional(signed_size));
  EXPECT_EQ(*ReadFile(published + ".before-loss", kMaxNoteBytes), note);
  EXPECT_NE(*ReadFile(published, kMaxNoteBytes), note);
}

TEST_F(LostEndTest, WithoutAMarkDamageThatMayHoldAcknowledgedEntriesIsRefused) {
  fs::remove(LogMarkPath(ledger_.data_dir()));
  ledger_.Open();
  ledger_.Kill();
  for (const bool damaged_mark : {false, true}) {
    fs::remove(LogMarkPath(ledger_.data_dir()));
    if (damaged_mark) std::ofstream(LogMarkPath(ledger_.data_dir())) << "no mark";
    DamageLast();
    ExpectRefused(Verdict::kTruncated, "nothing shows whether entries in them were acknowledged");
    EXPECT_EQ(ledger_.Verify().verdict, Verdict::kTruncated);
    DamageLast();  // flips it back
  }
  ledger_.Open();
}

TEST_F(LostEndTest, AMarkOfAnotherLogIsTampering) {
  Mark({size_ - 1, Hash{1}});
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kTampered);
  const Status refused = ledger_.TryOpen();
  EXPECT_EQ(refused.verdict(), Verdict::kTampered);
  EXPECT_THAT(refused.message(), HasSubstr("is not the one that was acknowledged"));
}

TEST_F(LostEndTest, AStartWithoutAnyLossDoesNotAcceptOne) {
  ledger_.options.accept_loss = size_;
  EXPECT_EQ(ledger_.TryOpen().code(), Code::kInvalidArgument);
  ledger_.options.accept_loss.reset();
  ledger_.Open();
}

}  // namespace
}  // namespace envledger
