#include "ledger/tiles/export_tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "ledger/chain/tile.h"
#include "ledger/crypto/sha256.h"
#include "ledger/files/file.h"
#include "tests/support/transitions.h"
#include "tests/tiles/tiles_fixture.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Files = std::map<std::string, std::string>;

class ExportTilesTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return directory_.path() + "/" + name; }
  // What a first export of a ledger of this size writes.
  Files Fresh(uint64_t size) {
    MemoryLedger ledger(size);
    const std::string at = At("fresh-" + std::to_string(fresh_++));
    EXPECT_TRUE(ExportTo(ledger, at).ok());
    return FilesOf(at);
  }
  void ExpectExportOf(const std::string& at, uint64_t size) {
    const VerifyReport report = VerifyExport(at);
    EXPECT_EQ(TextOf(report), "UNANCHORED");
    EXPECT_EQ(report.entries, size);
  }

  TempDir directory_;
  int fresh_ = 0;
};

std::vector<std::string> Names(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, contents] : files) names.push_back(name);
  return names;
}

TEST_F(ExportTilesTest, AFirstExportHasTheFilesOfTheStandardAndNoOthers) {
  const std::vector<std::string> small = {"checkpoint", "tile/0/000.p/7", "tile/entries/000.p/7"};
  EXPECT_EQ(Names(Fresh(7)), small);
  const std::vector<std::string> full = {"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"};
  EXPECT_EQ(Names(Fresh(256)), full);
  const std::vector<std::string> more = {"checkpoint",       "tile/0/000",          "tile/0/001",
                                         "tile/0/002.p/1",   "tile/1/000.p/2",      "tile/entries/000",
                                         "tile/entries/001", "tile/entries/002.p/1"};
  EXPECT_EQ(Names(Fresh(513)), more);
}

TEST_F(ExportTilesTest, TheFilesHoldTheSealedBytesAndTheirHashes) {
  const std::vector<std::string> entries = SealedStories(300);
  Files files = Fresh(300);
  EXPECT_EQ(files["checkpoint"], SignedNote(entries));
  std::string bundle;
  std::string tile;
  for (size_t seq = 256; seq < 300; ++seq) {
    bundle += std::string{static_cast<char>(entries[seq].size() / 256), static_cast<char>(entries[seq].size() % 256)};
    bundle += entries[seq];
    tile += View(Sha256(std::string("\x00", 1) + entries[seq]));
  }
  EXPECT_EQ(files["tile/entries/001.p/44"], bundle);
  EXPECT_EQ(files["tile/0/001.p/44"], tile);
  EXPECT_EQ(files["tile/1/000.p/1"], View(RootOf({entries.begin(), entries.begin() + 256})));
}

TEST_F(ExportTilesTest, ASecondRunAddsWhatIsNewAndReadsNoMoreThanThat) {
  MemoryLedger ledger(700);
  ASSERT_TRUE(ExportTo(ledger, At("out")).ok());
  const Files before = FilesOf(At("out"));
  struct stat full_before {};
  ASSERT_EQ(stat(At("out/tile/entries/000").c_str(), &full_before), 0);

  ledger.Reach(1030);
  ledger.entries_read = 0;
  const auto report = ExportTo(ledger, At("out"));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(ledger.entries_read, 1030u - 512 + 1) << "and the genesis, for the key";
  EXPECT_EQ(report->old_size, 700u);
  EXPECT_EQ(report->checkpoint.size, 1030u);
  EXPECT_EQ(report->files_added, 7u) << "two bundles and tiles, the partial ones, and one at level 1";
  EXPECT_EQ(report->files_removed, 2u) << "the partial bundle and tile that are full now";

  struct stat full_after {};
  ASSERT_EQ(stat(At("out/tile/entries/000").c_str(), &full_after), 0);
  EXPECT_EQ(full_before.st_ino, full_after.st_ino) << "what was covered is not written again";
  Files expected = Fresh(1030);
  expected["tile/1/000.p/2"] = before.at("tile/1/000.p/2");  // of the old checkpoint, whose full tile is not there yet
  EXPECT_EQ(FilesOf(At("out")), expected);
  EXPECT_FALSE(fs::exists(At("out/tile/0/002.p"))) << "no empty directory is left";
  ExpectExportOf(At("out"), 1030);
}

