// Stored ledgers, whole and damaged, also such whose log lacks entries or cannot be read: what is said of them, and what
// is not.
#include "ledger/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/files/file.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "tests/query/live_reader.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
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

class VerifyStoredTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.Open();
    Fill(1, 100);
    ledger_.Close();
    ASSERT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
  }
  void Fill(unsigned seed, int transitions) {
    RandomTraffic traffic(seed);
    for (int i = 0; i < transitions; ++i) {
      Transition t = traffic.Next();
      t.envelope_id = "s" + std::to_string(seed) + "-" + t.envelope_id;
      ledger_.MustAppend({Encoded(t)});
    }
  }
  void ExpectOne(Verdict verdict, std::optional<uint64_t> seq, const std::string& check, const std::string& what) {
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(Name(report.verdict), Name(verdict)) << Text(report);
    ASSERT_EQ(report.failures.size(), 1u) << Text(report);
    EXPECT_EQ(report.failures[0].seq, seq) << Text(report);
    EXPECT_EQ(report.failures[0].check, check);
    EXPECT_THAT(report.failures[0].message, HasSubstr(what));
  }
  // The mark of the log shows the loss. Removes the mark.
  void ExpectTruncatedToo() {
    EXPECT_EQ(ledger_.Verify().verdict, Verdict::kTruncated) << Text(ledger_.Verify());
    fs::remove(LogMarkPath(ledger_.data_dir()));
  }
  std::string index() const { return IndexPath(ledger_.data_dir()); }

  TestLedger ledger_;
};

TEST_F(VerifyStoredTest, ACheckpointKeptElsewhereAndItsKeyMakeItValid) {
  const auto note = ReadFile(PublishedCheckpointPath(ledger_.data_dir()), 4096);
  ASSERT_TRUE(note.ok());
  const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(), {{*note, "kept", true}}, 2}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, Verdict::kValid) << Text(*report);
  EXPECT_THAT(report->checks.at("index"), HasSubstr("keys both ways"));
}

TEST_F(VerifyStoredTest, AnotherKeyIsTheWrongKey) {
  const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(2), {}, 1}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, Verdict::kWrongKey) << Text(*report);
}

TEST_F(VerifyStoredTest, ProgressEndsWithAll) {
  uint64_t done = 0;
  uint64_t total = 0;
  ASSERT_TRUE(VerifyStored(ledger_.data_dir(), {}, [&](uint64_t d, uint64_t t) {
                done = d;
                total = t;
              }).ok());
  EXPECT_EQ(done, 103u);
  EXPECT_EQ(total, 103u);
}

TEST_F(VerifyStoredTest, ARemovedIndexKeyIsNamedBySeq) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "s1-e0", 0));
  ExpectOne(Verdict::kIncomplete, 2, "index", "table envelopes lacks a key or value that the log gives: s1-e0");
}

TEST_F(VerifyStoredTest, TheLastPostingOfAPrincipalIsMissedToo) {
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  uint64_t last = 0;
  std::string key;
  for (uint64_t seq = 0; seq < entries.size(); ++seq) {
    const PreparedEntry prepared = PrepareEntry(entries[seq]);
    const auto& links = prepared.entry.header.principal_links;
    for (size_t i = 0; i < links.size(); ++i) {
      if (prepared.facts.involved[i].principal.id != "alice") continue;
      last = seq;
      key = PrincipalKey(PrincipalPrefix(prepared.facts.involved[i].principal), links[i].ordinal);
    }
  }
  DeleteKey(index(), "principals", key);
  ExpectOne(Verdict::kIncomplete, last, "index", "table principals lacks");
}

TEST_F(VerifyStoredTest, AChangedOrMissingHashOfTheTreeIsNamedBySeq) {
  PutKey(index(), "tree", TreeKey(4, 2), std::string(32, 'x'));
  VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  ASSERT_EQ(report.failures.size(), 2u) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 47u);
  EXPECT_THAT(report.failures[0].message, HasSubstr("table tree"));
  EXPECT_EQ(report.failures[1].seq, 47u);
  DeleteKey(index(), "tree", TreeKey(4, 2));
  ExpectOne(Verdict::kIncomplete, 47, "index", "table tree lacks a key or value that the log gives");
}

TEST_F(VerifyStoredTest, AChangedWatermarkIsNoticed) {
  const auto last = LeafHash(TestLedger::Entries(ledger_.data_dir())[102]);
  PutKey(index(), "default", "watermark", U64Key(103) + std::string(32, 'x'));
  ExpectOne(Verdict::kIncomplete, 102, "index", "its watermark is damaged");
  PutKey(index(), "default", "watermark", U64Key(103) + std::string(View(last)));
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict));
  PutKey(index(), "default", "watermark", U64Key(90) + std::string(View(last)));
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kIncomplete);
}

