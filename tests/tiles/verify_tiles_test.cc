#include "ledger/tiles/verify_tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/chain/tile.h"
#include "ledger/files/file.h"
#include "tests/support/transitions.h"
#include "tests/tiles/tiles_fixture.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Files = std::map<std::string, std::string>;

class VerifyTiles : public testing::Test {
 protected:
  // Makes an export of this many entries.
  void Export(uint64_t size) {
    MemoryLedger ledger(size);
    ASSERT_TRUE(ExportTo(ledger, out()).ok());
    ASSERT_EQ(TextOf(VerifyExport(out())), "UNANCHORED");
  }
  std::string out() const { return directory_.path() + "/out"; }
  std::string At(const std::string& name) const { return out() + "/" + name; }
  std::string Read(const std::string& name) const { return *ReadFile(At(name), 1 << 26); }
  void Put(const std::string& name, const std::string& contents) { WriteFileAt(At(name), contents); }

  // With the file so changed, verification fails and names it. Puts it back.
  void ExpectCaught(const std::string& name, const std::string& contents, const std::string& what) {
    const std::string original = Read(name);
    Put(name, contents);
    const VerifyReport report = VerifyExport(out());
    ASSERT_FALSE(IsPass(report.verdict)) << name << " " << what;
    ASSERT_THAT(TextOf(report), HasSubstr(name)) << what;
    Put(name, original);
  }
  void ExpectFlipsCaught(const std::string& name, size_t step, int bits) {
    const std::string original = Read(name);
    for (size_t at = 0; at < original.size(); at += step) {
      for (int bit = 0; bit < bits; ++bit) {
        std::string changed = original;
        changed[at] = static_cast<char>(changed[at] ^ (1 << ((at + static_cast<size_t>(bit)) % 8)));
        ExpectCaught(name, changed, "byte " + std::to_string(at));
        if (HasFatalFailure()) return;
      }
    }
  }

  TempDir directory_;
};

TEST_F(VerifyTiles, AnExportIsValidWithACheckpointKeptElsewhere) {
  for (const uint64_t size : {1u, 255u, 256u, 257u, 600u}) {
    MemoryLedger ledger(size);
    const std::string out = directory_.path() + "/out-" + std::to_string(size);
    ASSERT_TRUE(ExportTo(ledger, out).ok());
    VerifyOptions options = Trusting(TestVerifierKey());
    options.anchors.push_back({SignedNote(SealedStories((size + 1) / 2)), "kept", true});
    const VerifyReport report = VerifyExport(out, options);
    EXPECT_EQ(TextOf(report), "VALID");
    EXPECT_EQ(report.entries, size);
    EXPECT_EQ(report.root, RootOf(ledger.entries));
    EXPECT_EQ(report.checkpoints, 2u);
  }
}

TEST_F(VerifyTiles, EveryByteOfASmallExportCounts) {
  Export(6);
  for (const auto& [name, contents] : FilesOf(out())) {
    ExpectFlipsCaught(name, 1, 1);
    if (HasFatalFailure()) return;
  }
}

TEST_F(VerifyTiles, EveryBitOfTheCheckpointAndOfTheTilesCounts) {
  Export(5);
  ExpectFlipsCaught("checkpoint", 1, 8);
  ExpectFlipsCaught("tile/0/000.p/5", 1, 8);
}

TEST_F(VerifyTiles, EveryFileOfALargerExportCounts) {
  Export(300);
  ExpectFlipsCaught("tile/1/000.p/1", 1, 1);
  ExpectFlipsCaught("tile/0/000", 97, 1);
  ExpectFlipsCaught("tile/0/001.p/44", 31, 1);
  ExpectFlipsCaught("tile/entries/000", 1009, 1);
  ExpectFlipsCaught("tile/entries/001.p/44", 257, 1);
}

TEST_F(VerifyTiles, AFileThatIsShorterOrLongerIsNamed) {
  Export(300);
  for (const auto& [name, contents] : FilesOf(out())) {
    for (const size_t cut : {size_t{1}, size_t{2}, size_t{32}, contents.size()}) {
      ExpectCaught(name, contents.substr(0, contents.size() - cut), "cut by " + std::to_string(cut));
    }
    ExpectCaught(name, contents + '\0', "a byte longer");
    ExpectCaught(name, contents + std::string(20'000'000, 'x'), "longer than a file can be");
    ExpectCaught(name, contents + contents, "twice as long");
  }
}

