#include "cli/output/proof_output.h"

#include <vector>

#include "ledger/chain/tlog_proof.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"

namespace envledger::cli {
namespace {

std::vector<std::string> HexOf(const std::vector<Hash>& hashes) {
  std::vector<std::string> all;
  for (const Hash& hash : hashes) all.push_back(Hex(View(hash)));
  return all;
}

std::string Spaced(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string InclusionFile(uint64_t seq, const InclusionProofResponse& proof) {
  if (proof.checkpoint.empty()) return {};
  return FormatTlogProof({std::nullopt, seq, proof.hashes, proof.checkpoint});
}

std::string ConsistencyFile(const ConsistencyProofResponse& proof) {
  if (proof.checkpoint.empty()) return {};
  return FormatAddCheckpoint({proof.old_size, proof.hashes, proof.checkpoint});
}

}  // namespace

std::string InclusionOutput(Format format, uint64_t seq, const InclusionProofResponse& proof) {
  const std::string file = InclusionFile(seq, proof);
  const std::string root = Hex(View(proof.root));
  const std::string leaf_hash = Hex(View(LeafHash(proof.entry)));
  switch (format) {
    case Format::kTable:
      break;
    case Format::kCsv:
      return CsvRow({"seq", "tree_size", "root", "leaf_hash", "hashes"}) +
             CsvRow(
                 {std::to_string(seq), std::to_string(proof.tree_size), root, leaf_hash, Spaced(HexOf(proof.hashes))});
    case Format::kJson:
    case Format::kJsonl: {
      JsonObject json;
      json.Number("seq", seq).Number("tree_size", proof.tree_size).Text("root", root).Text("leaf_hash", leaf_hash);
      json.Raw("hashes", JsonStrings(HexOf(proof.hashes))).TextOrNull("checkpoint", proof.checkpoint);
      return json.TextOrNull("proof", file).Text("entry", Base64(proof.entry)).str() + "\n";
    }
  }
  return file;
}

std::string ConsistencyOutput(Format format, const ConsistencyProofResponse& proof) {
  const std::string file = ConsistencyFile(proof);
  const std::string old_root = Hex(View(proof.old_root));
  const std::string new_root = Hex(View(proof.new_root));
  switch (format) {
    case Format::kTable:
      break;
    case Format::kCsv:
      return CsvRow({"old_size", "new_size", "old_root", "new_root", "hashes"}) +
             CsvRow({std::to_string(proof.old_size), std::to_string(proof.new_size), old_root, new_root,
                     Spaced(HexOf(proof.hashes))});
    case Format::kJson:
    case Format::kJsonl: {
      JsonObject json;
      json.Number("old_size", proof.old_size).Number("new_size", proof.new_size);
      json.Text("old_root", old_root).Text("new_root", new_root).Raw("hashes", JsonStrings(HexOf(proof.hashes)));
      return json.TextOrNull("checkpoint", proof.checkpoint).TextOrNull("proof", file).str() + "\n";
    }
  }
  return file;
}

}  // namespace envledger::cli
