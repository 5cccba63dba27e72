// An index in a directory of its own below $TMPDIR (or /tmp), removed with it: for what is derived from a ledger that
// is only read, and is too much for memory. A process that is killed leaves the directory there.
#pragma once

#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/store/index_db.h"

namespace envledger {

class ScratchIndex {
 public:
  // kUnavailable, naming the directory, when it cannot be made.
  static Result<std::unique_ptr<ScratchIndex>> Make();
  ~ScratchIndex();
  // What reads it must go before it.
  IndexDb& db() { return *db_; }

 private:
  explicit ScratchIndex(std::string path) : path_(std::move(path)) {}
  const std::string path_;
  std::unique_ptr<IndexDb> db_;
};

}  // namespace envledger