TEST_F(VerifyTiles, AMissingFileIsNamedAndEverythingElseIsStillChecked) {
  Export(600);
  for (const auto& [name, contents] : FilesOf(out())) {
    if (name == "checkpoint") continue;
    fs::remove(At(name));
    const VerifyReport report = VerifyExport(out());
    const bool tail = name == "tile/entries/002.p/88";
    EXPECT_EQ(report.verdict, tail ? Verdict::kTruncated : Verdict::kIncomplete) << TextOf(report);
    EXPECT_THAT(TextOf(report), HasSubstr(name));
    EXPECT_EQ(report.root, RootOf(SealedStories(600))) << "the tiles still give the root";
    if (name != "tile/0/002.p/88") ExpectCaught("tile/0/002.p/88", Read("tile/0/002.p/88") + "x", "beside " + name);
    Put(name, contents);
  }
}

TEST_F(VerifyTiles, BundlesMissingAtTheEndAreTruncated) {
  Export(600);
  fs::remove(At("tile/entries/001"));
  fs::remove(At("tile/entries/002.p/88"));
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << TextOf(report);
  EXPECT_EQ(report.failures.front().seq, 256u);
  EXPECT_THAT(TextOf(report), HasSubstr("tile/entries/001, which holds entries 256 to 511, is missing"));
}

TEST_F(VerifyTiles, WithoutABundleAndItsTileTheRestIsSaidToBeUnchecked) {
  Export(600);
  fs::remove(At("tile/entries/001"));
  fs::remove(At("tile/0/001"));
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(report.verdict, Verdict::kIncomplete) << TextOf(report);
  EXPECT_THAT(report.checks.at("tile"), HasSubstr("not checked: the tree from entry 256 on"));
}

TEST_F(VerifyTiles, AMissingCheckpointOrDirectoryIsNotFound) {
  Export(6);
  fs::remove(At("checkpoint"));
  EXPECT_EQ(envledger::VerifyTiles(out(), {}, {}).status().code(), Code::kNotFound);
  EXPECT_EQ(envledger::VerifyTiles(At("none"), {}, {}).status().code(), Code::kNotFound);
}

TEST_F(VerifyTiles, SwappedFilesAreNamed) {
  Export(600);
  for (const auto& [one, other] :
       {std::pair{"tile/entries/000", "tile/entries/001"}, std::pair{"tile/0/000", "tile/0/001"},
        std::pair{"tile/entries/002.p/88", "tile/0/002.p/88"}}) {
    const std::string first = Read(one);
    const std::string second = Read(other);
    Put(one, second);
    Put(other, first);
    const VerifyReport report = VerifyExport(out());
    EXPECT_EQ(report.verdict, Verdict::kTampered) << TextOf(report);
    EXPECT_THAT(TextOf(report), HasSubstr(one));
    Put(one, first);
    Put(other, second);
  }
}

TEST_F(VerifyTiles, AFailureOfAnEntrySaysInWhichFileAndAtWhichByteItLies) {
  Export(300);
  std::string bundle = Read("tile/entries/000");
  const size_t length = static_cast<size_t>(static_cast<uint8_t>(bundle[0])) << 8 | static_cast<uint8_t>(bundle[1]);
  bundle[2 + length + 2 + 4] ^= 1;  // in the file identifier of entry 1
  Put("tile/entries/000", bundle);
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(report.failures.front().seq, 1u);
  EXPECT_THAT(report.failures.front().message,
              HasSubstr("tile/entries/000, its entry 1 at byte " + std::to_string(2 + length + 2)));
}