TEST_F(ExportTilesTest, ARunWithNothingNewChangesNothing) {
  for (const uint64_t size : {5u, 256u, 300u}) {
    MemoryLedger ledger(size);
    const std::string out = At("out-" + std::to_string(size));
    ASSERT_TRUE(ExportTo(ledger, out).ok());
    const Files before = FilesOf(out);
    const auto report = ExportTo(ledger, out, [] { return Internal("nothing needs to change"); });
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_EQ(report->files_added, 0u);
    EXPECT_EQ(FilesOf(out), before);
  }
}

TEST_F(ExportTilesTest, ManySmallStepsLeadToTheSameFilesAsOne) {
  MemoryLedger ledger(1);
  uint64_t size = 1;
  for (; size < 600; size += 37) {
    ledger.Reach(size);
    ASSERT_TRUE(ExportTo(ledger, At("out")).ok()) << size;
    ExpectExportOf(At("out"), size);
  }
  const Files whole = Fresh(size - 37);
  const Files files = FilesOf(At("out"));
  for (const auto& [name, contents] : whole) EXPECT_TRUE(files.contains(name) && files.at(name) == contents) << name;
}

// Stops an export before its first, second, third ... change of the file system, as a crash does, until one gets
// through. After each stop the directory must be what it was, and the next run must make it whole.
class Interrupted : public ExportTilesTest, public testing::WithParamInterface<std::pair<uint64_t, uint64_t>> {};

