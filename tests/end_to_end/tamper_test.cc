// A ledger changed by an outside tool (RocksDB's own `ldb`) is caught, with the right verdict and seq.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ledger/base/bytes.h"
#include "ledger/codec/json.h"
#include "ledger/index/index_keys.h"
#include "ledger/store/layout.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using nlohmann::json;

std::string Ldb() {
  for (const char* path : {"/usr/bin/ldb", "/usr/local/bin/ldb"}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

// A closed ledger of 10 stories: genesis, opened, 40 transitions (seqs 2 to 41), closed.
class Tampered : public testing::Test {
 protected:
  void SetUp() override {
    if (Ldb().empty()) GTEST_SKIP() << "ldb is not installed (package rocksdb-tools): nothing to tamper with";
    ledger_.Start();
    const Ended appended = ledger_.Append(Stories(10));
    ASSERT_EQ(appended.status, 0) << appended.err;
    ASSERT_EQ(ledger_.Stop().status, 0);
    // Kept elsewhere, as an auditor would.
    std::filesystem::copy_file(ledger_.path("data/checkpoint"), ledger_.path("kept-checkpoint"));
    ASSERT_EQ(Verify().second["verdict"], "VALID");
  }

  std::string LdbRun(const std::string& db, const std::string& family, std::vector<std::string> words) {
    std::vector<std::string> command = {Ldb(), "--db=" + db, "--column_family=" + family};
    command.insert(command.end(), words.begin(), words.end());
    const Ended outcome = RunProgram(command);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    return outcome.out;
  }
  std::string Log(std::vector<std::string> words) { return LdbRun(LogPath(ledger_.data_dir()), "entries", words); }
  static std::string SeqKey(uint64_t seq) { return "0x" + Hex(U64Key(seq)); }

  std::string ReadEntry(uint64_t seq) {
    std::string hex = Log({"get", "--hex", SeqKey(seq)});
    hex = hex.substr(hex.find("0x") + 2);
    hex.erase(hex.find_last_not_of("\n ") + 1);
    return ParseHex(hex).value_or("");
  }

  // Exit status and report.
  std::pair<int, json> Verify(std::vector<std::string> options = {}) {
    if (options.empty()) options = {"--checkpoint", ledger_.path("kept-checkpoint"), "--vkey", ledger_.vkey()};
    options.insert(options.begin(), {"verify", "--format", "json"});
    const Ended outcome = ledger_.OnDirectory(options);
    return {outcome.status, json::parse(outcome.out, nullptr, false)};
  }
  void ExpectVerdict(const std::string& verdict, uint64_t seq, const std::string& check) {
    const auto [status, report] = Verify();
    EXPECT_EQ(status, 1);
    EXPECT_EQ(report["verdict"], verdict) << report.dump(1);
    EXPECT_EQ(report["ok"], false);
    ASSERT_FALSE(report["failures"].empty());
    EXPECT_EQ(report["failures"][0]["seq"], seq) << report.dump(1);
    EXPECT_EQ(report["failures"][0]["check"], check) << report.dump(1);
  }
  Ended DaemonStart() { return ledger_.StartAndFail(); }

  ServedLedger ledger_;
};

TEST_F(Tampered, AnEditedValueIsFoundAtItsSeq) {
  std::string entry = ReadEntry(10);
  const size_t at = entry.find("alice");
  ASSERT_NE(at, std::string::npos);
  entry.replace(at, 5, "carol");
  Log({"put", "--hex", SeqKey(10), "0x" + Hex(entry)});
  ExpectVerdict("TAMPERED", 10, "chain");
}

TEST_F(Tampered, AValueReplacedByNonsenseIsFoundAtItsSeq) {
  Log({"put", "--hex", SeqKey(7), "0x" + Hex("nonsense")});
  ExpectVerdict("TAMPERED", 7, "form");
}

TEST_F(Tampered, ADeletedKeyIsFoundAtItsSeq) {
  Log({"delete", "--hex", SeqKey(20)});
  ExpectVerdict("TAMPERED", 20, "sequence");
}

TEST_F(Tampered, AKeyDeletedAtTheEndsIsFoundToo) {
  Log({"delete", "--hex", SeqKey(0)});
  ExpectVerdict("TAMPERED", 0, "sequence");
}

TEST_F(Tampered, TwoSwappedEntriesAreFoundAtTheFirst) {
  const std::string first = ReadEntry(12);
  const std::string second = ReadEntry(13);
  Log({"put", "--hex", SeqKey(12), "0x" + Hex(second)});
  Log({"put", "--hex", SeqKey(13), "0x" + Hex(first)});
  ExpectVerdict("TAMPERED", 12, "sequence");
}

TEST_F(Tampered, ATailCutOffIsCalledTruncated) {
  for (uint64_t seq = 30; seq <= 42; ++seq) Log({"delete", "--hex", SeqKey(seq)});
  ExpectVerdict("TRUNCATED", 30, "checkpoint");
  const Ended started = DaemonStart();
  EXPECT_EQ(started.status, 1);
  EXPECT_NE(started.err.find("TRUNCATED"), std::string::npos) << started.err;
}

TEST_F(Tampered, ATailCutOffTogetherWithItsCheckpointsIsCaughtByTheOneKeptElsewhere) {
  for (uint64_t seq = 30; seq <= 42; ++seq) Log({"delete", "--hex", SeqKey(seq)});
  const std::string db = LogPath(ledger_.data_dir());
  const std::string listed = LdbRun(db, "checkpoints", {"scan", "--hex"});
  for (uint64_t size = 2; size <= 43; ++size) {
    if (listed.find(SeqKey(size).substr(2)) != std::string::npos || listed.find(SeqKey(size)) != std::string::npos ||
        size == 43) {
      LdbRun(db, "checkpoints", {"delete", "--hex", SeqKey(size)});
    }
  }
  std::filesystem::remove(ledger_.path("data/checkpoint"));
  const auto [alone, report] = Verify({"--vkey", ledger_.vkey()});
  EXPECT_NE(report["verdict"], "VALID") << "nothing outside to compare with";
  ExpectVerdict("TRUNCATED", 30, "checkpoint");
}

TEST_F(Tampered, ARemovedIndexEntryIsIncompleteAndNamesTheEntryThatLostIt) {
  const std::string index = IndexPath(ledger_.data_dir());
  LdbRun(index, "envelopes", {"delete", "--hex", "0x" + Hex(EnvelopeKey("story-3", 2, 2 + 4 * 3 + 2))});
  ExpectVerdict("INCOMPLETE", 2 + 4 * 3 + 2, "index");
}

TEST_F(Tampered, AnAddedIndexEntryIsIncompleteToo) {
  const std::string index = IndexPath(ledger_.data_dir());
  LdbRun(index, "facets", {"put", "--hex", "0x" + Hex(FacetKey(FacetPrefix(Facet::kTenant, "tenant-eve"), 9)), "0x"});
  ExpectVerdict("INCOMPLETE", 9, "index");
}

TEST_F(Tampered, ARemovedPrincipalLinkShowsInTheAnswerToAQuery) {
  const PrincipalView alice{PrincipalKind::kUser, "https://id.example.com", "alice"};
  LdbRun(IndexPath(ledger_.data_dir()), "principals",
         {"delete", "--hex", "0x" + Hex(PrincipalKey(PrincipalPrefix(alice), 3))});
  const Ended outcome = ledger_.OnDirectory({"query", "--principal", "alice", "--format", "json"});
  const json answer = json::parse(outcome.out, nullptr, false);
  EXPECT_EQ(answer["completeness"]["complete"], false) << outcome.out << outcome.err;
}

TEST_F(Tampered, ALostIndexIsMadeAgainByTheDaemon) {
  std::filesystem::remove_all(IndexPath(ledger_.data_dir()));
  EXPECT_EQ(Verify().second["verdict"], "INCOMPLETE");
  ledger_.Start();
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(Verify().second["verdict"], "VALID");
}

// The newest revision of a denied envelope, deleted from a store that is called disposable: what is sealed next must
// not depend on it.
TEST_F(Tampered, ADaemonDoesNotSealUponAnIndexThatSomebodyEdited) {
  ledger_.Start();
  ASSERT_EQ(ledger_
                .Append(TransitionJson(Requested("refused", "mallory")) + "\n" +
                        TransitionJson(Later(Stage::kDenied, "refused")))
                .status,
            0);
  ASSERT_EQ(ledger_.Stop().status, 0);
  const std::string index = IndexPath(ledger_.data_dir());
  LdbRun(index, "envelopes", {"delete", "--hex", "0x" + Hex(EnvelopeKey("refused", 1, 45))});
  ledger_.Start();
  const Ended outcome = ledger_.Append(TransitionJson(Later(Stage::kAdmitted, "refused")));
  EXPECT_EQ(outcome.status, 4) << outcome.out;
  EXPECT_NE(outcome.err.find("denied"), std::string::npos) << outcome.err;
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(Verify().second["verdict"], "VALID");
}

TEST_F(Tampered, AnIndexIsRebuiltByTheTool) {
  const std::string index = IndexPath(ledger_.data_dir());
  LdbRun(index, "facets", {"put", "--hex", "0x" + Hex(FacetKey(FacetPrefix(Facet::kTenant, "tenant-eve"), 9)), "0x"});
  EXPECT_EQ(Verify().second["verdict"], "INCOMPLETE");
  const Ended rebuilt = ledger_.OnDirectory({"index", "rebuild"});
  EXPECT_EQ(rebuilt.status, 0) << rebuilt.err;
  EXPECT_EQ(rebuilt.out, "rebuilt the indexes of 43 entries\n");
  EXPECT_EQ(Verify().second["verdict"], "VALID");
  ledger_.Start();
  const Ended busy = ledger_.OnDirectory({"index", "rebuild"});
  EXPECT_EQ(busy.status, 5);
  EXPECT_NE(busy.err.find("in use"), std::string::npos) << busy.err;
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(Verify().second["verdict"], "VALID");
}

// A flipped bit in a table file is the index's, and no reason to be silent about the log.
TEST_F(Tampered, ADamagedIndexFileIsNamedAndTheLogIsJudged) {
  std::string table;
  for (const auto& file : std::filesystem::directory_iterator(IndexPath(ledger_.data_dir()))) {
    if (file.path().extension() != ".sst") continue;
    table = file.path().filename();
    std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    out.put('!');
  }
  const auto [status, report] = Verify();
  EXPECT_EQ(status, 1);
  EXPECT_EQ(report["verdict"], "INCOMPLETE") << report.dump(1);
  EXPECT_EQ(report["entries"], 43);
  EXPECT_NE(report["failures"][0]["message"].get<std::string>().find(".sst"), std::string::npos) << report.dump(1);
  ledger_.Start();
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(Verify().second["verdict"], "VALID");
}

TEST_F(Tampered, AnEditedEntryInTheTailStopsTheDaemonFromStarting) {
  ledger_.Start({"--checkpoint-entries=1000000", "--checkpoint-seconds=3600"});
  ASSERT_EQ(ledger_.Append(TransitionJson(Requested("late", "alice"))).status, 0);
  ledger_.Kill();  // no checkpoint covers the last entries
  std::string entry = ReadEntry(44);
  const size_t at = entry.find("alice");
  ASSERT_NE(at, std::string::npos);
  entry.replace(at, 5, "carol");
  Log({"put", "--hex", SeqKey(44), "0x" + Hex(entry)});
  // The last entry of all: nothing was sealed upon it and no checkpoint covers it, so only its form could show a
  // change. The one before it is another matter.
  entry = ReadEntry(43);
  entry[entry.size() / 2] = static_cast<char>(entry[entry.size() / 2] ^ 1);
  Log({"put", "--hex", SeqKey(43), "0x" + Hex(entry)});
  const Ended started = DaemonStart();
  EXPECT_EQ(started.status, 1) << started.err;
  EXPECT_NE(started.err.find("TAMPERED"), std::string::npos) << started.err;
  EXPECT_NE(started.err.find("43"), std::string::npos) << started.err;
}

TEST_F(Tampered, AnOlderCopyOfTheDatabaseIsRefusedByTheDaemon) {
  const std::string copy = ledger_.path("copy");
  std::filesystem::copy(LogPath(ledger_.data_dir()), copy, std::filesystem::copy_options::recursive);
  ledger_.Start();
  ASSERT_EQ(ledger_.Append(TransitionJson(Requested("later", "alice"))).status, 0);
  ASSERT_EQ(ledger_.Stop().status, 0);
  std::filesystem::remove_all(LogPath(ledger_.data_dir()));
  std::filesystem::rename(copy, LogPath(ledger_.data_dir()));
  const Ended started = DaemonStart();
  EXPECT_EQ(started.status, 1);
  EXPECT_NE(started.err.find("TRUNCATED"), std::string::npos) << started.err;
}

TEST_F(Tampered, AWrongKeyIsNeverAPass) {
  const Ended other =
      RunProgram({ToolPath(), "key", "generate", "--origin", ServedLedger::kOrigin, "--key", ledger_.path("other")});
  ASSERT_EQ(other.status, 0);
  const std::string vkey = other.out.substr(0, other.out.find('\n'));
  const auto [status, report] = Verify({"--vkey", vkey});
  EXPECT_EQ(status, 1);
  EXPECT_EQ(report["verdict"], "WRONG_KEY") << report.dump(1);
  const auto [anchored_status, anchored] = Verify({"--vkey", vkey, "--checkpoint", ledger_.path("kept-checkpoint")});
  EXPECT_EQ(anchored_status, 1);
  EXPECT_EQ(anchored["verdict"], "WRONG_KEY");
  EXPECT_EQ(Verify({"--checkpoint", ledger_.path("kept-checkpoint")}).first, 2)
      << "an anchor without a key is no anchor";
  EXPECT_EQ(Verify({"--vkey", ledger_.path("no-such-file")}).first, 5);
  EXPECT_EQ(Verify({"--vkey", ledger_.vkey(), "--checkpoint", ledger_.key_path()}).first, 5) << "no checkpoint at all";
  EXPECT_EQ(ledger_.StartWithKeyAndFail(ledger_.path("other")).status, 1);
}

}  // namespace
}  // namespace envledger
