// Which levels to store is a choice between reads and hashes. Every level would double the hashes on disk; with every
// eighth, as in tiles for export, a proof would hash some 250 nodes for each tile on its path. Every fourth costs a
// sixteenth more keys than the leaves alone. A proof then reads one row of 16 adjacent keys, mostly one block, and
// computes at most 11 nodes for every four levels.
//
// Leaves are separate keys, not values of whole rows, so that nothing is ever rewritten or waits in memory. The ragged
// right edge is in the table like everything else, a builder resumes from the table alone, and the set of keys follows
// from the log, which lets verification compare the two.
//
// The index is derived data that anything may have damaged, so no proof made from it is trusted. Only the root of the
// whole view comes from elsewhere. A consistency proof from the size in question to the whole connects the two roots
// only if both are right.
#include "ledger/index/tree_index.h"

#include <algorithm>
#include <bit>

namespace envledger {
namespace {

constexpr size_t kKeyBytes = 9;
constexpr unsigned kMaxLevel = 60;  // the highest stored level whose leaves a u64 can count
constexpr uint64_t kRowWidth = 1 << kTreeStep;

// The root of a complete subtree over `count` (a power of two) nodes.
Hash Combine(const Hash* nodes, uint64_t count) {
  if (count == 1) return *nodes;
  return NodeHash(Combine(nodes, count / 2), Combine(nodes + count / 2, count / 2));
}

std::string NameOf(unsigned level, uint64_t index) {
  const uint64_t first = index << level;
  return level == 0 ? "of entry " + std::to_string(first)
                    : "over the entries " + std::to_string(first) + " to " +
                          std::to_string(first + ((uint64_t{1} << level) - 1));
}

}  // namespace

std::string TreeKey(unsigned level, uint64_t index) {
  std::string key;
  key.reserve(kKeyBytes);
  key.push_back(static_cast<char>(level));
  AppendU64(key, index);
  return key;
}

Result<uint64_t> LastLeafOf(std::string_view key, std::string_view value) {
  const unsigned level = key.empty() ? 0 : static_cast<uint8_t>(key[0]);
  if (key.size() != kKeyBytes || value.size() != sizeof(Hash) || level % kTreeStep != 0 || level > kMaxLevel) {
    return Corruption("a key or hash of the index's tree has the wrong form");
  }
  const uint64_t index = ReadU64(key.substr(1));
  if (index > UINT64_MAX >> level) return Corruption("a key of the index's tree is beyond all entries");
  return (index << level) + ((uint64_t{1} << level) - 1);
}

Result<Hash> TreeReader::Subtree(unsigned level, uint64_t index) {
  if (level > 63 || index >= size_ >> level) {
    return Internal("subtree " + std::to_string(index) + " of level " + std::to_string(level) +
                    " is not complete in a tree of " + std::to_string(size_) + " leaves");
  }
  const unsigned stored = level - level % kTreeStep;
  const unsigned above = level - stored;
  const uint64_t first = index << above;
  ENVLEDGER_ASSIGN_OR_RETURN(const Row* row, ReadRow(stored, first / kRowWidth));
  return Combine(row->data() + first % kRowWidth, uint64_t{1} << above);
}

SubtreeReader TreeReader::Subtrees() {
  return [this](unsigned level, uint64_t index) { return Subtree(level, index); };
}

Result<const TreeReader::Row*> TreeReader::ReadRow(unsigned level, uint64_t row) {
  if (const auto known = rows_.find({level, row}); known != rows_.end()) return &known->second;
  const uint64_t first = row * kRowWidth;
  const uint64_t count = std::min(kRowWidth, (size_ >> level) - first);
  if (!cursor_) cursor_ = index_.NewCursor(Table::kTree, Reach::kTable);
  Row nodes;
  for (cursor_->Seek(TreeKey(level, first)); nodes.size() < count && cursor_->Valid(); cursor_->Next()) {
    const auto hash = HashFrom(cursor_->value());
    if (!hash || cursor_->key() != TreeKey(level, first + nodes.size())) break;
    nodes.push_back(*hash);
  }
  ENVLEDGER_RETURN_IF_ERROR(cursor_->status());
  if (nodes.size() < count) {
    return IndexDamage("the index's tree lacks the hash " + NameOf(level, first + nodes.size()));
  }
  return &rows_.emplace(std::pair(level, row), std::move(nodes)).first->second;
}

Result<Hash> ProvenRootAt(TreeReader& tree, uint64_t size, const Hash& root) {
  if (size == 0) return EmptyRoot();
  const SubtreeReader subtrees = tree.Subtrees();
  ENVLEDGER_ASSIGN_OR_RETURN(const Hash found, RootAt(size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(const Proof proof, ConsistencyProof(size, tree.size(), subtrees));
  if (const Status holds = VerifyConsistency(size, found, tree.size(), root, proof); !holds.ok()) {
    return IndexDamage("the index's tree of " + std::to_string(size) +
                       " entries does not lead to the ledger's root at " + std::to_string(tree.size()) + ": " +
                       holds.message());
  }
  return found;
}

Result<TreeBuilder> TreeBuilder::Resume(const IndexReader& index) {
  const uint64_t size = index.watermark();
  TreeReader tree(index, size);
  std::vector<Hash> edge;
  for (uint64_t rest = size; rest != 0; rest -= std::bit_floor(rest)) {
    const auto level = static_cast<unsigned>(std::bit_width(rest) - 1);
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash hash, tree.Subtree(level, (size >> level) - 1));
    edge.push_back(hash);
  }
  TreeBuilder builder;
  ENVLEDGER_ASSIGN_OR_RETURN(builder.frontier_, Frontier::From(size, std::move(edge)));
  return builder;
}

void TreeBuilder::Add(const Hash& leaf_hash, std::vector<IndexPut>& out) {
  frontier_.Append(leaf_hash, [&out](unsigned level, uint64_t index, const Hash& hash) {
    if (level % kTreeStep == 0) out.push_back({Table::kTree, TreeKey(level, index), std::string(View(hash))});
  });
}

}  // namespace envledger
