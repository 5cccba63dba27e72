// Where the chain ends.
#pragma once

#include "ledger/base/bytes.h"
#include "ledger/base/time.h"
#include "ledger/chain/tree.h"

namespace envledger {

// The end of the chain, from which sealing goes on.
struct ChainEnd {
  Frontier frontier;  // its size is the next seq
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;
};

}  // namespace envledger
