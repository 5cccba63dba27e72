#include "tests/report/checker_cases.h"

#include <functional>
#include <stdexcept>

#include "ledger/chain/note.h"
#include "ledger/chain/subset_proof.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/evidence/proof_file.h"
#include "ledger/files/file.h"
#include "ledger/report/gather.h"
#include "tests/support/chain_builder.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using nlohmann::json;

template <typename T>
std::optional<std::string> AnswerOf(const Result<T>& result, const std::function<std::string(const T&)>& say) {
  return result.ok() ? std::optional(say(*result)) : std::nullopt;
}

std::string Say(const Checkpoint& checkpoint) {
  return checkpoint.origin + " " + std::to_string(checkpoint.size) + " " + Hex(View(checkpoint.root));
}

std::optional<Hash> ReadHash(const std::string& text) {
  const auto bytes = ParseBase64(text);
  return bytes ? HashFrom(*bytes) : std::nullopt;
}

std::optional<std::string> RootOfProof(const std::vector<ProofLeaf>& leaves, const std::string& size,
                                       const std::vector<std::string>& nodes) {
  std::vector<std::pair<uint64_t, Hash>> read_leaves;
  std::vector<Hash> read_nodes;
  for (const ProofLeaf& leaf : leaves) {
    const auto hash = ReadHash(leaf.hash);
    if (!hash) return std::nullopt;
    read_leaves.emplace_back(ParseDecimal(leaf.number).value(), *hash);
  }
  for (const std::string& node : nodes) {
    const auto hash = ReadHash(node);
    if (!hash) return std::nullopt;
    read_nodes.push_back(*hash);
  }
  const auto root = SubsetRoot(read_leaves, ParseDecimal(size).value(), read_nodes);
  return root.ok() ? std::optional(Hex(View(*root))) : std::nullopt;
}

Status CheckNote(const std::string& note, const std::string& vkey) {
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey key, ParseVerifierKey(vkey));
  ENVLEDGER_ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  return VerifyNote(parsed, key);
}

Result<CheckedTree> Open(const std::string& note, const std::string& vkey) {
  ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey key, ParseVerifierKey(vkey));
  return OpenInFile(note, TrustKey(std::move(key)));
}

// What `report verify` checks of the evidence, by the key that the evidence names. That it is written as a report writes
// it, it finds by rendering the page again.
Result<std::string> CheckEvidenceJson(const std::string& text) {
  ENVLEDGER_ASSIGN_OR_RETURN(const ReportData data, ReadReportData(text));
  if (EvidenceJson(data) != text) return Corruption("the page differs");
  ENVLEDGER_ASSIGN_OR_RETURN(const CheckedTree tree, Open(data.checkpoint, data.vkey));
  if (!data.entries.empty()) ENVLEDGER_RETURN_IF_ERROR(CheckEvidence(data, tree));
  return std::to_string(tree.checkpoint().size) + " " + std::to_string(data.entries.size());
}

// The value of a result that a test cannot do without.
template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().ToString());
  return *std::move(result);
}

std::vector<std::string> CodePoints(const std::string& text) {
  std::vector<std::string> points;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) points.emplace_back();
    points.back() += c;
  }
  return points;
}

}  // namespace

CheckerCase KeyCase(const std::string& name, const std::string& vkey) {
  const auto key = ParseVerifierKey(vkey);
  return {name, "key", {vkey}, AnswerOf<VerifierKey>(key, FormatVerifierKey)};
}

CheckerCase CheckpointCase(const std::string& name, const std::string& text) {
  return {name, "checkpoint", {text}, AnswerOf<Checkpoint>(ParseCheckpoint(text), Say)};
}

CheckerCase NoteCase(const std::string& name, const std::string& note, const std::string& vkey) {
  return {name, "note", {note, vkey}, CheckNote(note, vkey).ok() ? std::optional("signed") : std::nullopt};
}

CheckerCase OpenCase(const std::string& name, const std::string& note, const std::string& vkey) {
  return {name, "open", {note, vkey}, AnswerOf<CheckedTree>(Open(note, vkey), [](const CheckedTree& tree) {
            return Say(tree.checkpoint());
          })};
}

