// Exports of real ledgers, intact and changed in many ways, are given to `envledger verify --tiles` and to
// verify_tiles.py, which was written from the normative page and shares no code with this project. Both must say the
// same, and say the same wherever one of them names a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "ledger/chain/tile.h"
#include "ledger/files/file.h"
#include "tests/support/daemon.h"
#include "tests/support/paths.h"
#include "tests/support/transitions.h"
#include "tests/tiles/tiles_fixture.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kSource = ENVLEDGER_SOURCE_DIR;
// Debian's, for which python3-flatbuffers is.
const std::string kPython = "/usr/bin/python3";

bool HasFlatBuffers() { return RunProgram({kPython, "-c", "import flatbuffers"}).status == 0; }

struct Judgement {
  bool passes = false;
  std::string text;
};

Judgement Independent(const std::string& directory, const std::string& vkey) {
  const Ended run = RunProgram({kPython, "-B", kSource + "/tests/conformance/verify_tiles.py", directory, vkey});
  EXPECT_TRUE(run.status == 0 || run.status == 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr(run.status == 0 ? "VERIFIED" : "FAILED"));
  EXPECT_EQ(run.err, "");
  return {run.status == 0, run.out};
}

Judgement Own(const std::string& directory, const std::string& vkey) {
  const Ended run = RunProgram({ToolPath(), "verify", "--tiles", directory, "--vkey", vkey});
  EXPECT_TRUE(run.status == 0 || run.status == 1) << run.err;
  return {run.status == 0, run.out};
}

// Both verifiers' word on an export; they must agree. `file`: what both must name when they refuse.
void ExpectBoth(bool passes, const std::string& directory, const std::string& vkey, const std::string& file = {}) {
  const Judgement independent = Independent(directory, vkey);
  const Judgement own = Own(directory, vkey);
  EXPECT_EQ(independent.passes, passes) << independent.text;
  EXPECT_EQ(own.passes, passes) << own.text;
  EXPECT_THAT(independent.text, HasSubstr(file));
  EXPECT_THAT(own.text, HasSubstr(file));
}

std::vector<std::string> EntriesOf(const std::string& directory, uint64_t size) {
  std::vector<std::string> entries;
  for (uint64_t index = 0; index < TilesAtLevel(size, 0); ++index) {
    const TileId bundle{.entries = true, .index = index, .width = TileWidthAt(size, 0, index)};
    const std::string bytes = *ReadFile(directory + "/" + TilePath(bundle), kMaxBundleBytes);
    const auto parsed = ParseBundle(bytes, bundle.width);
    entries.insert(entries.end(), parsed->begin(), parsed->end());
  }
  return entries;
}

// The entries as drafts, which can be sealed anew.
std::vector<Draft> Reopen(const std::vector<std::string>& entries) {
  std::vector<Draft> drafts;
  for (const std::string& entry : entries) {
    const EntryView view = *CheckEntry(entry);
    drafts.push_back({view.header, std::string(view.transition), view.event});
  }
  return drafts;
}

class Conformance : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasFlatBuffers()) {
      GTEST_SKIP() << kPython << " lacks flatbuffers (package python3-flatbuffers): nothing was compared";
    }
  }

  // Appends the lines, and exports what that gives to out().
  void ExportOf(const std::string& json_lines) {
    ledger_.Start();
    const Ended appended = ledger_.Append(json_lines);
    ASSERT_EQ(appended.status, 0) << appended.err;
    const Ended exported = ledger_.OnSocket({"export", "--sign-now", "--vkey", ledger_.vkey(), out()});
    ASSERT_EQ(exported.status, 0) << exported.err;
    const Note note = *ParseNote(Read("checkpoint"));
    size_ = ParseCheckpoint(note.text)->size;
  }
  void ExportTheDay() { ExportOf(*ReadFile(kSource + "/cli/quickstart/day.jsonl", 1 << 26)); }

  std::string out() const { return ledger_.path("out"); }
  std::string Read(const std::string& name) const { return *ReadFile(out() + "/" + name, 1 << 26); }
  void Put(const std::string& name, const std::string& contents) { WriteFileAt(out() + "/" + name, contents); }
  void Flip(const std::string& name, size_t at) {
    std::string contents = Read(name);
    contents[at % contents.size()] = static_cast<char>(contents[at % contents.size()] ^ 4);
    Put(name, contents);
  }

  // An export of other entries of the same origin, signed by `signer` under that name.
  std::string ExportForged(const std::vector<std::string>& entries, const SigningKey& signer) {
    const std::string forged = ledger_.path("forged");
    const VerifierKey key = *MakeVerifierKey(ServedLedger::kOrigin, signer.public_key());
    const Checkpoint checkpoint{ServedLedger::kOrigin, entries.size(), RootOf(entries)};
    PlaceExport(forged, entries, SignNote(FormatCheckpoint(checkpoint), {{key, &signer}}));
    return forged;
  }
  SigningKey LedgersOwnKey() const { return *SigningKey::Load(ledger_.key_path()); }

  ServedLedger ledger_;
  uint64_t size_ = 0;
};

