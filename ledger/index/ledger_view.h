// The state of a ledger at one moment, from which the daemon and the offline tool answer every question.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct LedgerView {
  const LogDb* log = nullptr;                // not owned
  std::shared_ptr<const IndexReader> index;  // reaches tree_size; null in a view of the log alone
  uint64_t tree_size = 0;
  Hash root{};
  std::string checkpoint;  // the latest signed note at or below tree_size, or empty
  // Told of damage (IndexDamage, LogDamage) that an answer met but went on in spite of; may be empty.
  std::function<void(const Status&)> report_damage = {};
};

}  // namespace envledger
