#include "ledger/chain/tile.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

// The widths of a level's tiles as a word: "273 full, 112".
std::string Shape(uint64_t size, unsigned level) {
  const uint64_t tiles = TilesAtLevel(size, level);
  if (tiles == 0) return "none";
  const unsigned last = TileWidthAt(size, level, tiles - 1);
  const bool partial = last < kTileWidth;
  EXPECT_EQ(TileWidthAt(size, level, tiles), 0u);
  if (tiles > 1) {
    EXPECT_EQ(TileWidthAt(size, level, tiles - 2), kTileWidth);
  }
  return std::to_string(tiles - (partial ? 1 : 0)) + " full" + (partial ? ", " + std::to_string(last) : "");
}

std::vector<std::string> Shapes(uint64_t size) {
  std::vector<std::string> shapes;
  for (unsigned level = 0; level < kTileLevels && HashesAtLevel(size, level) > 0; ++level) {
    shapes.push_back(Shape(size, level));
  }
  return shapes;
}

using Words = std::vector<std::string>;

TEST(TileTest, TheTreeOfTheStandardHasTheTilesThatItSays) {
  // c2sp.org/tlog-tiles, "Partial Tiles".
  EXPECT_EQ(Shapes(70000), (Words{"273 full, 112", "1 full, 17", "0 full, 1"}));
  EXPECT_EQ(Shapes(256), (Words{"1 full", "0 full, 1"}));
}

TEST(TileTest, TilesBeginAndFillUpAtTheirBoundaries) {
  EXPECT_EQ(Shapes(0), Words{});
  EXPECT_EQ(Shapes(1), (Words{"0 full, 1"}));
  EXPECT_EQ(Shapes(255), (Words{"0 full, 255"}));
  EXPECT_EQ(Shapes(257), (Words{"1 full, 1", "0 full, 1"}));
  EXPECT_EQ(Shapes(65535), (Words{"255 full, 255", "0 full, 255"}));
  EXPECT_EQ(Shapes(65536), (Words{"256 full", "1 full", "0 full, 1"}));
  EXPECT_EQ(Shapes(65537), (Words{"256 full, 1", "1 full", "0 full, 1"}));
  EXPECT_EQ(Shapes(uint64_t{1} << 40),
            (Words{"4294967296 full", "16777216 full", "65536 full", "256 full", "1 full", "0 full, 1"}));
  EXPECT_EQ(Shapes((uint64_t{1} << 40) - 1)[4], "0 full, 255");
  EXPECT_EQ(Shapes(UINT64_MAX).size(), 8u);
  EXPECT_EQ(HashesAtLevel(UINT64_MAX, 8), 0u);
}

TEST(TileTest, ATreeHasATileOnlyInItsWidth) {
  EXPECT_TRUE(TreeHasTile(300, {.level = 0, .index = 0}));
  EXPECT_TRUE(TreeHasTile(300, {.level = 0, .index = 1, .width = 44}));
  EXPECT_TRUE(TreeHasTile(300, {.entries = true, .index = 1, .width = 44}));
  EXPECT_FALSE(TreeHasTile(300, {.level = 0, .index = 1, .width = 43}));
  EXPECT_FALSE(TreeHasTile(300, {.level = 0, .index = 1}));
  EXPECT_FALSE(TreeHasTile(300, {.level = 0, .index = 2, .width = 0}));
}

TEST(TileTest, PathsAreThoseOfTheStandard) {
  const std::map<std::string, TileId> paths = {
      {"tile/0/000", {}},
      {"tile/0/x001/x234/067", {.index = 1234067}},
      {"tile/3/999", {.level = 3, .index = 999}},
      {"tile/3/x001/000", {.level = 3, .index = 1000}},
      {"tile/7/255.p/1", {.level = 7, .index = 255, .width = 1}},
      {"tile/1/x001/x234/067.p/255", {.level = 1, .index = 1234067, .width = 255}},
      {"tile/entries/000", {.entries = true}},
      {"tile/entries/x001/x234/067.p/8", {.entries = true, .index = 1234067, .width = 8}},
      {"tile/0/x018/x446/x744/x073/x709/x551/615", {.index = UINT64_MAX}},
  };
  for (const auto& [path, tile] : paths) {
    EXPECT_EQ(TilePath(tile), path);
    EXPECT_EQ(ParseTilePath(path), tile) << path;
  }
}

