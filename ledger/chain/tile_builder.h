// Grows the tiles of a tree leaf by leaf. The same code makes the tiles that an export writes and those that a
// verification expects.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/tile.h"
#include "ledger/chain/tree.h"

namespace envledger {

// A value type; not thread-safe. Holds at most 255 hashes a level.
class TileBuilder {
 public:
  // Receives a hash tile. An error ends the call that is producing tiles, which returns it.
  using Sink = std::function<Status(const TileId& tile, const std::vector<Hash>& hashes)>;
  // The hashes of the partial tiles of a tree, by level; empty where there is none.
  using Pending = std::array<std::vector<Hash>, kTileLevels>;

  TileBuilder() = default;  // the empty tree
  // The tree of `size` leaves whose partial tiles hold `pending`. kInvalidArgument when the numbers of hashes do not
  // fit the size.
  static Result<TileBuilder> From(uint64_t size, Pending pending);

  // Adds a leaf. Tiles that become full are passed to `sink`, lowest level first.
  Status Append(const Hash& leaf_hash, const Sink& sink);
  // The partial tiles of the current size, lowest level first.
  Status VisitPartial(const Sink& sink) const;

  uint64_t size() const { return size_; }
  Hash Root() const;  // MTH of RFC 6962 section 2.1

 private:
  uint64_t size_ = 0;
  Pending pending_;
};

}  // namespace envledger
