// Where the chain ends, as the parts of the service tell one another.
#pragma once

#include <cstdint>

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

// The durable end of the log. The frontier before the last leaf is kept too: stored beside a checkpoint, it lets
// start-up prove by one read that the last entry is the one that the checkpoint was signed for.
struct DurableEnd {
  Frontier frontier;
  Frontier before_last;  // of one leaf less
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;
  uint64_t size() const { return frontier.size(); }
};

}  // namespace envledger
