// Tiles, entry bundles and their paths: each has one spelling.
#include "ledger/chain/tile.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

void CheckPath(std::string_view path) {
  const std::optional<TileId> tile = ParseTilePath(path);
  if (!tile.has_value()) return;
  fuzz::Require(TilePath(*tile) == path, "a tile has one path");
  fuzz::Require(!TreeHasTile(0, *tile), "the empty tree has no tile");
}

void CheckTile(std::string_view bytes, unsigned width) {
  const auto hashes = ParseTile(bytes, width);
  if (!hashes.ok()) return;
  fuzz::Require(hashes->size() == width && EncodeTile(*hashes) == bytes, "a tile has one spelling");
}

void CheckBundle(std::string_view bytes, unsigned width) {
  const auto entries = ParseBundle(bytes, width);
  if (!entries.ok()) return;
  fuzz::Require(entries->size() == width, "a bundle has its width");
  std::string again;
  for (const std::string_view entry : *entries) fuzz::RequireOk(AppendToBundle(again, entry), "an entry fits");
  fuzz::Require(again == bytes, "a bundle has one spelling");
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  CheckPath(fuzz::View(data, size));
  fuzz::Pieces pieces(fuzz::View(data, size));
  const unsigned width = 1 + pieces.Byte();
  CheckTile(pieces.rest(), width);
  CheckBundle(pieces.rest(), width);
  return 0;
}
