// One proof for many leaves: that each of them is in a tree at its index.
//
// Separate proofs for many leaves repeat most of their hashes. It is enough to have the hash of every maximal subtree
// (of the splits of RFC 6962 section 2.1) that contains none of the leaves; all other nodes follow from the leaves. The
// nodes are listed from left to right. For all leaves of a tree the list is empty; for one leaf it has the hashes of
// its inclusion proof. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/tree.h"

namespace envledger {

// The nodes for the leaves `indexes` (ascending, distinct, not empty, below `size`) of a tree of `size` leaves.
// `inclusion` returns the inclusion proof of a leaf in that tree; it is called for no more leaves than needed, in
// ascending order. kInvalidArgument for invalid `indexes`; kCorruption for a proof of the wrong length; errors of
// `inclusion` are passed on. The hashes are not checked here: call SubsetRoot on the result.
Result<std::vector<Hash>> SubsetProof(const std::vector<uint64_t>& indexes, uint64_t size,
                                      const std::function<Result<Proof>(uint64_t index)>& inclusion);

// The root that the leaves (index and leaf hash) and the nodes give. kInvalidArgument for indexes that are not
// ascending, distinct, at least one and below `size`; kCorruption when the number of nodes is wrong.
Result<Hash> SubsetRoot(const std::vector<std::pair<uint64_t, Hash>>& leaves, uint64_t size,
                        const std::vector<Hash>& nodes);

}  // namespace envledger
