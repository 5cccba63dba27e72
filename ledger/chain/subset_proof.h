// One proof for many leaves: that all of them are in a tree, each in its place.
//
// Proofs of many leaves, one for each, repeat most of their hashes. What suffices is the hash of every largest subtree
// (of the splits of RFC 6962 section 2.1) that holds none of the leaves; all other nodes follow from the leaves. The
// nodes are listed from left to right. A whole tree needs none; one leaf needs those of its inclusion proof. Pure
// functions; thread-safe.
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
// `inclusion` gives the inclusion proof of one of them in that tree; it is asked for no more of them than it takes, in
// ascending order. kInvalidArgument for indexes that are none; kCorruption for a proof of a wrong length; errors of
// `inclusion` are passed on. Nothing here checks the hashes: SubsetRoot of the result does.
Result<std::vector<Hash>> SubsetProof(const std::vector<uint64_t>& indexes, uint64_t size,
                                      const std::function<Result<Proof>(uint64_t index)>& inclusion);

// The root that the leaves (index and leaf hash) and the nodes give. kInvalidArgument for indexes that are not
// ascending, distinct, at least one and below `size`; kCorruption when there are not just as many nodes as it takes.
Result<Hash> SubsetRoot(const std::vector<std::pair<uint64_t, Hash>>& leaves, uint64_t size,
                        const std::vector<Hash>& nodes);

}  // namespace envledger
