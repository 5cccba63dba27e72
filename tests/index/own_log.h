// Logs and indexes of a test's own, without a daemon around them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/store/index_db.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_db.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// A data directory with a log of these entries.
class OwnLog : public ::testing::Test {
 protected:
  void Create(const std::vector<std::string>& entries) {
    ASSERT_TRUE(LogDb::Create(LogPath(data_dir()), {}).ok());
    auto log = LogDb::Open(LogPath(data_dir()), {});
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = *std::move(log);
    ASSERT_TRUE(log_->Append(0, {entries.begin(), entries.end()}).ok());
  }
  std::unique_ptr<IndexDb> OpenIndex(const std::string& path) {
    auto index = IndexDb::Open(path, {});
    EXPECT_TRUE(index.ok()) << index.status().ToString();
    return index.ok() ? *std::move(index) : nullptr;
  }
  // Every key of every table with its value, in order.
  static std::vector<std::string> KeysOf(const IndexReader& reader) {
    std::vector<std::string> keys;
    for (const Table table : {Table::kFacets, Table::kEnvelopes, Table::kPrincipals, Table::kTree}) {
      const auto at = reader.NewCursor(table, Reach::kTable);
      for (at->Seek({}); at->Valid(); at->Next()) {
        keys.push_back(std::string(at->key()) + "=" + std::string(at->value()));
      }
      EXPECT_TRUE(at->status().ok());
    }
    return keys;
  }
  std::string data_dir() const { return dir_.path(); }

  TempDir dir_;
  std::unique_ptr<LogDb> log_;
};

}  // namespace envledger
