// The index is disposable: whatever is done to it while the daemon is stopped, the start notices and rebuilds it, or
// the append notices; no entry that breaks a rule is ever sealed upon it.
#include "ledger/service/indexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ledger/index/index_keys.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct StoredKey {
  Table table;
  std::string key;
  std::string value;
};

std::vector<StoredKey> KeysOf(const std::string& path) {
  std::vector<StoredKey> keys;
  const auto index = IndexDb::OpenReadOnly(path, {});
  EXPECT_TRUE(index.ok()) << index.status().ToString();
  if (!index.ok()) return keys;
  const auto reader = (*index)->Snapshot();
  for (const Table table : {Table::kEnvelopes, Table::kPrincipals, Table::kFacets, Table::kTree}) {
    const auto at = reader->NewCursor(table, Reach::kTable);
    for (at->Seek({}); at->Valid(); at->Next())
      keys.push_back({table, std::string(at->key()), std::string(at->value())});
    EXPECT_TRUE(at->status().ok());
  }
  return keys;
}

class IndexerTest : public ::testing::Test {
 protected:
  // A ledger with a denied envelope, an open one and a long one, closed.
  void SetUp() override {
    ledger_.Open();
    std::vector<Transition> transitions = {Opening("denied"), Later(Stage::kDenied, "denied"), Opening("open"),
                                           Opening("long")};
    for (int i = 0; i < 20; ++i) {
      transitions.push_back(Later(Stage::kAnnotated, "long"));
      transitions.back().occurred_at = *transitions.back().occurred_at + i + 1;
    }
    for (const Transition& transition : transitions) ledger_.MustAppend({Encoded(transition)});
    ledger_.Close();
    intact_ = ledger_.Copy();
  }
  std::string index() const { return IndexPath(ledger_.data_dir()); }

  // What a ledger whose index was tampered with must still do: seal nothing that breaks a rule, and verify.
  void ExpectSoundAfterAStart(const std::string& what) {
    SCOPED_TRACE(what);
    const Status opened = ledger_.TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    EXPECT_FALSE(StatusOf(ledger_.Append({Encoded(Later(Stage::kAdmitted, "denied"))})).ok());
    EXPECT_FALSE(StatusOf(ledger_.Append({Encoded(Opening("open", User("bob")))})).ok());
    const AppendResult note = ledger_.Append({Encoded(Later(Stage::kAnnotated, "denied"))});
    const AppendResult fresh = ledger_.Append({Encoded(Opening("fresh"))});
    if (!StatusOf(note).ok() || !StatusOf(fresh).ok()) {
      // The append noticed; the index is rebuilt, and then it goes through.
      ASSERT_TRUE(WaitUntil([this] { return ledger_.ledger().Describe().healthy; }, std::chrono::minutes(1)));
      EXPECT_TRUE(StatusOf(ledger_.Append({Encoded(Later(Stage::kAnnotated, "denied"))})).ok());
      EXPECT_TRUE(StatusOf(ledger_.Append({Encoded(Opening("fresh"))})).ok());
    }
    // A repeated record is found again, however long its envelope.
    Transition repeated = Later(Stage::kAnnotated, "long");
    repeated.occurred_at = *repeated.occurred_at + 18;
    const AppendResult again = ledger_.Append({Encoded(repeated)});
    ASSERT_TRUE(StatusOf(again).ok()) << StatusOf(again).ToString();
    EXPECT_TRUE(std::get<AppendResponse>(again).acknowledgments[0].replayed);
    ledger_.Close();
    const VerifyReport report = ledger_.Verify();
    EXPECT_TRUE(IsPass(report.verdict)) << Text(report);
  }

  TestLedger ledger_;
  std::string intact_;
};

TEST_F(IndexerTest, AnyKeyThatIsRemovedIsNoticed) {
  const std::vector<StoredKey> keys = KeysOf(index());
  ASSERT_GT(keys.size(), 100u);
  for (size_t i = 0; i < keys.size(); ++i) {
    // Every key of the tables that the sequencer asks; of the others some.
    const bool asked = keys[i].table == Table::kEnvelopes || keys[i].table == Table::kPrincipals;
    if (!asked && i % 7 != 0) continue;
    ledger_.Restore(intact_);
    DeleteKey(index(), kTableNames[static_cast<size_t>(keys[i].table)], keys[i].key);
    ExpectSoundAfterAStart(std::string("without a key of ") + kTableNames[static_cast<size_t>(keys[i].table)]);
    if (HasFatalFailure()) return;
  }
}

