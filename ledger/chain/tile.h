// Tiles and entry bundles of C2SP tlog-tiles (c2sp.org/tlog-tiles): which ones a tree has, their paths, and their
// bytes. Pure functions.
//
// A hash tile holds up to 256 consecutive hashes of one tile level: at level 0 the leaf hashes, at level L the roots of
// full tiles of level L-1, which are subtrees of 256^L leaves. An entry bundle holds the entries of a tile of level 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/tree.h"

namespace envledger {

inline constexpr unsigned kTileHeight = 8;                 // tree levels in a tile
inline constexpr unsigned kTileWidth = 1u << kTileHeight;  // hashes in a full tile, entries in a full bundle
inline constexpr unsigned kTileLevels = 8;                 // levels 0 to 7 are enough for 2^64 leaves
inline constexpr size_t kHashBytes = 32;                   // of SHA-256
inline constexpr size_t kMaxBundleEntryBytes = 65535;      // the most that the length prefix in a bundle can express
inline constexpr size_t kMaxTileBytes = kTileWidth * kHashBytes;
inline constexpr size_t kMaxBundleBytes = kTileWidth * (2 + kMaxBundleEntryBytes);

struct TileId {
  bool entries = false;         // an entry bundle, which is at level 0
  unsigned level = 0;           // below kTileLevels
  uint64_t index = 0;           // within the level
  unsigned width = kTileWidth;  // 1 to 255: a partial tile
  auto operator<=>(const TileId&) const = default;
  bool partial() const { return width < kTileWidth; }
};

// "tile/<L>/<N>" or "tile/entries/<N>", with ".p/<W>" after a partial one; <N> is in groups of three digits, all but
// the last with an "x" in front: "tile/0/x001/x234/067". REQUIRES: a level below kTileLevels, a width of 1 to 256.
std::string TilePath(const TileId& tile);
// The tile of exactly this path; nullopt for any other spelling (leading zeros or groups, another number of digits),
// for a level that no tree of 2^64 leaves has, and for an index that does not fit in 64 bits.
std::optional<TileId> ParseTilePath(std::string_view path);

// How many hashes the tiles of a level hold in total, in a tree of `size` leaves: floor(size / 256^level).
uint64_t HashesAtLevel(uint64_t size, unsigned level);
// The width of the tile (or bundle) at `index` in such a tree: 256 when it is full, 0 when the tree has no such tile.
unsigned TileWidthAt(uint64_t size, unsigned level, uint64_t index);
// Whether a tree of `size` leaves has exactly this tile, of this width.
bool TreeHasTile(uint64_t size, const TileId& tile);
// How many tiles of the level (bundles: of level 0) such a tree has, including a partial one.
uint64_t TilesAtLevel(uint64_t size, unsigned level);

// The hashes, one after the other.
std::string EncodeTile(const std::vector<Hash>& hashes);
// kCorruption unless `bytes` are exactly `width` hashes.
Result<std::vector<Hash>> ParseTile(std::string_view bytes, unsigned width);

// Adds one entry to a bundle: its length as a big-endian 16-bit integer, then its bytes. kInvalidArgument for an entry
// of more than kMaxBundleEntryBytes.
Status AppendToBundle(std::string& bundle, std::string_view entry);
// The entries of a bundle; they borrow from `bytes`. kCorruption with the byte offset unless it holds exactly `width`
// entries and nothing after them.
Result<std::vector<std::string_view>> ParseBundle(std::string_view bytes, unsigned width);

// The root of the complete subtree over `count` hashes from `hashes`. REQUIRES: a power of two.
Hash SubtreeRoot(const Hash* hashes, size_t count);

}  // namespace envledger