TEST_F(VerifyTiles, WhatIsNoTileBelowTheTilesIsAFailure) {
  Export(6);
  for (const char* name :
       {"tile/readme", "tile/0/000.p/06", "tile/0/0000", "tile/9/000", "tile/data/000", "tile/entries/x"}) {
    Put(name, "");
    const VerifyReport report = VerifyExport(out());
    EXPECT_EQ(report.verdict, Verdict::kTampered) << name;
    EXPECT_THAT(TextOf(report), HasSubstr(name));
    fs::remove(At(name));
  }
  fs::create_symlink(At("tile/0/000.p/6"), At("tile/0/000"));
  EXPECT_THAT(TextOf(VerifyExport(out())), HasSubstr("tile/0/000 is not a file"));
}

TEST_F(VerifyTiles, FilesAtTheTopAndTilesBeyondTheCheckpointAreToldOf) {
  Export(6);
  Put("index.html", "<p>A ledger");
  Put("tile/0/000", std::string(8192, 'x'));
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(TextOf(report), "UNANCHORED");
  EXPECT_THAT(report.checks.at("files"), HasSubstr("index.html"));
  EXPECT_THAT(report.checks.at("tile"), HasSubstr("1 beyond the checkpoint"));
}

TEST_F(VerifyTiles, TilesOfSmallerTreesMustBeTheBeginningOfThePresentOnes) {
  MemoryLedger ledger(300);
  ASSERT_TRUE(ExportTo(ledger, out()).ok());
  ledger.Reach(310);
  ASSERT_TRUE(ExportTo(ledger, out()).ok());
  const VerifyReport intact = VerifyExport(out());
  EXPECT_EQ(TextOf(intact), "UNANCHORED");
  EXPECT_THAT(intact.checks.at("tile"), HasSubstr("and 2 of smaller trees"));
  for (const std::string name : {"tile/entries/001.p/44", "tile/0/001.p/44"}) {
    const std::string contents = Read(name);
    ExpectFlipsCaught(name, 101, 1);
    ExpectCaught(name, contents.substr(0, contents.size() - 1), "cut");
    ExpectCaught(name, contents + "x", "longer");
    ExpectCaught(name, contents + std::string(20'000'000, 'x'), "much longer");
  }
}

TEST_F(VerifyTiles, AWrongKeyIsNeverAPass) {
  Export(6);
  EXPECT_EQ(VerifyExport(out(), Trusting(TestVerifierKey(2))).verdict, Verdict::kWrongKey);
  Put("checkpoint", SignedNote(SealedStories(6), 2));
  EXPECT_EQ(VerifyExport(out()).verdict, Verdict::kWrongKey);
  EXPECT_EQ(VerifyExport(out(), {}).verdict, Verdict::kWrongKey) << "the ledger's own key is another one";
}

TEST_F(VerifyTiles, AnExportOfAForgedLedgerFailsAlthoughItsSignatureVerifies) {
  // A record is left out, and everything behind it sealed and signed anew: only the back-links show it.
  std::vector<Draft> drafts = Drafts({Opening("a"), Opening("b"), Opening("c", User("bob"))});
  drafts.erase(drafts.begin() + 1);
  MemoryLedger ledger(Seal(drafts));
  ASSERT_TRUE(ExportTo(ledger, out()).ok());
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  EXPECT_EQ(report.failures.front().check, "links");
}

TEST_F(VerifyTiles, AHugeSizeInTheCheckpointCostsNothing) {
  Export(6);
  const SigningKey key = TestKey();
  Put("checkpoint", SignNote(FormatCheckpoint({kTestOrigin, UINT64_MAX, EmptyRoot()}), {{TestVerifierKey(), &key}}));
  const VerifyReport report = VerifyExport(out());
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << TextOf(report);
}

TEST_F(VerifyTiles, ManyThreadsFindWhatOneFinds) {
  Export(1500);
  std::string bundle = Read("tile/entries/003");
  bundle[bundle.size() / 2] ^= 1;
  Put("tile/entries/003", bundle);
  const VerifyReport one = VerifyExport(out());
  VerifyOptions options = Trusting(TestVerifierKey());
  options.threads = 4;
  auto many = envledger::VerifyTiles(out(), options, {});
  ASSERT_TRUE(many.ok());
  EXPECT_EQ(TextOf(*many), TextOf(one));
}

}  // namespace
}  // namespace envledger