TEST_F(IndexerTest, AChangedAndAnAddedKeyAreNoticed) {
  const std::string alice = PrincipalPrefix({PrincipalKind::kUser, "idp.example", "alice"});
  PrincipalPosting posting;
  posting.seq = 3;
  for (const uint64_t ordinal : {1, 3, 4, 50}) {
    ledger_.Restore(intact_);
    PutKey(index(), "principals", PrincipalKey(alice, ordinal), EncodePosting(posting));
    ExpectSoundAfterAStart("link " + std::to_string(ordinal) + " forged");
    if (HasFatalFailure()) return;
  }
  for (const uint64_t seq : {2, 5, 77}) {
    ledger_.Restore(intact_);
    PutKey(index(), "envelopes", EnvelopeKey("denied", 2, seq), {});
    ExpectSoundAfterAStart("a revision forged, at entry " + std::to_string(seq));
    if (HasFatalFailure()) return;
  }
}

void Truncate(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }
void ZeroTheMiddle(const fs::path& file) {
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(size / 3);
  out << std::string(static_cast<size_t>(size / 3), '\0');
}
void FlipTheFirstBit(const fs::path& file) { FlipBit(file, 0, 0); }
void FlipTheLastBit(const fs::path& file) { FlipBit(file, fs::file_size(file) - 1, 7); }
void Remove(const fs::path& file) { fs::remove(file); }

TEST_F(IndexerTest, AnyDamagedFileIsNoticed) {
  const std::vector<std::pair<const char*, std::function<void(const fs::path&)>>> damages = {
      {"truncated", Truncate},
      {"zeroed in the middle", ZeroTheMiddle},
      {"with its first bit flipped", FlipTheFirstBit},
      {"with its last bit flipped", FlipTheLastBit},
      {"removed", Remove}};
  std::vector<std::string> files;
  for (const auto& file : fs::directory_iterator(index())) {
    if (file.is_regular_file() && file.file_size() > 0) files.push_back(file.path().filename());
  }
  ASSERT_GE(files.size(), 8u);
  for (const std::string& file : files) {
    for (const auto& [name, damage] : damages) {
      ledger_.Restore(intact_);
      damage(index() + "/" + file);
      {
        SCOPED_TRACE(file + " " + name);
        // The verdict on the log does not depend on the index.
        const VerifyReport report = ledger_.Verify();
        EXPECT_TRUE(IsPass(report.verdict) || report.verdict == Verdict::kIncomplete) << Text(report);
        EXPECT_EQ(report.entries, 27u);
      }
      ExpectSoundAfterAStart(file + " " + name);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(IndexerTest, AnyFileReplacedByAnOlderOneIsNoticed) {
  // Older by the files of one more day: a session of appends, flushed and compacted.
  ledger_.Open();
  for (int i = 0; i < 5; ++i) ledger_.MustAppend({Encoded(Opening("later-" + std::to_string(i)))});
  ledger_.Close();
  const std::string newer = ledger_.Copy();
  std::vector<std::string> files;
  for (const auto& file : fs::directory_iterator(newer + "/index")) files.push_back(file.path().filename());
  for (const std::string& file : files) {
    if (!fs::exists(intact_ + "/index/" + file)) continue;
    ledger_.Restore(newer);
    fs::copy_file(intact_ + "/index/" + file, index() + "/" + file, fs::copy_options::overwrite_existing);
    ExpectSoundAfterAStart("an older " + file);
    if (HasFatalFailure()) return;
  }
  ledger_.Restore(newer);
  fs::remove_all(index());
  fs::copy(intact_ + "/index", index());
  ExpectSoundAfterAStart("the whole index older");
}

TEST_F(IndexerTest, AnAddedWriteAheadLogIsNoticed) {
  std::ofstream(index() + "/999999.log") << "a record that RocksDB would apply";
  ExpectSoundAfterAStart("with a log of another program");
}

TEST_F(IndexerTest, ACrashIsNoReasonToRebuild) {
  ledger_.Open();
  ledger_.MustAppend({Encoded(Opening("e1"))});
  ledger_.Kill();
  testing::internal::CaptureStderr();
  ledger_.Open();
  ledger_.Close();
  ledger_.Restore(ledger_.Copy());  // other inodes and times, the same bytes
  ledger_.Open();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("rebuilt")));
}

TEST_F(IndexerTest, ARebuildAtTheStartSaysWhy) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "denied", 1));
  testing::internal::CaptureStderr();
  ledger_.Open();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(HasSubstr("the index is being rebuilt from the log"), HasSubstr("another program")));
}