TEST(TileTest, NoOtherSpellingOfAPathIsTaken) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/00/000",
                           "tile/8/000",
                           "tile/63/000",
                           "tile/-1/000",
                           "tile/+0/000",
                           "tile/x0/000",
                           "tile/0/x000",
                           "tile/0/x000/000",
                           "tile/0/x01/000",
                           "tile/0/x001/00",
                           "tile/0/001/000",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/000/",
                           "tile/0//000",
                           "/tile/0/000",
                           "tile/0/000.p",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/1/1",
                           "tile/0/x001.p/1/000",
                           "tile/0/000.q/1",
                           "tile/0/000.p1",
                           "tile/0/ 00",
                           "tile/0/+00",
                           "tile/entries",
                           "tile/Entries/000",
                           "tile/entries/0",
                           "tile/data/000",
                           "tile/0/000.tmp",
                           "tile/0/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x001/x018/x446/x744/x073/x709/x551/615"}) {
    EXPECT_EQ(ParseTilePath(path), std::nullopt) << path;
  }
  EXPECT_EQ(ParseTilePath(std::string("tile/0/000\0", 11)), std::nullopt);
}

TEST(TileTest, ATileIsItsHashesAndNothingMore) {
  const std::vector<Hash> hashes = {Sha256("a"), Sha256("b")};
  const std::string bytes = EncodeTile(hashes);
  EXPECT_EQ(bytes, std::string(View(hashes[0])) + std::string(View(hashes[1])));
  const auto parsed = ParseTile(bytes, 2);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, hashes);
  EXPECT_EQ(ParseTile(bytes, 1).status().code(), Code::kCorruption);
  EXPECT_EQ(ParseTile(bytes, 3).status().code(), Code::kCorruption);
  EXPECT_EQ(ParseTile(bytes.substr(1), 2).status().code(), Code::kCorruption);
}

TEST(TileTest, ABundleHoldsEntriesBehindTheirLengths) {
  std::string bundle;
  const std::string longest(kMaxBundleEntryBytes, 'x');
  ASSERT_TRUE(AppendToBundle(bundle, "ab").ok());
  ASSERT_TRUE(AppendToBundle(bundle, "").ok());
  EXPECT_EQ(bundle, std::string("\x00\x02"
                                "ab\x00\x00",
                                6));
  ASSERT_TRUE(AppendToBundle(bundle, longest).ok());
  EXPECT_EQ(AppendToBundle(bundle, longest + "x").code(), Code::kInvalidArgument);
  const auto entries = ParseBundle(bundle, 3);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(*entries, (std::vector<std::string_view>{"ab", "", longest}));
}

TEST(TileTest, ABundleWithLessOrMoreIsRefusedAtItsByte) {
  std::string bundle;
  ASSERT_TRUE(AppendToBundle(bundle, "first").ok());
  ASSERT_TRUE(AppendToBundle(bundle, "second").ok());
  const auto message = [](const std::string& bytes, unsigned width) {
    return std::string(ParseBundle(bytes, width).status().message());
  };
  EXPECT_EQ(message(bundle, 3), "at byte 15, entry 2 of 3 is missing");
  EXPECT_EQ(message(bundle, 1), "at byte 7, 8 bytes follow the last entry");
  EXPECT_EQ(message(bundle + "x", 2), "at byte 15, 1 bytes follow the last entry");
  EXPECT_EQ(message(bundle + "x", 3), "at byte 15, entry 2 of 3 is missing");
  EXPECT_EQ(message(bundle.substr(0, 14), 2), "at byte 7, entry 1 of 2 has 6 bytes, but only 5 follow");
  for (size_t size = 0; size < bundle.size(); ++size) EXPECT_FALSE(ParseBundle(bundle.substr(0, size), 2).ok()) << size;
}

}  // namespace
}  // namespace envledger
