// A ledger as of one moment: what every question is answered from, by the daemon and by the offline tool alike.
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
  std::shared_ptr<const IndexReader> index;  // reaches tree_size
  uint64_t tree_size = 0;
  Hash root{};
  std::string checkpoint;  // the latest signed note at or below tree_size, or empty
  // Hears of damage that an answer met and went on without (IndexDamage, LogDamage); may be empty.
  std::function<void(const Status&)> report_damage = {};
};

}  // namespace envledger