TEST_F(IndexerTest, ABlockThatCannotBeReadIsRebuiltBesideTheAppends) {
  ledger_.options.indexer.index.compactions = false;  // the first to read a damaged file must be the append
  ledger_.Open();
  OverwriteTables(index());
  const AppendResult refused = ledger_.Append({Encoded(Later(Stage::kAnnotated, "denied"))});
  EXPECT_EQ(StatusOf(refused).code(), Code::kUnavailable) << StatusOf(refused).ToString();
  EXPECT_TRUE(WaitUntil([this] { return ledger_.ledger().Describe().healthy; }, std::chrono::minutes(1)));
  EXPECT_TRUE(StatusOf(ledger_.Append({Encoded(Later(Stage::kAnnotated, "denied"))})).ok());
  EXPECT_FALSE(StatusOf(ledger_.Append({Encoded(Later(Stage::kAdmitted, "denied"))})).ok());
  ledger_.Kill();
  EXPECT_FALSE(fs::exists(RebuiltIndexPath(ledger_.data_dir())));
  ledger_.Open();
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
  ledger_.Close();
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
}

// What a version did that believed its index: an ordinal and a revision were sealed twice.
TEST_F(IndexerTest, ALedgerThatABrokenIndexHurtStaysUsable) {
  std::vector<Draft> drafts = Drafts({Opening("e1"), Later(Stage::kDenied, "e1"), Opening("e2"), Opening("e3"),
                                      Later(Stage::kAdmitted, "e1"), Later(Stage::kGranted, "e1")});
  drafts[4].header.principal_links[0].ordinal = 2;  // alice's second link is that of e2
  drafts[4].header.principal_links[0].previous = 1;
  drafts[5].header.envelope_revision = 1;  // after `denied`, which is revision 1
  drafts[5].header.envelope_previous = 1;
  drafts[6].header.envelope_revision = 2;
  const std::vector<std::string> entries = Seal(drafts);
  const std::string dir = ledger_.data_dir();
  fs::remove_all(dir);
  fs::create_directory(dir);
  ASSERT_TRUE(LogDb::Create(LogPath(dir), {}).ok());
  {
    auto log = LogDb::Open(LogPath(dir), {});
    ASSERT_TRUE((*log)->Append(0, {entries.begin(), entries.end()}).ok());
    ASSERT_TRUE((*log)->PutCheckpoint(entries.size(), SignedNote(entries), {}).ok());
  }
  for (int round = 0; round < 3; ++round) {
    const Status opened = ledger_.TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    const std::string id = "new-" + std::to_string(round);
    EXPECT_TRUE(StatusOf(ledger_.Append({Encoded(Opening(id))})).ok());
    Transition note = Later(Stage::kAnnotated, "e1");
    note.occurred_at = *note.occurred_at + round + 1;
    EXPECT_TRUE(StatusOf(ledger_.Append({Encoded(note)})).ok());
    EXPECT_TRUE(ledger_.ledger().Describe().healthy);
    ledger_.Close();
    if (round == 1) fs::remove_all(index());
  }
  const VerifyReport report = ledger_.Verify();
  EXPECT_FALSE(IsPass(report.verdict)) << "the finding stays";
  std::set<uint64_t> named;
  for (const VerifyFailure& failure : report.failures) {
    EXPECT_NE(failure.check, "index") << failure.message;
    named.insert(failure.seq.value_or(UINT64_MAX));
  }
  EXPECT_THAT(named, testing::UnorderedElementsAre(4u, 5u)) << Text(report);
}

}  // namespace
}  // namespace envledger