TEST_F(Conformance, ADayOfARealLedgerIsVerifiedByBoth) {
  ASSERT_NO_FATAL_FAILURE(ExportTheDay());
  ExpectBoth(true, out(), ledger_.vkey());
  // And again after the daemon has stopped, with what it sealed then beside the tiles of the smaller tree.
  ASSERT_EQ(ledger_.Stop().status, 0);
  const Ended exported = ledger_.OnDirectory({"export", "--vkey", ledger_.vkey(), out()});
  ASSERT_EQ(exported.status, 0) << exported.err;
  ExpectBoth(true, out(), ledger_.vkey());
}

TEST_F(Conformance, BothCatchEveryChangeOfAFile) {
  ASSERT_NO_FATAL_FAILURE(ExportTheDay());
  const std::string last = ".p/" + std::to_string(size_ % 256);
  const std::string last_bundle = "tile/entries/003" + last;
  struct Change {
    std::string file;  // which both must name
    std::function<void()> make;
  };
  const std::vector<Change> changes = {
      {"checkpoint", [&] { Flip("checkpoint", 3); }},
      {"checkpoint", [&] { Flip("checkpoint", Read("checkpoint").size() - 9); }},
      {"tile/0/001", [&] { Flip("tile/0/001", 4000); }},
      {"tile/0/003" + last, [&] { Flip("tile/0/003" + last, 31); }},
      {"tile/1/000.p/3", [&] { Flip("tile/1/000.p/3", 95); }},
      {"tile/entries/000", [&] { Flip("tile/entries/000", 0); }},
      {"tile/entries/001", [&] { Flip("tile/entries/001", 77777); }},
      {last_bundle, [&] { Flip(last_bundle, Read(last_bundle).size() - 20); }},
      {last_bundle, [&] { Put(last_bundle, Read(last_bundle) + '\0'); }},
      {"tile/0/002", [&] { Put("tile/0/002", Read("tile/0/002").substr(0, 8160)); }},
      {"tile/entries/001",
       [&] {
         const std::string first = Read("tile/entries/001");
         Put("tile/entries/001", Read("tile/entries/002"));
         Put("tile/entries/002", first);
       }},
      {"tile/0/000", [&] { fs::remove(out() + "/tile/0/000"); }},
      {"tile/entries/002", [&] { fs::remove(out() + "/tile/entries/002"); }},
      {last_bundle, [&] { fs::remove(out() + "/" + last_bundle); }},
      {"tile/0/notes", [&] { Put("tile/0/notes", "hidden"); }},
      {"tile/entries/000.p/9", [&] { Put("tile/entries/000.p/9", Read("tile/entries/001").substr(0, 99)); }},
  };
  const std::string intact = ledger_.path("intact");
  fs::copy(out(), intact, fs::copy_options::recursive);
  for (size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i));
    changes[i].make();
    ExpectBoth(false, out(), ledger_.vkey(), changes[i].file);
    fs::remove_all(out());
    fs::copy(intact, out(), fs::copy_options::recursive);
  }
  ExpectBoth(true, out(), ledger_.vkey());
}

TEST_F(Conformance, BothRefuseAnotherKey) {
  ASSERT_NO_FATAL_FAILURE(ExportTheDay());
  const SigningKey other = TestKey();
  ExpectBoth(false, out(), FormatVerifierKey(*MakeVerifierKey(ServedLedger::kOrigin, other.public_key())));
  ExpectBoth(false, out(), FormatVerifierKey(*MakeVerifierKey("another.example", LedgersOwnKey().public_key())));
  const std::vector<std::string> entries = EntriesOf(out(), size_);
  ExpectBoth(false, ExportForged(entries, other), ledger_.vkey(), "checkpoint");
}

