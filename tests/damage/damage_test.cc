// Every kind of file of a ledger, damaged in every way, after a clean stop and after a kill. The table says what
// `envledger verify` and a start must say of each; whatever it was, nothing hangs or aborts, and no ledger is served
// without a record that was acknowledged. That each of the index's files is noticed, tests/service/indexer_test.cc shows.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/damage/damage_lab.h"
#include "tests/support/sanitized.h"

namespace envledger {
namespace {

using enum Damage;

// `verify`: the verdict. `start`: "served", "rebuilt" (served, after the index was made anew), a verdict, or "status N".
struct Row {
  const char* kind;             // as KindOf gives it
  std::vector<Damage> damages;  // empty: all that no row above has
  const char* verify;
  const char* start;
  std::optional<bool> killed = std::nullopt;  // only after a kill, or only after a clean stop
};

const std::vector<Row>& Table() {
  static const std::vector<Row> table = {
      // The truth.
      {"log/table", {}, "TAMPERED", "TAMPERED"},
      {"log/WAL", {kFifo}, "TAMPERED", "TAMPERED"},
      // After a clean stop, the last record is a checkpoint, which is also published.
      {"log/WAL", {kShorter}, "TAMPERED", "TAMPERED", false},
      {"log/WAL", {}, "TRUNCATED", "TRUNCATED"},
      {"log/CURRENT", {}, "TAMPERED", "TAMPERED"},
      // A torn last edit was never relied on.
      {"log/MANIFEST", {kShorter}, "VALID", "served"},
      {"log/MANIFEST", {}, "TAMPERED", "TAMPERED"},
      {"log/IDENTITY", {kFifo, kDirectory}, "TAMPERED", "TAMPERED"},
      {"log/IDENTITY", {}, "VALID", "served"},
      {"log/OPTIONS", {}, "VALID", "served"},
      {"log/LOCK", {kDirectory}, "VALID", "status 5"},
      {"log/LOCK", {}, "VALID", "served"},
      // What only helps.
      {"log-mark", {}, "VALID", "served"},
      // What can be made anew.
      {"index/table", {}, "INCOMPLETE", "rebuilt"},
      {"index/WAL", {kDeleted}, "VALID", "served"},
      {"index/WAL", {kFifo}, "INCOMPLETE", "rebuilt"},
      {"index/WAL", {kDirectory}, "VALID", "rebuilt"},
      {"index/CURRENT", {}, "INCOMPLETE", "rebuilt"},
      {"index/MANIFEST", {kShorter}, "VALID", "served", true},
      {"index/MANIFEST", {}, "INCOMPLETE", "rebuilt"},
      {"index/FILES", {}, "VALID", "rebuilt"},
      {"index/IDENTITY", {kFifo, kDirectory}, "INCOMPLETE", "rebuilt"},
      {"index/IDENTITY", {}, "VALID", "served"},
      {"index/OPTIONS", {kFifo, kDirectory}, "VALID", "rebuilt"},
      {"index/OPTIONS", {}, "VALID", "served"},
      {"index/LOCK", {kFifo, kDirectory}, "VALID", "rebuilt"},
      {"index/LOCK", {}, "VALID", "served"},
      // The published checkpoint, and a copy of it elsewhere, which may be on a share that is not there.
      {"checkpoint", {kDeleted, kOlder}, "VALID", "served"},
      {"checkpoint", {}, "TAMPERED", "TAMPERED"},
      {"copy", {kDeleted, kOlder, kFifo, kDirectory}, "VALID", "served"},
      {"copy", {}, "VALID", "TAMPERED"},
      // The key. A flipped bit may leave a key: another one.
      {"key", {kShorter}, "VALID", "served"},
      {"key", {kFlipped}, "VALID", "status 1 or status 2"},
      {"key", {kDeleted}, "VALID", "status 3"},
      {"key", {kFifo, kDirectory}, "VALID", "status 5"},
      {"key", {}, "VALID", "status 2"},
  };
  return table;
}

// "data/log/000012.sst" -> "log/table".
std::string KindOf(const std::string& file) {
  if (file == "key") return "key";
  if (file.starts_with("copy/")) return "copy";
  std::string kind = file.substr(file.find('/') + 1);
  const auto replace = [&kind](const std::string& ending, const std::string& name) {
    if (kind.ends_with(ending)) kind = kind.substr(0, kind.find('/') + 1) + name;
  };
  replace(".sst", "table");
  replace(".log", "WAL");
  return kind.substr(0, kind.find("-0"));  // MANIFEST-000005
}

const Row& RowOf(const std::string& kind, Damage damage, bool killed) {
  const auto found = std::find_if(Table().begin(), Table().end(), [&](const Row& row) {
    return kind == row.kind && row.killed.value_or(killed) == killed &&
           (row.damages.empty() || std::find(row.damages.begin(), row.damages.end(), damage) != row.damages.end());
  });
  if (found == Table().end()) throw std::runtime_error("the table has no row for " + kind);
  return *found;
}

std::string Word(const DamageResult& result) {
  if (!result.start.verdict.empty()) return result.start.verdict;
  if (result.start.status != 0) return "status " + std::to_string(result.start.status);
  return result.rebuilt ? "rebuilt" : "served";
}

class DamageTest : public testing::TestWithParam<bool> {
 protected:
  DamageTest() : lab_(GetParam()) {}

