// The size of the tree in base 256 determines everything: its digits are the widths of the partial tiles. Adding a leaf
// adds one to it, and a carry out of a digit is a full tile that becomes one hash of the level above.
#include "ledger/chain/tile_builder.h"

#include <string>
#include <utility>

namespace envledger {

Result<TileBuilder> TileBuilder::From(uint64_t size, Pending pending) {
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const uint64_t width = HashesAtLevel(size, level) % kTileWidth;
    if (pending[level].size() == width) continue;
    return InvalidArgument("the partial tile at level " + std::to_string(level) + " of a tree of " +
                           std::to_string(size) + " leaves has " + std::to_string(width) + " hashes, not " +
                           std::to_string(pending[level].size()));
  }
  TileBuilder builder;
  builder.size_ = size;
  builder.pending_ = std::move(pending);
  return builder;
}

Status TileBuilder::Append(const Hash& leaf_hash, const Sink& sink) {
  ++size_;
  Hash carry = leaf_hash;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    std::vector<Hash>& row = pending_[level];
    row.push_back(carry);
    if (row.size() < kTileWidth) break;
    const uint64_t index = HashesAtLevel(size_, level) / kTileWidth - 1;
    ENVLEDGER_RETURN_IF_ERROR(sink({.level = level, .index = index}, row));
    carry = SubtreeRoot(row.data(), row.size());
    row.clear();
  }
  return Ok();
}

Status TileBuilder::VisitPartial(const Sink& sink) const {
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::vector<Hash>& row = pending_[level];
    if (row.empty()) continue;
    const TileId tile{
        .level = level, .index = HashesAtLevel(size_, level) / kTileWidth, .width = static_cast<unsigned>(row.size())};
    ENVLEDGER_RETURN_IF_ERROR(sink(tile, row));
  }
  return Ok();
}

// Collects the right edge of the tree, from the largest subtree down: each partial tile is split into powers of two,
// the set bits of its width. The root combines the edge from the right.
Hash TileBuilder::Root() const {
  std::vector<Hash> edge;
  for (unsigned level = kTileLevels; level-- > 0;) {
    const std::vector<Hash>& row = pending_[level];
    size_t at = 0;
    for (size_t count = kTileWidth / 2; count > 0; count /= 2) {
      if ((row.size() & count) == 0) continue;
      edge.push_back(SubtreeRoot(row.data() + at, count));
      at += count;
    }
  }
  if (edge.empty()) return EmptyRoot();
  Hash root = edge.back();
  for (size_t i = edge.size() - 1; i > 0; --i) root = NodeHash(edge[i - 1], root);
  return root;
}

}  // namespace envledger
