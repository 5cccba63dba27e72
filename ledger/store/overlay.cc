// Indexes in memory, and one index laid over another. The two never share a key, so a merge takes the nearer of two
// cursors; when the direction changes, both seek again from the current key.
#include <map>

#include "ledger/store/index_db.h"

namespace envledger {
namespace {

using KeyMap = std::map<std::string, std::string, std::less<>>;

class MapCursor : public IndexCursor {
 public:
  explicit MapCursor(const KeyMap& keys) : keys_(keys), at_(keys.end()) {}

  void Seek(std::string_view key) override { at_ = keys_.lower_bound(key); }
  void SeekForPrev(std::string_view key) override {
    at_ = keys_.upper_bound(key);
    Prev();
  }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == keys_.begin() ? keys_.end() : std::prev(at_); }
  bool Valid() const override { return at_ != keys_.end(); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  Status status() const override { return Ok(); }

 private:
  const KeyMap& keys_;
  KeyMap::const_iterator at_;
};

class Memory : public IndexReader {
 public:
  Memory(std::vector<IndexPut> puts, uint64_t watermark) : watermark_(watermark) {
    for (IndexPut& put : puts) {
      tables_[static_cast<size_t>(put.table)].emplace(std::move(put.key), std::move(put.value));
    }
  }
  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach) const override {
    return std::make_unique<MapCursor>(tables_[static_cast<size_t>(table)]);
  }
  Result<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    const KeyMap& keys = tables_[static_cast<size_t>(table)];
    const auto found = keys.find(key);
    if (found == keys.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  uint64_t watermark() const override { return watermark_; }

 private:
  std::array<KeyMap, kTableNames.size()> tables_;
  const uint64_t watermark_;
};

class MergedCursor : public IndexCursor {
 public:
  MergedCursor(std::unique_ptr<IndexCursor> base, std::unique_ptr<IndexCursor> over)
      : base_(std::move(base)), over_(std::move(over)) {}

  void Seek(std::string_view key) override {
    forward_ = true;
    base_->Seek(key);
    over_->Seek(key);
  }
  void SeekForPrev(std::string_view key) override {
    forward_ = false;
    base_->SeekForPrev(key);
    over_->SeekForPrev(key);
  }
  void Next() override {
    if (!forward_) {
      const std::string here(key());
      Seek(here);
    }
    Nearer().Next();
  }
  void Prev() override {
    if (forward_) {
      const std::string here(key());
      SeekForPrev(here);
    }
    Nearer().Prev();
  }
  bool Valid() const override { return status().ok() && (base_->Valid() || over_->Valid()); }
  std::string_view key() const override { return Nearer().key(); }
  std::string_view value() const override { return Nearer().value(); }
  Status status() const override {
    Status status = base_->status();
    return status.ok() ? over_->status() : status;
  }

 private:
  IndexCursor& Nearer() const {
    if (!base_->Valid()) return *over_;
    if (!over_->Valid()) return *base_;
    const bool base_is_less = base_->key() < over_->key();
    return base_is_less == forward_ ? *base_ : *over_;
  }

  const std::unique_ptr<IndexCursor> base_;
  const std::unique_ptr<IndexCursor> over_;
  bool forward_ = true;
};

class Overlay : public IndexReader {
 public:
  Overlay(std::shared_ptr<const IndexReader> base, std::shared_ptr<const IndexReader> over, uint64_t watermark)
      : base_(std::move(base)), over_(std::move(over)), watermark_(watermark) {}
  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const override {
    return std::make_unique<MergedCursor>(base_->NewCursor(table, reach), over_->NewCursor(table, reach));
  }
  Result<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    ENVLEDGER_ASSIGN_OR_RETURN(auto value, over_->Get(table, key));
    if (value) return value;
    return base_->Get(table, key);
  }
  uint64_t watermark() const override { return watermark_; }

 private:
  const std::shared_ptr<const IndexReader> base_;
  const std::shared_ptr<const IndexReader> over_;
  const uint64_t watermark_;
};

}  // namespace

std::unique_ptr<IndexReader> MemoryReader(std::vector<IndexPut> puts, uint64_t watermark) {
  return std::make_unique<Memory>(std::move(puts), watermark);
}

std::unique_ptr<IndexReader> OverlayReader(std::shared_ptr<const IndexReader> base,
                                           std::shared_ptr<const IndexReader> over, uint64_t watermark) {
  return std::make_unique<Overlay>(std::move(base), std::move(over), watermark);
}

std::unique_ptr<IndexReader> EmptyReader() { return MemoryReader({}, 0); }

}  // namespace envledger