  void Check(const std::string& prefix) {
    std::map<std::string, std::vector<std::string>> files;  // by kind
    for (const std::string& file : lab_.Files()) {
      if (KindOf(file).starts_with(prefix)) files[KindOf(file)].push_back(file);
    }
    ASSERT_FALSE(files.empty());
    for (const auto& [kind, all] : files) {
      for (const Damage damage : kDamages) {
        // Builds with sanitizers take too long for all.
        if (!ENVLEDGER_SANITIZED || damage == kZeroed || damage == kFifo) CheckOne(kind, all.back(), damage);
      }
      if (ENVLEDGER_SANITIZED || kind != "log/table") continue;
      for (const std::string& file : all) CheckOne(kind, file, kFlipped);
    }
  }

 private:
  void CheckOne(const std::string& kind, const std::string& file, Damage damage) {
    if (!lab_.Changes(file, damage)) return;
    SCOPED_TRACE(file + ", " + NameOf(damage));
    const DamageResult result = lab_.Run(file, damage);
    const Row& row = RowOf(kind, damage, GetParam());
    EXPECT_THAT(result.wrong, testing::IsEmpty());
    EXPECT_EQ(result.verify.verdict, row.verify) << result.verify.said;
    EXPECT_THAT(std::string(row.start), testing::HasSubstr(Word(result))) << result.start.said;
    // A log that was cut leaves nothing that could be named, and an older CURRENT names a manifest that is not there.
    if (Word(result) == "TAMPERED" && kind.starts_with("log/") && damage != kShorter && damage != kOlder) {
      const std::string name = file.substr(file.rfind('/') + 1);
      EXPECT_THAT(result.verify.said, testing::HasSubstr(name));
      EXPECT_THAT(result.start.said, testing::HasSubstr(name));
    }
  }

  DamageLab lab_;
};

TEST_P(DamageTest, OfTheLogIsRefusedWithAVerdict) { Check("log/"); }
TEST_P(DamageTest, OfTheIndexIsMadeGood) { Check("index/"); }
TEST_P(DamageTest, OfTheCheckpointAndItsCopyIsNoticed) {
  Check("checkpoint");
  Check("copy");
}
TEST_P(DamageTest, OfTheMarkAndTheKeyHasItsOwnAnswer) {
  Check("log-mark");
  Check("key");
}

INSTANTIATE_TEST_SUITE_P(After, DamageTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "AKill" : "ACleanStop"; });

}  // namespace
}  // namespace envledger