CheckerCase RootCase(const std::string& name, const std::vector<ProofLeaf>& leaves, const std::string& size,
                     const std::vector<std::string>& nodes) {
  json rows = json::array();
  for (const ProofLeaf& leaf : leaves) rows.push_back({leaf.number, leaf.hash});
  return {name, "root", {std::move(rows), size, nodes}, RootOfProof(leaves, size, nodes)};
}

CheckerCase EvidenceCase(const std::string& name, const std::string& text) {
  return {
      name, "evidence", {text}, AnswerOf<std::string>(CheckEvidenceJson(text), [](const std::string& s) { return s; })};
}

ReportData GoldenEvidence() {
  const TlogProof proof = Must(ParseTlogProof(GoldenProof("2.tlog-proof")));
  ReportData data;
  data.tool_version = "golden";
  data.complete = true;
  data.checkpoint = proof.checkpoint;
  data.vkey = GoldenProof("vkey").substr(0, GoldenProof("vkey").size() - 1);
  data.entries[proof.index] = GoldenProof("entry-2");
  const Checkpoint checkpoint = Must(Open(data.checkpoint, data.vkey)).checkpoint();
  data.answered_size = checkpoint.size;
  data.answered_root = checkpoint.root;
  data.envelopes.push_back({.id = "env-1", .roles = 0, .seqs = {proof.index}});
  data.nodes =
      Must(SubsetProof({proof.index}, checkpoint.size, [&](uint64_t) -> Result<Proof> { return proof.hashes; }));
  return data;
}

ReportData MadeEvidence(uint64_t size, const std::vector<uint64_t>& leaves) {
  std::vector<std::string> entries;
  for (uint64_t i = 0; i < size; ++i) entries.push_back("entry " + std::to_string(i));
  const SubtreeReader read = [&entries](unsigned level, uint64_t index) -> Result<Hash> {
    const auto begin = entries.begin() + static_cast<ptrdiff_t>(index << level);
    return RootOf({begin, begin + (ptrdiff_t{1} << level)});
  };
  ReportData data;
  data.tool_version = "made";
  data.complete = true;
  data.checkpoint = SignedNote(entries);
  data.vkey = FormatVerifierKey(TestVerifierKey());
  data.answered_size = size;
  data.answered_root = RootOf(entries);
  for (const uint64_t leaf : leaves) data.entries[leaf] = entries[leaf];
  if (leaves.empty()) return data;
  data.nodes = Must(SubsetProof(leaves, size, [&](uint64_t leaf) { return InclusionProof(leaf, size, read); }));
  return data;
}

std::string EvidenceJson(const ReportData& data) {
  std::string text;
  AddReportDataJson(data, text);
  return text;
}

std::string GoldenProof(const std::string& name) {
  return Must(ReadFile(std::string(ENVLEDGER_SOURCE_DIR) + "/tests/data/golden/proofs/" + name, 1 << 20));
}

std::vector<std::pair<std::string, std::string>> Corruptions(const std::string& text) {
  const std::vector<std::string> strange = {
      "A",         "B",      "a",      "0",      "1",      "=",    "+",
      "/",         " ",      "\n",     "-",      "\t",     "\r",   std::string(1, '\0'),
      "\u007f",    "\u0085", "\u00a0", "\u00e9", "\u2003", "    ", "\u2014",
      "\U0001f511"};
  const std::vector<std::string> points = CodePoints(text);
  std::vector<std::pair<std::string, std::string>> corruptions;
  std::string before;
  size_t at = 0;
  for (const std::string& point : points) {
    const std::string after = text.substr(before.size() + point.size());
    const std::string where = " at " + std::to_string(at++);
    corruptions.emplace_back("left out" + where, before + after);
    corruptions.emplace_back("cut off" + where, before);
    for (const std::string& other : strange) {
      const std::string what = Quoted(other);
      if (other != point) corruptions.emplace_back(what + " instead" + where, before + other + after);
      corruptions.emplace_back(what + " inserted" + where, before + other + point + after);
    }
    before += point;
  }
  for (const std::string& other : strange) corruptions.emplace_back(Quoted(other) + " at the end", text + other);
  return corruptions;
}

}  // namespace envledger
