// An index in its own directory below $TMPDIR (or /tmp), which is removed with it: for data derived from a ledger that
// is opened for reading, when there is too much for memory. A process that is killed leaves the directory behind.
#pragma once

#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/store/index_db.h"

namespace envledger {

class ScratchIndex {
 public:
  // kUnavailable, naming the directory, when it cannot be created.
  static Result<std::unique_ptr<ScratchIndex>> Make();
  ~ScratchIndex();
  // Its readers must be destroyed before it.
  IndexDb& db() { return *db_; }

 private:
  explicit ScratchIndex(std::string path) : path_(std::move(path)) {}
  const std::string path_;
  std::unique_ptr<IndexDb> db_;
};

}  // namespace envledger
