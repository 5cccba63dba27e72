#include "ledger/tiles/tiles_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/files/file.h"
#include "tests/tiles/tiles_fixture.h"

namespace envledger {
namespace {

using testing::HasSubstr;

class TilesReader : public testing::Test {
 protected:
  TilesReader() : entries_(SealedStories(600)) {
    MemoryLedger ledger(600);
    EXPECT_TRUE(ExportTo(ledger, out()).ok());
  }
  std::unique_ptr<LedgerReader> Open() {
    auto reader = OpenTiles(out());
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    return *std::move(reader);
  }
  std::string out() const { return directory_.path() + "/out"; }

  TempDir directory_;
  const std::vector<std::string> entries_;
};

TEST_F(TilesReader, GivesEveryEntryInPages) {
  const auto reader = Open();
  std::vector<std::string> read;
  while (read.size() < 600) {
    const auto page = reader->Entries({read.size(), 100});
    ASSERT_TRUE(page.ok());
    ASSERT_FALSE(page->entries.empty());
    ASSERT_LE(page->entries.size(), 100u);
    EXPECT_EQ(page->tree_size, 600u);
    read.insert(read.end(), page->entries.begin(), page->entries.end());
  }
  EXPECT_EQ(read, entries_);
  EXPECT_EQ(reader->Entries({256, 0})->entries.size(), 256u);
  EXPECT_TRUE(reader->Entries({600, 1})->entries.empty());
}

TEST_F(TilesReader, GivesAnEnvelopeInPagesWithoutReadingAllAgain) {
  const auto reader = Open();
  const auto first = reader->FindEnvelope({"env-100", 0, 1});
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first->envelope.entries, std::vector<std::string>{entries_[401]});
  EXPECT_EQ(first->envelope.next_revision, 1u);
  EXPECT_TRUE(first->completeness.complete);
  // What was read once and led to the root is all that is needed: the bundle of its records, but no other.
  std::filesystem::remove(out() + "/tile/entries/000");
  const auto rest = reader->FindEnvelope({"env-100", 1});
  ASSERT_TRUE(rest.ok()) << rest.status().ToString();
  EXPECT_EQ(rest->envelope.entries, (std::vector<std::string>{entries_.begin() + 402, entries_.begin() + 405}));
  EXPECT_FALSE(rest->envelope.next_revision);
  EXPECT_TRUE(reader->FindEnvelope({"env-100", 4})->envelope.entries.empty());
  EXPECT_EQ(reader->FindEnvelope({"env-0", 0}).status().code(), Code::kCorruption) << "another is looked for anew";
}

TEST_F(TilesReader, RefusesAPageThatIsNotWhatLedToTheRoot) {
  const auto reader = Open();
  ASSERT_TRUE(reader->FindEnvelope({"env-100", 0, 1}).ok());
  const std::string bundle = out() + "/tile/entries/001";
  std::string bytes = *ReadFile(bundle, 64 << 20);
  const size_t at = bytes.find(entries_[402]);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 1);
  ASSERT_TRUE(WriteFileDurably(bundle, bytes, 0644).ok());
  const auto page = reader->FindEnvelope({"env-100", 1});
  EXPECT_EQ(page.status().code(), Code::kCorruption);
  EXPECT_THAT(page.status().message(), HasSubstr("entry 402"));
}

TEST_F(TilesReader, FindsAnEnvelopeAndSaysOfWhichTree) {
  const auto found = Open()->FindEnvelope({.envelope_id = "env-100"});  // entries 401 to 404
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->envelope.entries, (std::vector<std::string>{entries_.begin() + 401, entries_.begin() + 405}));
  EXPECT_TRUE(found->completeness.complete);
  EXPECT_EQ(found->completeness.root, RootOf(entries_));
  EXPECT_EQ(found->completeness.checkpoint, SignedNote(entries_));
  // An id that only begins an envelope's, or stands in another field.
  EXPECT_EQ(Open()->FindEnvelope({.envelope_id = "env-"}).status().code(), Code::kNotFound);
  EXPECT_EQ(Open()->FindEnvelope({.envelope_id = "alice"}).status().code(), Code::kNotFound);
}

TEST_F(TilesReader, AnswersNothingFromADamagedExport) {
  const std::string path = out() + "/tile/entries/001";
  const std::string intact = *ReadFile(path, 1 << 26);
  std::string changed = intact;
  changed[changed.size() / 2] ^= 1;
  for (const std::string& contents : {changed, intact.substr(1), std::string()}) {
    WriteFileAt(path, contents);
    EXPECT_EQ(Open()->FindEnvelope({.envelope_id = "env-0"}).status().code(), Code::kCorruption);
  }
  std::filesystem::remove(path);
  const auto missing = Open()->FindEnvelope({.envelope_id = "env-0"});
  EXPECT_EQ(missing.status().code(), Code::kCorruption);
  EXPECT_THAT(missing.status().message(), HasSubstr("tile/entries/001"));
}

TEST_F(TilesReader, ShowsAHoleInARevisionThatWasLeftOut) {
  std::vector<Draft> drafts;
  for (const std::string& entry : entries_) {
    const EntryView view = *CheckEntry(entry);
    drafts.push_back({view.header, std::string(view.transition), view.event});
  }
  drafts.erase(drafts.begin() + 402);
  MemoryLedger forged(Seal(drafts));
  const std::string directory = directory_.path() + "/forged";
  ASSERT_TRUE(ExportTo(forged, directory).ok());
  const auto found = (*OpenTiles(directory))->FindEnvelope({.envelope_id = "env-100"});
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->completeness.complete);
  EXPECT_THAT(found->completeness.problem, HasSubstr("revision 1"));
}

TEST_F(TilesReader, SaysWhatAnExportCannotAnswer) {
  const auto reader = Open();
  const auto query = reader->Query({});
  EXPECT_EQ(query.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(query.status().message(), HasSubstr("--data-dir"));
  CheckpointsRequest request;
  EXPECT_EQ(reader->Checkpoints(request)->notes, std::vector<std::string>{SignedNote(entries_)});
  request.sign_now = true;
  EXPECT_EQ(reader->Checkpoints(request).status().code(), Code::kInvalidArgument);
}

TEST_F(TilesReader, NeedsACheckpoint) {
  EXPECT_EQ(OpenTiles(directory_.path()).status().code(), Code::kNotFound);
  WriteFileAt(out() + "/checkpoint", "nonsense");
  EXPECT_EQ(OpenTiles(out()).status().code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
