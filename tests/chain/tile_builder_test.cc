#include "ledger/chain/tile_builder.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/chain/tree.h"
#include "tests/chain/naive_tree.h"

namespace envledger {
namespace {

// The tiles of a growing tree, as the builder gives them.
class Grown {
 public:
  void GrowTo(uint64_t size) {
    while (builder.size() < size) ASSERT_TRUE(builder.Append(Leaf(builder.size()), sink).ok());
  }
  static Hash Leaf(uint64_t index) { return LeafHash("leaf " + std::to_string(index)); }

  TileBuilder builder;
  std::map<TileId, std::vector<Hash>> tiles;
  TileBuilder::Sink sink = [this](const TileId& tile, const std::vector<Hash>& hashes) {
    EXPECT_TRUE(tiles.emplace(tile, hashes).second) << TilePath(tile);
    return Ok();
  };
};

TEST(TileBuilderTest, TheBuilderGivesTheRootOfEverySize) {
  const NaiveTree naive(600);
  Grown grown;
  for (uint64_t size = 0; size <= 600; ++size) {
    grown.GrowTo(size);
    ASSERT_EQ(grown.builder.Root(), naive.Root(size)) << size;
  }
}

TEST(TileBuilderTest, TheBuilderGivesTheTilesThatTheStandardDefines) {
  constexpr uint64_t kSize = 600;
  const NaiveTree naive(kSize);
  Grown grown;
  grown.GrowTo(kSize);
  ASSERT_TRUE(grown.builder.VisitPartial(grown.sink).ok());
  std::map<TileId, std::vector<Hash>> due;
  uint64_t span = 1;  // 256^level
  for (unsigned level = 0; level < 2; ++level, span *= kTileWidth) {
    for (uint64_t index = 0; index < TilesAtLevel(kSize, level); ++index) {
      const TileId tile{.level = level, .index = index, .width = TileWidthAt(kSize, level, index)};
      for (uint64_t i = 0; i < tile.width; ++i) {
        const uint64_t at = index * kTileWidth + i;
        due[tile].push_back(naive.Mth(at * span, (at + 1) * span));
      }
    }
  }
  EXPECT_EQ(grown.tiles, due);
}

TEST(TileBuilderTest, TheBuilderCarriesAcrossTheBoundariesOfTwoLevels) {
  Grown grown;
  Frontier frontier;
  for (uint64_t size = 1; size <= 65537; ++size) {
    ASSERT_TRUE(grown.builder.Append(Grown::Leaf(size - 1), grown.sink).ok());
    frontier.Append(Grown::Leaf(size - 1));
    if (size < 65535 && size % 4099 != 0) continue;
    ASSERT_EQ(grown.builder.Root(), frontier.Root()) << size;
    std::map<TileId, std::vector<Hash>> tiles = grown.tiles;
    ASSERT_TRUE(grown.builder
                    .VisitPartial([&](const TileId& tile, const std::vector<Hash>& hashes) {
                      tiles.emplace(tile, hashes);
                      return Ok();
                    })
                    .ok());
    uint64_t expected = 0;
    for (unsigned level = 0; level < kTileLevels; ++level) expected += TilesAtLevel(size, level);
    EXPECT_EQ(tiles.size(), expected) << size;
    for (const auto& [tile, hashes] : tiles) {
      EXPECT_TRUE(TreeHasTile(size, tile)) << size << " " << TilePath(tile);
      EXPECT_EQ(hashes.size(), tile.width) << TilePath(tile);
    }
  }
  EXPECT_EQ(grown.tiles.at({.level = 1, .index = 0}).back(),
            SubtreeRoot(grown.tiles.at({.level = 0, .index = 255}).data(), kTileWidth));
}

TEST(TileBuilderTest, ATreeGrowsOnFromItsPartialTilesAlone) {
  Grown whole;
  for (const uint64_t cut : {0u, 1u, 255u, 256u, 257u, 511u, 512u, 700u}) {
    Grown first;
    first.GrowTo(cut);
    TileBuilder::Pending pending;
    ASSERT_TRUE(first.builder
                    .VisitPartial([&](const TileId& tile, const std::vector<Hash>& hashes) {
                      pending[tile.level] = hashes;
                      return Ok();
                    })
                    .ok());
    Grown second;
    auto resumed = TileBuilder::From(cut, pending);
    ASSERT_TRUE(resumed.ok());
    second.builder = *resumed;
    second.tiles = first.tiles;
    second.GrowTo(800);
    whole.GrowTo(800);
    EXPECT_EQ(second.builder.Root(), whole.builder.Root()) << cut;
    EXPECT_EQ(second.tiles, whole.tiles) << cut;
    pending[0].emplace_back();
    EXPECT_EQ(TileBuilder::From(cut, pending).status().code(), Code::kInvalidArgument);
  }
}

TEST(TileBuilderTest, AnErrorOfTheSinkEndsTheCall) {
  TileBuilder builder;
  const auto full = [](const TileId&, const std::vector<Hash>&) { return Unavailable("the disk is full"); };
  for (int i = 0; i < 255; ++i) ASSERT_TRUE(builder.Append(Grown::Leaf(0), full).ok());
  EXPECT_EQ(builder.VisitPartial(full).message(), "the disk is full");
  EXPECT_EQ(builder.Append(Grown::Leaf(0), full).message(), "the disk is full");
}

}  // namespace
}  // namespace envledger
