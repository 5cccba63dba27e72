// An index reader that counts its accesses to the index.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/store/index_db.h"

namespace envledger {

// For one thread at a time. The reader underneath is not owned.
class CountingReader : public IndexReader {
 public:
  explicit CountingReader(const IndexReader& base) : base_(base) {}

  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const override {
    return std::make_unique<Cursor>(base_.NewCursor(table, reach), *this);
  }
  Result<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    ++seeks;
    return base_.Get(table, key);
  }
  uint64_t watermark() const override { return base_.watermark(); }

  mutable uint64_t seeks = 0;  // and point reads
  mutable uint64_t steps = 0;  // Next and Prev

 private:
  class Cursor : public IndexCursor {
   public:
    Cursor(std::unique_ptr<IndexCursor> at, const CountingReader& counts) : at_(std::move(at)), counts_(counts) {}
    void Seek(std::string_view key) override { ++counts_.seeks, at_->Seek(key); }
    void SeekForPrev(std::string_view key) override { ++counts_.seeks, at_->SeekForPrev(key); }
    void Next() override { ++counts_.steps, at_->Next(); }
    void Prev() override { ++counts_.steps, at_->Prev(); }
    bool Valid() const override { return at_->Valid(); }
    std::string_view key() const override { return at_->key(); }
    std::string_view value() const override { return at_->value(); }
    Status status() const override { return at_->status(); }

   private:
    const std::unique_ptr<IndexCursor> at_;
    const CountingReader& counts_;
  };

  const IndexReader& base_;
};

}  // namespace envledger
