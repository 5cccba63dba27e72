// A sorted map laid over another reader. The two never share a key, so merging them is taking the nearer of two
// cursors; when the direction turns, the other cursor is sought again from the present key.
#include <map>

#include "ledger/store/index_db.h"

namespace envledger {
namespace {

using KeyMap = std::map<std::string, std::string, std::less<>>;

class EmptyCursor : public IndexCursor {
 public:
  void Seek(std::string_view) override {}
  void SeekForPrev(std::string_view) override {}
  void Next() override {}
  void Prev() override {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  Status status() const override { return Ok(); }
};

class Empty : public IndexReader {
 public:
  std::unique_ptr<IndexCursor> NewCursor(Table, Reach) const override { return std::make_unique<EmptyCursor>(); }
  Result<std::optional<std::string>> Get(Table, std::string_view) const override {
    return std::optional<std::string>();
  }
  uint64_t watermark() const override { return 0; }
};

class MergedCursor : public IndexCursor {
 public:
  MergedCursor(std::unique_ptr<IndexCursor> base, const KeyMap& over) : base_(std::move(base)), over_(over) {}

  void Seek(std::string_view key) override {
    forward_ = true;
    base_->Seek(key);
    at_ = over_.lower_bound(key);
    at_valid_ = at_ != over_.end();
  }
  void SeekForPrev(std::string_view key) override {
    forward_ = false;
    base_->SeekForPrev(key);
    at_ = over_.upper_bound(key);
    StepBack();
  }
  void Next() override {
    if (!forward_) {
      const std::string here(key());
      Seek(here);
    }
    if (OnBase()) {
      base_->Next();
    } else if (++at_ == over_.end()) {
      at_valid_ = false;
    }
  }
  void Prev() override {
    if (forward_) {
      const std::string here(key());
      SeekForPrev(here);
    }
    if (OnBase()) {
      base_->Prev();
    } else {
      StepBack();
    }
  }
  bool Valid() const override { return base_->status().ok() && (base_->Valid() || at_valid_); }
  std::string_view key() const override { return OnBase() ? base_->key() : std::string_view(at_->first); }
  std::string_view value() const override { return OnBase() ? base_->value() : std::string_view(at_->second); }
  Status status() const override { return base_->status(); }

 private:
  bool OnBase() const {
    if (!base_->Valid() || !at_valid_) return base_->Valid();
    return forward_ ? base_->key() < at_->first : base_->key() > at_->first;
  }
  void StepBack() {
    at_valid_ = at_ != over_.begin();
    if (at_valid_) --at_;
  }

  const std::unique_ptr<IndexCursor> base_;
  const KeyMap& over_;
  KeyMap::const_iterator at_;
  bool at_valid_ = false;
  bool forward_ = true;
};

class Overlay : public IndexReader {
 public:
  Overlay(std::unique_ptr<IndexReader> base, std::vector<IndexPut> puts, uint64_t watermark)
      : base_(std::move(base)), watermark_(watermark) {
    for (IndexPut& put : puts) {
      over_[static_cast<size_t>(put.table)].emplace(std::move(put.key), std::move(put.value));
    }
  }
  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const override {
    return std::make_unique<MergedCursor>(base_->NewCursor(table, reach), over_[static_cast<size_t>(table)]);
  }
  Result<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    const KeyMap& map = over_[static_cast<size_t>(table)];
    if (const auto found = map.find(key); found != map.end()) return std::optional<std::string>(found->second);
    return base_->Get(table, key);
  }
  uint64_t watermark() const override { return watermark_; }

 private:
  const std::unique_ptr<IndexReader> base_;
  std::array<KeyMap, kTableNames.size()> over_;
  const uint64_t watermark_;
};

}  // namespace

std::unique_ptr<IndexReader> OverlayReader(std::unique_ptr<IndexReader> base, std::vector<IndexPut> puts,
                                           uint64_t watermark) {
  return std::make_unique<Overlay>(std::move(base), std::move(puts), watermark);
}

std::unique_ptr<IndexReader> EmptyReader() { return std::make_unique<Empty>(); }

}  // namespace envledger
