// The overlay's cursor against a plain map, in random walks.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "ledger/store/index_db.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using Oracle = std::map<std::string, std::string>;

// A walk of both; they must stand at the same key, or be invalid together, after every step.
class Walk {
 public:
  Walk(const IndexReader& reader, const Oracle& oracle)
      : cursor_(reader.NewCursor(Table::kFacets, Reach::kTable)), oracle_(oracle) {}

  void Seek(const std::string& key) {
    cursor_->Seek(key);
    Set(oracle_.lower_bound(key));
  }
  void SeekForPrev(const std::string& key) {
    cursor_->SeekForPrev(key);
    const auto after = oracle_.upper_bound(key);
    valid_ = after != oracle_.begin();
    if (valid_) at_ = std::prev(after);
  }
  void Next() {
    cursor_->Next();
    Set(std::next(at_));
  }
  void Prev() {
    cursor_->Prev();
    valid_ = at_ != oracle_.begin();
    if (valid_) --at_;
  }
  bool valid() const { return valid_; }
  void ExpectSame(const std::string& step) const {
    ASSERT_TRUE(cursor_->status().ok());
    ASSERT_EQ(cursor_->Valid(), valid_) << step;
    if (!valid_) return;
    ASSERT_EQ(cursor_->key(), at_->first) << step;
    ASSERT_EQ(cursor_->value(), at_->second) << step;
  }

 private:
  void Set(Oracle::const_iterator at) {
    at_ = at;
    valid_ = at_ != oracle_.end();
  }
  const std::unique_ptr<IndexCursor> cursor_;
  const Oracle& oracle_;
  Oracle::const_iterator at_;
  bool valid_ = false;
};

TEST(OverlayTest, WalksAsOneSortedMap) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    std::mt19937 random(seed);
    const auto key = [&] {
      return std::string(1 + random() % 2, static_cast<char>('a' + random() % 16)) + char('0' + random() % 4);
    };
    TempDir dir;
    const auto index = IndexDb::Open(dir.path() + "/index", {});
    ASSERT_TRUE(index.ok());
    Oracle oracle;
    std::vector<IndexPut> base;
    std::vector<IndexPut> over;
    for (unsigned i = 0; i < 10 * seed; ++i) {
      const std::string fresh = key();
      if (!oracle.emplace(fresh, std::to_string(i)).second) continue;
      (random() % 3 == 0 ? base : over).push_back({Table::kFacets, fresh, std::to_string(i)});
    }
    ASSERT_TRUE((*index)->Apply(base, {1, std::string(32, 'h')}).ok());
    const auto merged = OverlayReader((*index)->Snapshot(), MemoryReader(over, 0), 2);
    EXPECT_EQ(merged->watermark(), 2u);
    for (const auto& [present, value] : oracle) EXPECT_EQ(*merged->Get(Table::kFacets, present), value);
    EXPECT_FALSE(merged->Get(Table::kFacets, "zzzz")->has_value());
    EXPECT_FALSE(merged->NewCursor(Table::kEnvelopes, Reach::kTable)->Valid());

    Walk walk(*merged, oracle);
    for (int step = 0; step < 3000; ++step) {
      const unsigned what = random() % 10;
      std::string name = "step " + std::to_string(step) + " of seed " + std::to_string(seed);
      if (!walk.valid() || what == 0) {
        walk.Seek(key());
        name += ", seek";
      } else if (what == 1) {
        walk.SeekForPrev(key());
        name += ", seek for previous";
      } else if (what < 6) {
        walk.Next();
        name += ", next";
      } else {
        walk.Prev();
        name += ", previous";
      }
      ASSERT_NO_FATAL_FAILURE(walk.ExpectSame(name));
    }
  }
}

TEST(OverlayTest, OverNothingIsTheLaidOverKeysAlone) {
  const auto reader = MemoryReader({{Table::kEnvelopes, "b", "2"}, {Table::kEnvelopes, "a", "1"}}, 7);
  const auto at = reader->NewCursor(Table::kEnvelopes, Reach::kTable);
  at->Seek({});
  ASSERT_TRUE(at->Valid());
  EXPECT_EQ(at->key(), "a");
  at->Next();
  EXPECT_EQ(at->key(), "b");
  at->Next();
  EXPECT_FALSE(at->Valid());
  EXPECT_EQ(*reader->Get(Table::kEnvelopes, "b"), "2");
}

}  // namespace
}  // namespace envledger