TEST_P(Interrupted, AtAnyMomentTheExportIsTheOldOneOrTheNewOneAndTheNextRunCompletesIt) {
  const auto [before, after] = GetParam();
  MemoryLedger ledger(after);
  const std::string base = At("base");
  if (before > 0) {
    MemoryLedger old(before);
    ASSERT_TRUE(ExportTo(old, base).ok());
  }
  const std::string undisturbed = At("undisturbed");
  if (before > 0) fs::copy(base, undisturbed, fs::copy_options::recursive);
  ASSERT_TRUE(ExportTo(ledger, undisturbed).ok());
  const Files whole = FilesOf(undisturbed);

  bool finished = false;
  int steps = 0;
  for (; !finished; ++steps) {
    const std::string out = At("out-" + std::to_string(steps));
    if (before > 0) fs::copy(base, out, fs::copy_options::recursive);
    int left = steps;
    const auto stopped =
        ExportTo(ledger, out, [&left] { return left-- == 0 ? Unavailable("stopped here") : envledger::Ok(); });
    finished = stopped.ok();
    if (fs::exists(out + "/checkpoint")) {
      const VerifyReport report = VerifyExport(out);
      EXPECT_TRUE(report.entries == before || report.entries == after) << steps;
      EXPECT_EQ(TextOf(report), "UNANCHORED") << steps;
    } else {
      EXPECT_EQ(before, 0u) << steps;
    }
    const auto resumed = ExportTo(ledger, out);
    ASSERT_TRUE(resumed.ok()) << steps << ": " << resumed.status().ToString();
    ASSERT_EQ(FilesOf(out), whole) << steps;
    fs::remove_all(out);
  }
  EXPECT_GT(steps, 6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Interrupted,
                         testing::Values(std::pair{0, 3}, std::pair{0, 520}, std::pair{3, 300}, std::pair{256, 520},
                                         std::pair{300, 301}, std::pair{255, 256}));

TEST_F(ExportTilesTest, LeftoversOfAnInterruptedRunOfAnotherSizeAreRemoved) {
  MemoryLedger ledger(900);
  int left = 8;
  const auto stopped =
      ExportTo(ledger, At("out"), [&left] { return left-- == 0 ? Unavailable("stopped here") : envledger::Ok(); });
  ASSERT_FALSE(stopped.ok());
  ledger.Reach(300);
  ASSERT_TRUE(ExportTo(ledger, At("out")).ok());
  EXPECT_EQ(FilesOf(At("out")), Fresh(300));
}

TEST_F(ExportTilesTest, ALedgerThatEndsBeforeWhatWasExportedIsTruncated) {
  MemoryLedger ledger(300);
  ASSERT_TRUE(ExportTo(ledger, At("out")).ok());
  const Files before = FilesOf(At("out"));
  ledger.Reach(290);
  const auto refused = ExportTo(ledger, At("out"));
  EXPECT_EQ(refused.status().verdict(), Verdict::kTruncated) << refused.status().ToString();
  EXPECT_EQ(FilesOf(At("out")), before);
}

TEST_F(ExportTilesTest, ALedgerWithoutTheEntriesOfItsOwnCheckpointIsTruncated) {
  MemoryLedger ledger(300);
  ledger.entries.resize(280);
  const auto refused = ExportTo(ledger, At("out"));
  EXPECT_EQ(refused.status().verdict(), Verdict::kTruncated) << refused.status().ToString();
  EXPECT_FALSE(fs::exists(At("out/checkpoint")));
}

TEST_F(ExportTilesTest, AChangedEntryIsNeverExported) {
  for (const size_t seq : {0u, 255u, 256u, 299u}) {
    MemoryLedger ledger(300);
    ledger.entries[seq][20] = static_cast<char>(ledger.entries[seq][20] ^ 1);
    const std::string out = At("out-" + std::to_string(seq));
    const auto refused = ExportTo(ledger, out);
    EXPECT_EQ(refused.status().verdict(), Verdict::kTampered) << refused.status().ToString();
    EXPECT_FALSE(fs::exists(out + "/checkpoint"));
  }
}

TEST_F(ExportTilesTest, ALedgerThatWasRewrittenAndSignedAnewIsTampered) {
  // Rewritten before, in, and after the last full bundle of the export; with and without more entries behind it.
  for (const size_t changed : {10u, 290u}) {
    for (const uint64_t size : {300u, 560u}) {
      MemoryLedger ledger(300);
      const std::string out = At("out-" + std::to_string(changed) + "-" + std::to_string(size));
      ASSERT_TRUE(ExportTo(ledger, out).ok());
      const Files before = FilesOf(out);
      std::vector<std::string> forged = SealedStories(size);
      forged[changed][forged[changed].size() / 2] ^= 1;
      MemoryLedger other(std::move(forged));
      const auto refused = ExportTo(other, out);
      EXPECT_EQ(refused.status().verdict(), Verdict::kTampered) << changed << " " << size;
      EXPECT_EQ(VerifyExport(out).entries, 300u);
      const Files after = FilesOf(out);
      for (const auto& [name, contents] : before) EXPECT_EQ(after.at(name), contents) << name;
    }
  }
}

TEST_F(ExportTilesTest, ADamagedExportIsNotAddedTo) {
  for (const std::string name : {"checkpoint", "tile/0/001.p/44", "tile/1/000.p/1"}) {
    for (const bool remove : {false, true}) {
      if (name == "checkpoint" && remove) continue;  // then there is no export
      MemoryLedger ledger(300);
      const std::string out = At("out-" + name.substr(0, 6) + std::to_string(fresh_++));
      ASSERT_TRUE(ExportTo(ledger, out).ok());
      std::string contents = FilesOf(out)[name];
      contents[contents.size() - 5] ^= 1;
      fs::remove(out + "/" + name);
      if (!remove) WriteFileAt(out + "/" + name, contents);
      ledger.Reach(400);
      const auto refused = ExportTo(ledger, out);
      EXPECT_EQ(refused.status().code(), Code::kCorruption) << name;
      EXPECT_THAT(refused.status().message(), HasSubstr("is damaged")) << name;
    }
  }
}

TEST_F(ExportTilesTest, TheExportOfAnotherLedgerIsLeftAlone) {
  MemoryLedger ledger(10);
  const SigningKey key = TestKey();
  const auto other = MakeVerifierKey("other.example", key.public_key());
  ASSERT_TRUE(other.ok());
  WriteFileAt(At("out/checkpoint"), SignNote(FormatCheckpoint({"other.example", 0, EmptyRoot()}), {{*other, &key}}));
  const auto refused = ExportTo(ledger, At("out"));
  EXPECT_EQ(refused.status().code(), Code::kConflict) << refused.status().ToString();
  EXPECT_THAT(refused.status().message(), HasSubstr("other.example"));
}

TEST_F(ExportTilesTest, AnotherKeyThanTheTrustedOneIsRefused) {
  MemoryLedger ledger(10);
  ledger.SignAll(2);
  for (const TrustPolicy& policy : {TrustTheLedgerItself(), TrustKeyOrLater(TestVerifierKey(1))}) {
    TileExportOptions options;
    options.policy = policy;
    const auto refused = ExportTiles(ledger, At("out"), options, {});
    EXPECT_EQ(refused.status().verdict(), Verdict::kWrongKey) << refused.status().ToString();
    EXPECT_FALSE(fs::exists(At("out/checkpoint")));
  }
  ledger.SignAll(1);
  TileExportOptions by_another;
  by_another.policy = TrustKeyOrLater(TestVerifierKey(2));
  const auto untrusted = ExportTiles(ledger, At("out"), by_another, {});
  EXPECT_EQ(untrusted.status().verdict(), Verdict::kWrongKey);
  // Nor is an export by another key gone on with.
  WriteFileAt(At("out/checkpoint"), SignedNote(ledger.entries, 2));
  EXPECT_EQ(ExportTo(ledger, At("out")).status().verdict(), Verdict::kWrongKey);
}

TEST_F(ExportTilesTest, AStolenEarlierKeyDoesNotSpeakForTheOneGiven) {
  // A ledger made up whole, the rotation taken from the true one; what is exported ends before it.
  std::vector<Draft> drafts = Drafts({Opening("e1"), Opening("made-up"), Opening("e3")});
  drafts.push_back(DraftOf(MakeRotation(kTestOrigin, TestKey(1), TestKey(2)), drafts.back().header.recorded_at));
  Relink(drafts);
  MemoryLedger forged(Seal(drafts));
  forged.note = SignedNote({forged.entries.begin(), forged.entries.begin() + 4}, 1);
  TileExportOptions options;
  options.policy = TrustKeyOrLater(TestVerifierKey(2));
  const auto refused = ExportTiles(forged, At("out"), options, {});
  EXPECT_EQ(refused.status().verdict(), Verdict::kWrongKey);
  EXPECT_THAT(refused.status().message(), HasSubstr("is only signed by keys that came before"));
  EXPECT_FALSE(fs::exists(At("out/checkpoint")));
}

TEST_F(ExportTilesTest, ALedgerWithoutACheckpointHasNothingToExport) {
  MemoryLedger ledger(10);
  ledger.note.clear();
  EXPECT_EQ(ExportTo(ledger, At("out")).status().code(), Code::kNotFound);
}

TEST_F(ExportTilesTest, TwoAtOnceExcludeEachOther) {
  MemoryLedger ledger(10);
  bool asked = false;
  const auto first = ExportTo(ledger, At("out"), [&] {
    if (!std::exchange(asked, true)) {
      MemoryLedger same(10);
      const auto second = ExportTo(same, At("out"));
      EXPECT_EQ(second.status().code(), Code::kUnavailable);
      EXPECT_THAT(second.status().message(), HasSubstr("another export"));
    }
    return envledger::Ok();
  });
  EXPECT_TRUE(first.ok());
  EXPECT_TRUE(asked);
  EXPECT_TRUE(ExportTo(ledger, At("out")).ok()) << "the lock goes with its holder";
}

TEST_F(ExportTilesTest, AKeyThatTheTrustedOneHandedOverToMaySign) {
  MemoryLedger ledger(SealedWithRotation());
  ledger.SignAll(2);
  const auto report = ExportTo(ledger, At("out"));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->key, TestVerifierKey(2));
  for (const auto& [signer, accepter] : {std::pair<char, char>(3, 2), {1, 3}}) {
    MemoryLedger forged(SealedWithRotation(signer, accepter));
    forged.SignAll(2);
    EXPECT_EQ(ExportTo(forged, At("forged")).status().code(), Code::kCorruption);
  }
}

TEST_F(ExportTilesTest, AnErrorOfTheDiskNamesTheFile) {
  MemoryLedger ledger(10);
  WriteFileAt(At("out/tile"), "in the way");
  const auto refused = ExportTo(ledger, At("out"));
  EXPECT_EQ(refused.status().code(), Code::kUnavailable);
  EXPECT_THAT(refused.status().message(), HasSubstr("tile/"));
}

}  // namespace
}  // namespace envledger
