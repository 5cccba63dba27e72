#include "ledger/store/index_db.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

class IndexDbTest : public ::testing::Test {
 protected:
  void Open() {
    auto index = IndexDb::Open(path_, {});
    ASSERT_TRUE(index.ok()) << index.status().ToString();
    index_ = *std::move(index);
  }
  // A key in each table for each seq from `from` on, and the watermark after them.
  void Apply(uint64_t from, uint64_t until) {
    std::vector<IndexPut> puts;
    for (uint64_t seq = until; seq-- > from;) {
      for (const Table table : {Table::kFacets, Table::kEnvelopes, Table::kPrincipals}) {
        puts.push_back({table, "k" + std::to_string(seq), "v" + std::to_string(seq)});
      }
    }
    const Status applied = index_->Apply(puts, {until, std::string(32, 'h')});
    ASSERT_TRUE(applied.ok()) << applied.ToString();
  }
  // Whether exactly the keys of the seqs below `until` are there, in every table.
  static void ExpectHolds(const IndexReader& reader, uint64_t until) {
    for (const Table table : {Table::kFacets, Table::kEnvelopes, Table::kPrincipals}) {
      uint64_t keys = 0;
      const auto at = reader.NewCursor(table, Reach::kTable);
      for (at->Seek({}); at->Valid(); at->Next()) ++keys;
      EXPECT_TRUE(at->status().ok());
      EXPECT_EQ(keys, until) << kTableNames[static_cast<size_t>(table)];
      for (uint64_t seq = 0; seq < until; ++seq) {
        const auto value = reader.Get(table, "k" + std::to_string(seq));
        ASSERT_TRUE(value.ok());
        EXPECT_EQ(*value, "v" + std::to_string(seq));
      }
    }
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/index";
  std::unique_ptr<IndexDb> index_;
};

TEST_F(IndexDbTest, IsNotDestroyedUnderItsWriter) {
  Open();
  Apply(0, 10);
  EXPECT_EQ(IndexDb::Destroy(path_).code(), Code::kUnavailable);
  ExpectHolds(*index_->Snapshot(), 10);
  index_.reset();
  EXPECT_TRUE(IndexDb::Destroy(path_).ok());
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_TRUE(IndexDb::Destroy(path_).ok()) << "it is gone already";
}

TEST_F(IndexDbTest, StartsEmptyAndGrowsByWholeBatches) {
  Open();
  EXPECT_EQ(index_->watermark().seq, 0u);
  Apply(0, 3);
  Apply(3, 5);
  EXPECT_EQ(index_->watermark().seq, 5u);
  EXPECT_EQ(index_->watermark().last_leaf_hash, std::string(32, 'h'));
  ExpectHolds(index_->Latest(), 5);
  EXPECT_FALSE(index_->Latest().Get(Table::kFacets, "k5")->has_value());
}

TEST_F(IndexDbTest, ASnapshotDoesNotChange) {
  Open();
  Apply(0, 2);
  const auto snapshot = index_->Snapshot();
  Apply(2, 4);
  EXPECT_EQ(snapshot->watermark(), 2u);
  ExpectHolds(*snapshot, 2);
  ExpectHolds(*index_->Snapshot(), 4);
}

TEST_F(IndexDbTest, WhatWasFlushedIsThereAfterReopening) {
  Open();
  Apply(0, 4);
  ASSERT_TRUE(index_->Flush().ok());
  index_.reset();
  Open();
  EXPECT_EQ(index_->watermark().seq, 4u);
  EXPECT_EQ(index_->watermark().last_leaf_hash, std::string(32, 'h'));
  ExpectHolds(index_->Latest(), 4);
}

TEST_F(IndexDbTest, AfterACrashKeysAndWatermarkFallBackTogether) {
  Open();
  Apply(0, 3);
  ASSERT_TRUE(index_->Flush().ok());
  Apply(3, 9);
  const std::string copy = dir_.path() + "/crashed";
  fs::copy(path_, copy);
  const auto crashed = IndexDb::Open(copy, {});
  ASSERT_TRUE(crashed.ok()) << crashed.status().ToString();
  EXPECT_EQ((*crashed)->watermark().seq, 3u);
  ExpectHolds((*crashed)->Latest(), 3);
}

TEST_F(IndexDbTest, OneWithoutAFlushIsEmptyAfterACrash) {
  Open();
  Apply(0, 3);
  const std::string copy = dir_.path() + "/crashed";
  fs::copy(path_, copy);
  const auto crashed = IndexDb::Open(copy, {});
  ASSERT_TRUE(crashed.ok()) << crashed.status().ToString();
  EXPECT_EQ((*crashed)->watermark().seq, 0u);
  ExpectHolds((*crashed)->Latest(), 0);
}

TEST_F(IndexDbTest, AReaderBesideTheWriterSeesTheLastFlushAndCreatesNothing) {
  EXPECT_EQ(IndexDb::OpenReadOnly(path_, {}).status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(path_));
  Open();
  Apply(0, 3);
  ASSERT_TRUE(index_->Flush().ok());
  Apply(3, 4);
  const auto reader = IndexDb::OpenReadOnly(path_, {});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_EQ((*reader)->watermark().seq, 3u);
  ExpectHolds(*(*reader)->Snapshot(), 3);
}

TEST_F(IndexDbTest, ADamagedManifestIsCorruptionAndDestroyMakesRoomForANewOne) {
  Open();
  Apply(0, 3);
  ASSERT_TRUE(index_->Flush().ok());
  index_.reset();
  for (const auto& file : fs::directory_iterator(path_)) {
    if (file.path().filename().string().starts_with("MANIFEST")) FlipBit(file.path(), fs::file_size(file) / 2);
  }
  EXPECT_EQ(IndexDb::Open(path_, {}).status().code(), Code::kCorruption);
  ASSERT_TRUE(IndexDb::Destroy(path_).ok());
  Open();
  EXPECT_EQ(index_->watermark().seq, 0u);
}

TEST_F(IndexDbTest, AMissingTableFileIsNoticedWhenItIsOpened) {
  Open();
  Apply(0, 3);
  ASSERT_TRUE(index_->Flush().ok());
  index_.reset();
  fs::remove(FileOf(path_, ".sst"));
  EXPECT_FALSE(IndexDb::Open(path_, {}).ok());
}

TEST_F(IndexDbTest, DestroyRemovesWhateverIsThere) {
  fs::create_directories(path_);
  std::ofstream(path_ + "/CURRENT") << "garbage";
  EXPECT_FALSE(IndexDb::Open(path_, {}).ok());
  ASSERT_TRUE(IndexDb::Destroy(path_).ok());
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_TRUE(IndexDb::Destroy(path_).ok()) << "nothing to remove is no failure";
}

// As many envelopes as fill several partitions of a file's filters and index, in files that are flushed and compacted,
// in what is not flushed yet, and in an overlay.
TEST_F(IndexDbTest, PrefixCursorsAndPointReadsFindEveryKeyWhereverItLies) {
  Open();
  constexpr uint64_t kEnvelopes = 12'000;
  const auto prefix_of = [](uint64_t envelope) { return "env-" + std::to_string(envelope) + std::string(1, '\0'); };
  const auto has = [](uint64_t envelope, uint64_t revision) { return revision == 0 || envelope % 3 != 0; };
  std::vector<IndexPut> over;
  for (uint64_t revision = 0; revision < 5; ++revision) {
    std::vector<IndexPut> puts;
    for (uint64_t envelope = 0; envelope < kEnvelopes; ++envelope) {
      if (!has(envelope, revision)) continue;
      (revision < 4 ? puts : over)
          .push_back({Table::kEnvelopes, prefix_of(envelope) + U64Key(revision), U64Key(revision)});
    }
    if (revision == 4) break;
    ASSERT_TRUE(index_->Apply(puts, {kEnvelopes * (revision + 1), std::string(32, 'h')}).ok());
    if (revision == 3) continue;
    ASSERT_TRUE(index_->Flush().ok());
  }
  const auto reader = OverlayReader(index_->Snapshot(), MemoryReader(std::move(over), 0), 5 * kEnvelopes);
  const auto at = reader->NewCursor(Table::kEnvelopes, Reach::kPrefix);
  for (uint64_t envelope = 0; envelope < kEnvelopes + 100; ++envelope) {
    const std::string prefix = prefix_of(envelope);
    std::string found;
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
      ASSERT_EQ(at->key().substr(prefix.size()), at->value());
      found += std::to_string(ReadU64(at->value()));
    }
    ASSERT_TRUE(at->status().ok());
    ASSERT_EQ(found, envelope >= kEnvelopes ? "" : has(envelope, 1) ? "01234" : "0") << envelope;
    for (uint64_t revision = 0; revision < 6; ++revision) {
      const auto value = reader->Get(Table::kEnvelopes, prefix + U64Key(revision));
      ASSERT_TRUE(value.ok());
      ASSERT_EQ(value->has_value(), revision < found.size()) << envelope << ", " << revision;
    }
  }
}

}  // namespace
}  // namespace envledger
