#include "cli/output/proof_output.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ledger/chain/tlog_proof.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

Hash HashOf(uint8_t byte) {
  Hash hash;
  hash.fill(byte);
  return hash;
}

constexpr char kNote[] = "ledger.example\n9\nAAAA\n\n— ledger.example AAAA\n";

InclusionProofResponse Inclusion(const std::string& note = kNote) {
  return {"an entry", 9, HashOf(1), {HashOf(2), HashOf(3)}, note};
}
ConsistencyProofResponse Consistency(const std::string& note = kNote) {
  return {3, 9, HashOf(1), HashOf(2), {HashOf(3)}, note};
}

TEST(ProofOutput, TheTableIsAFileThatOtherToolsRead) {
  const auto inclusion = ParseTlogProof(InclusionOutput(Format::kTable, 4, Inclusion()));
  ASSERT_TRUE(inclusion.ok()) << inclusion.status().ToString();
  EXPECT_EQ(*inclusion, (TlogProof{std::nullopt, 4, {HashOf(2), HashOf(3)}, kNote}));
  const auto consistency = ParseAddCheckpoint(ConsistencyOutput(Format::kTable, Consistency()));
  ASSERT_TRUE(consistency.ok()) << consistency.status().ToString();
  EXPECT_EQ(*consistency, (AddCheckpoint{3, {HashOf(3)}, kNote}));
}

TEST(ProofOutput, JsonHasThePiecesAndTheFile) {
  for (const Format format : {Format::kJson, Format::kJsonl}) {
    const std::string text = InclusionOutput(format, 4, Inclusion());
    EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
    const json written = json::parse(text);
    EXPECT_EQ(written["seq"], 4);
    EXPECT_EQ(written["root"], Hex(View(HashOf(1))));
    EXPECT_EQ(written["leaf_hash"], Hex(View(LeafHash("an entry"))));
    EXPECT_EQ(written["hashes"].size(), 2u);
    EXPECT_EQ(written["entry"], Base64("an entry"));
    EXPECT_EQ(written["proof"], InclusionOutput(Format::kTable, 4, Inclusion()));
    EXPECT_EQ(json::parse(ConsistencyOutput(format, Consistency()))["old_size"], 3);
  }
}

TEST(ProofOutput, WithoutACheckpointThereIsNoFile) {
  const json inclusion = json::parse(InclusionOutput(Format::kJson, 4, Inclusion("")));
  EXPECT_TRUE(inclusion["proof"].is_null());
  EXPECT_TRUE(inclusion["checkpoint"].is_null());
  EXPECT_EQ(inclusion["hashes"].size(), 2u);
  EXPECT_TRUE(json::parse(ConsistencyOutput(Format::kJson, Consistency("")))["proof"].is_null());
}

TEST(ProofOutput, CsvHasTheHashesInOneField) {
  const std::string two = Hex(View(HashOf(2))) + " " + Hex(View(HashOf(3)));
  EXPECT_EQ(InclusionOutput(Format::kCsv, 4, Inclusion()), "seq,tree_size,root,leaf_hash,hashes\r\n4,9," +
                                                               Hex(View(HashOf(1))) + "," +
                                                               Hex(View(LeafHash("an entry"))) + "," + two + "\r\n");
  ConsistencyProofResponse same = Consistency();
  same.hashes.clear();
  EXPECT_TRUE(ConsistencyOutput(Format::kCsv, same).ends_with("," + Hex(View(HashOf(2))) + ",\r\n"));
}

}  // namespace
}  // namespace envledger::cli