TEST_F(VerifyStoredTest, AnAddedIndexKeyIsNamedBySeq) {
  PutKey(index(), "facets", FacetKey(FacetPrefix(Facet::kTenant, "forged"), 40), {});
  ExpectOne(Verdict::kIncomplete, 40, "index", "that the log does not give: \\x01forged");
}

TEST_F(VerifyStoredTest, AnAddedKeyOfAnEntryThatDoesNotExistIsNamed) {
  PutKey(index(), "facets", FacetKey(FacetPrefix(Facet::kTenant, "forged"), uint64_t{1} << 60), {});
  ExpectOne(Verdict::kIncomplete, uint64_t{1} << 60, "index", "does not give");
}

TEST_F(VerifyStoredTest, AnIndexKeyThatNamesAnotherEntryIsNamedInBothWays) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "s1-e0", 0));
  PutKey(index(), "envelopes", EnvelopeKey("s1-e0", 0, 90), {});
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  ASSERT_EQ(report.failures.size(), 2u) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 2u) << "the key that is due";
  EXPECT_EQ(report.failures[1].seq, 90u) << "the key that is not";
}

TEST_F(VerifyStoredTest, AMalformedIndexEntryIsNamed) {
  PutKey(index(), "envelopes", "short", {});
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  EXPECT_EQ(report.failure_count, 1u) << Text(report);
}

TEST_F(VerifyStoredTest, AMissingOrUnreadableIndexMakesItIncomplete) {
  fs::remove(FileOf(index(), ".sst"));
  ExpectOne(Verdict::kIncomplete, std::nullopt, "index", "was not compared with the log");
  fs::remove_all(index());
  ExpectOne(Verdict::kIncomplete, std::nullopt, "index", "was not compared with the log");
}

TEST_F(VerifyStoredTest, AnIndexThatLagsBehindIsNoFailure) {
  const std::string before = ledger_.Copy();
  ledger_.Open();
  Fill(3, 20);
  ledger_.Close();
  fs::remove_all(index());
  fs::copy(IndexPath(before), index());
  const VerifyReport report = ledger_.Verify();
  EXPECT_TRUE(IsPass(report.verdict)) << Text(report);
  EXPECT_THAT(report.checks.at("index"), HasSubstr("22 are not indexed yet"));
}

TEST_F(VerifyStoredTest, AnIndexAheadOfTheLogMakesItIncomplete) {
  const std::string before = ledger_.Copy();
  ledger_.Open();
  Fill(3, 20);
  ledger_.Close();
  fs::remove_all(LogPath(ledger_.data_dir()));
  fs::copy(LogPath(before), LogPath(ledger_.data_dir()));
  fs::remove(PublishedCheckpointPath(ledger_.data_dir()));
  ExpectTruncatedToo();
  ExpectOne(Verdict::kIncomplete, 103, "index", "but the log has only 103 entries");
}

TEST_F(VerifyStoredTest, ADeletedEntryIsTamperingWithItsSeq) {
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(50));
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].seq, 50u) << Text(report);
  EXPECT_THAT(report.checks.at("index"), HasSubstr("not checked"));
}

TEST_F(VerifyStoredTest, AChangedEntryIsTamperingWithItsSeq) {
  std::string entry = TestLedger::Entries(ledger_.data_dir())[50];
  entry[entry.size() / 2] = static_cast<char>(entry[entry.size() / 2] ^ 1);
  PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(50), entry);
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].seq, 50u) << Text(report);
}

TEST_F(VerifyStoredTest, ACutTailIsTruncation) {
  for (uint64_t seq = 100; seq < 103; ++seq) DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(seq));
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 100u);
}

TEST_F(VerifyStoredTest, WhatADaemonServesIsVerifiedPageByPage) {
  ledger_.Open();
  LiveReader reader(ledger_.ledger());
  reader.limits.max_records = 7;
  reader.limits.max_envelopes = 1;
  uint64_t done = 0;
  const auto report = VerifyServed(reader, {TestVerifierKey(), {}, 2}, [&](uint64_t d, uint64_t) { done = d; });
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->verdict, Verdict::kUnanchored) << Text(*report);
  EXPECT_EQ(report->entries, 104u);
  EXPECT_EQ(done, 104u);
  EXPECT_GE(report->checkpoints, 2u);
  EXPECT_GE(reader.asked, 15);
}

}  // namespace
}  // namespace envledger