TEST_F(Conformance, BothRefuseARecordLeftOutWithAllBehindItHashedAnew) {
  ASSERT_NO_FATAL_FAILURE(ExportTheDay());
  std::vector<Draft> drafts = Reopen(EntriesOf(out(), size_));
  drafts.erase(drafts.begin() + 300);
  const std::vector<std::string> forged = Seal(drafts);
  const std::string directory = ExportForged(forged, TestKey());
  ExpectBoth(false, directory, ledger_.vkey());
  WriteFileAt(directory + "/checkpoint", Read("checkpoint"));
  ExpectBoth(false, directory, ledger_.vkey());
}

// With the ledger's own key even the signature fits: what is left are the back-links, the times and the rules.
TEST_F(Conformance, BothRefuseAForgeryThatIsSignedByTheLedgerItself) {
  ASSERT_NO_FATAL_FAILURE(ExportTheDay());
  const std::vector<Draft> drafts = Reopen(EntriesOf(out(), size_));
  const SigningKey key = LedgersOwnKey();
  const auto refuse = [&](const std::string& what, const std::vector<Draft>& forged) {
    SCOPED_TRACE(what);
    const std::string directory = ExportForged(Seal(forged), key);
    ExpectBoth(false, directory, ledger_.vkey(), "tile/entries/");
    fs::remove_all(directory);
  };
  const std::string unchanged = ExportForged(Seal(drafts), key);
  ExpectBoth(true, unchanged, ledger_.vkey());
  fs::remove_all(unchanged);

  std::vector<Draft> forged = drafts;
  forged.erase(forged.begin() + 300);
  refuse("a record left out", forged);
  forged = drafts;
  forged[500].header.recorded_at = forged[499].header.recorded_at - 1;
  refuse("a time that runs backwards", forged);
  forged = drafts;
  const auto linked = std::find_if(forged.begin() + 400, forged.end(),
                                   [](const Draft& draft) { return !draft.header.principal_links.empty(); });
  ++linked->header.principal_links[0].ordinal;
  refuse("an ordinal skipped", forged);
  forged = drafts;
  forged.insert(forged.begin() + 700, forged.front());
  refuse("a second genesis", forged);
  forged = drafts;
  std::erase_if(forged,
                [](const Draft& draft) { return !draft.event && FactsOf(draft.transition).stage == Stage::kAdmitted; });
  Relink(forged);
  refuse("admissions left out, with fitting links", forged);
}

TEST_F(Conformance, ARotationIsFollowedWhenBothKeysSignedIt) {
  const std::string old_vkey = FormatVerifierKey(TestVerifierKey(1));
  const std::string new_vkey = FormatVerifierKey(TestVerifierKey(2));
  const struct {
    const char* name;
    char signer, accepter, checkpoint;
    bool holds;
  } cases[] = {{"rotated", 1, 2, 2, true},
               {"not signed by the old key", 3, 2, 2, false},
               {"not accepted by the new key", 1, 3, 2, false},
               {"a checkpoint by the old key beyond the rotation", 1, 2, 1, false}};
  for (const auto& [name, signer, accepter, checkpoint, holds] : cases) {
    const std::vector<std::string> entries = SealedWithRotation(signer, accepter);
    const std::string directory = ledger_.path(name);
    PlaceExport(directory, entries, SignedNote(entries, checkpoint));
    ExpectBoth(holds, directory, old_vkey);
    ExpectBoth(holds, directory, new_vkey);
    ExpectBoth(false, directory, FormatVerifierKey(TestVerifierKey(3)));
  }
}

TEST_F(Conformance, AReplayedTraceIsVerifiedByBoth) {
  const fs::path traces = fs::path(kSource) / "../shared/traces";
  if (!fs::exists(traces / "transitions.py")) {
    GTEST_SKIP() << "no traces here (looked in " << traces << "): nothing was replayed";
  }
  const Ended lines = RunProgram({kPython, "-B", traces / "transitions.py", "k8s-audit-2023", "--limit", "5000"});
  ASSERT_EQ(lines.status, 0) << lines.err;
  ASSERT_NO_FATAL_FAILURE(ExportOf(lines.out));
  EXPECT_GT(size_, 4000u);
  ExpectBoth(true, out(), ledger_.vkey());
  Flip("tile/entries/009", 33333);
  ExpectBoth(false, out(), ledger_.vkey(), "tile/entries/009");
}

}  // namespace
}  // namespace envledger
