// Stored ledgers whose log lacks entries or cannot be read: what is said of them, and what is not.
#include "ledger/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

class DamagedLogTest : public ::testing::Test {
 protected:
  static constexpr int kRecords = 300;

  void SetUp() override {
    ledger_.Open();
    for (int i = 0; i < kRecords; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
    ledger_.Close();
    ledger_.Open();  // what is in the write-ahead log now is in a table file afterwards
    ledger_.Close();
    size_ = TestLedger::Entries(ledger_.data_dir()).size();
  }
  void Remove(uint64_t seq) { DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(seq)); }
  VerifyReport Served() {
    const auto reader = OpenStored(ledger_.data_dir());
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    auto report = VerifyServed(**reader, {}, {});
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return *std::move(report);
  }
  static bool SaysTruncated(const VerifyReport& report) {
    return std::any_of(report.failures.begin(), report.failures.end(),
                       [](const VerifyFailure& failure) { return failure.verdict == Verdict::kTruncated; });
  }

  TestLedger ledger_;
  uint64_t size_ = 0;
};

TEST_F(DamagedLogTest, AMissingEntryIsTamperingHereAndWhereItIsServed) {
  Remove(100);
  Remove(200);
  const VerifyReport stored = ledger_.Verify();
  EXPECT_EQ(stored.verdict, Verdict::kTampered);
  EXPECT_FALSE(SaysTruncated(stored)) << Text(stored);
  EXPECT_EQ(stored.failures[0].message, "entry 100 is missing");
  EXPECT_THAT(Text(stored), HasSubstr("entry 200 is missing"));
  EXPECT_EQ(stored.tree_size, size_);
  const VerifyReport served = Served();
  EXPECT_EQ(served.verdict, Verdict::kTampered);
  EXPECT_FALSE(SaysTruncated(served)) << Text(served);
  EXPECT_EQ(served.failures[0].seq, 100u) << Text(served);
}

TEST_F(DamagedLogTest, OnlyWhatIsMissingAtTheEndIsTruncation) {
  for (uint64_t seq = size_ - 5; seq < size_; ++seq) Remove(seq);
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << Text(report);
  EXPECT_EQ(report.failures[0].seq, size_ - 5);
  Remove(50);
  const VerifyReport both = ledger_.Verify();
  EXPECT_EQ(both.verdict, Verdict::kTampered);
  EXPECT_TRUE(SaysTruncated(both)) << "what is missing at the end is said as well";
}

TEST_F(DamagedLogTest, ABlockThatCannotBeReadIsTamperingAndTheRestIsNotSaidToBeCutOff) {
  const std::string table = FileOf(LogPath(ledger_.data_dir()), ".sst");
  FlipBit(table, std::filesystem::file_size(table) / 2);
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_FALSE(SaysTruncated(report)) << Text(report);
  EXPECT_THAT(Text(report), HasSubstr("the log cannot be read further"));
  EXPECT_GT(report.entries, 0u);
  EXPECT_LT(report.entries, size_);
}

}  // namespace
}  // namespace envledger
