#include "ledger/chain/tile.h"

#include <charconv>

namespace envledger {
namespace {

constexpr std::string_view kRoot = "tile/";
constexpr std::string_view kEntries = "entries";

// <N>: groups of three digits, most significant first.
std::string IndexPath(uint64_t index) {
  std::string path;
  for (bool last = true; last || index > 0; last = false, index /= 1000) {
    std::string group = std::to_string(index % 1000);
    group.insert(0, 3 - group.size(), '0');
    path.insert(0, last ? group : "x" + group + "/");
  }
  return path;
}

// Takes everything before the next slash.
std::string_view TakeElement(std::string_view& path) {
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view element = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return element;
}

}  // namespace

std::string TilePath(const TileId& tile) {
  std::string path(kRoot);
  path += tile.entries ? std::string(kEntries) : std::to_string(tile.level);
  path += "/" + IndexPath(tile.index);
  if (tile.partial()) path += ".p/" + std::to_string(tile.width);
  return path;
}

// Parses leniently, then checks that TilePath gives the same path: only one spelling is right, and only TilePath has to
// know it.
std::optional<TileId> ParseTilePath(std::string_view path) {
  if (path.substr(0, kRoot.size()) != kRoot) return std::nullopt;
  std::string_view rest = path.substr(kRoot.size());
  TileId tile;
  const std::string_view level = TakeElement(rest);
  if (level == kEntries) {
    tile.entries = true;
  } else {
    const auto number = ParseDecimal(level);
    if (!number || *number >= kTileLevels) return std::nullopt;
    tile.level = static_cast<unsigned>(*number);
  }
  std::string digits;
  bool last = false;
  while (!last) {
    std::string_view group = TakeElement(rest);
    last = group.empty() || group.front() != 'x';
    if (!last) group.remove_prefix(1);
    if (const size_t suffix = group.find(".p"); suffix != std::string_view::npos) {
      const auto width = ParseDecimal(TakeElement(rest));
      if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
      tile.width = static_cast<unsigned>(*width);
      group = group.substr(0, suffix);
    }
    digits += group;
  }
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, tile.index);
  if (error != std::errc() || stopped != end || TilePath(tile) != path) return std::nullopt;
  return tile;
}

uint64_t HashesAtLevel(uint64_t size, unsigned level) {
  return level < kTileLevels ? size >> (level * kTileHeight) : 0;
}

unsigned TileWidthAt(uint64_t size, unsigned level, uint64_t index) {
  const uint64_t hashes = HashesAtLevel(size, level);
  const uint64_t full = hashes / kTileWidth;
  if (index < full) return kTileWidth;
  return index == full ? static_cast<unsigned>(hashes % kTileWidth) : 0;
}

bool TreeHasTile(uint64_t size, const TileId& tile) {
  return tile.width != 0 && TileWidthAt(size, tile.level, tile.index) == tile.width;
}

uint64_t TilesAtLevel(uint64_t size, unsigned level) {
  const uint64_t hashes = HashesAtLevel(size, level);
  return hashes / kTileWidth + (hashes % kTileWidth != 0 ? 1 : 0);
}

std::string EncodeTile(const std::vector<Hash>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const Hash& hash : hashes) bytes += View(hash);
  return bytes;
}

Result<std::vector<Hash>> ParseTile(std::string_view bytes, unsigned width) {
  if (bytes.size() != width * kHashBytes) {
    return Corruption("a tile of " + std::to_string(width) + " hashes has " + std::to_string(width * kHashBytes) +
                      " bytes, not " + std::to_string(bytes.size()));
  }
  std::vector<Hash> hashes;
  hashes.reserve(width);
  for (size_t at = 0; at < bytes.size(); at += kHashBytes) hashes.push_back(*HashFrom(bytes.substr(at, kHashBytes)));
  return hashes;
}

Status AppendToBundle(std::string& bundle, std::string_view entry) {
  if (entry.size() > kMaxBundleEntryBytes) {
    return InvalidArgument("an entry of " + std::to_string(entry.size()) + " bytes does not fit in an entry bundle");
  }
  bundle.push_back(static_cast<char>(entry.size() >> 8));
  bundle.push_back(static_cast<char>(entry.size() & 0xff));
  bundle += entry;
  return Ok();
}

Result<std::vector<std::string_view>> ParseBundle(std::string_view bytes, unsigned width) {
  std::vector<std::string_view> entries;
  entries.reserve(width);
  size_t at = 0;
  const auto problem = [&](const std::string& what) {
    return Corruption("at byte " + std::to_string(at) + ", " + what);
  };
  while (entries.size() < width) {
    const std::string which = "entry " + std::to_string(entries.size()) + " of " + std::to_string(width);
    if (bytes.size() - at < 2) return problem(which + " is missing");
    const size_t length =
        static_cast<size_t>(static_cast<uint8_t>(bytes[at])) << 8 | static_cast<uint8_t>(bytes[at + 1]);
    if (bytes.size() - at - 2 < length) {
      return problem(which + " has " + std::to_string(length) + " bytes, but only " +
                     std::to_string(bytes.size() - at - 2) + " follow");
    }
    entries.push_back(bytes.substr(at + 2, length));
    at += 2 + length;
  }
  if (at != bytes.size()) return problem(std::to_string(bytes.size() - at) + " bytes follow the last entry");
  return entries;
}

Hash SubtreeRoot(const Hash* hashes, size_t count) {
  std::vector<Hash> row(hashes, hashes + count);
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (size_t i = 0; i < row.size() / 2; ++i) row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
  }
  return row.front();
}

}  // namespace envledger
