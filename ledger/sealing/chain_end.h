// Where the chain ends.
#pragma once

#include "ledger/base/bytes.h"
#include "ledger/base/time.h"
#include "ledger/chain/tree.h"

namespace envledger {

// The end of the chain; sealing continues from here.
struct ChainEnd {
  Frontier frontier;  // its size is the next entry's seq
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;
};

}  // namespace envledger
