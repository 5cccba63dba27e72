// Proofs of the tree as hashes: those that the ledger makes hold for every tree and choice of leaves; invented ones of
// any size are refused without harm.
#include <map>
#include <set>

#include "ledger/chain/subset_proof.h"
#include "ledger/chain/tree.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

Hash LeafOf(uint64_t index) { return LeafHash(U64Key(index)); }

// Every complete subtree of a tree whose leaves are LeafOf.
struct Tree {
  Frontier frontier;
  std::map<std::pair<unsigned, uint64_t>, Hash> subtrees;

  explicit Tree(uint64_t size) {
    for (uint64_t index = 0; index < size; ++index) {
      frontier.Append(LeafOf(index), [&](unsigned level, uint64_t at, const Hash& hash) {
        subtrees[{level, at}] = hash;
      });
    }
  }
  SubtreeReader Reader() const {
    return [this](unsigned level, uint64_t index) -> Result<Hash> {
      const auto found = subtrees.find({level, index});
      fuzz::Require(found != subtrees.end(), "only complete subtrees are asked for");
      return found->second;
    };
  }
};

void CheckMade(fuzz::Pieces& pieces) {
  const uint64_t size = 1 + pieces.Byte() % 64;
  const uint64_t old_size = 1 + pieces.Byte() % size;
  std::set<uint64_t> chosen;
  for (const char byte : pieces.Bytes(1 + pieces.Byte() % 16)) chosen.insert(static_cast<uint8_t>(byte) % size);
  if (chosen.empty()) chosen.insert(0);

  const Tree tree(size);
  const Hash root = tree.frontier.Root();
  fuzz::Require(fuzz::RequireOk(RootAt(size, tree.Reader()), "a tree has a root") == root, "both roots are one");
  const Proof growth = fuzz::RequireOk(ConsistencyProof(old_size, size, tree.Reader()), "a tree proves its growth");
  fuzz::RequireOk(VerifyConsistency(old_size, Tree(old_size).frontier.Root(), size, root, growth), "growth holds");

  std::vector<std::pair<uint64_t, Hash>> leaves;
  const auto inclusion = [&](uint64_t index) { return InclusionProof(index, size, tree.Reader()); };
  for (const uint64_t index : chosen) {
    fuzz::RequireOk(VerifyInclusion(index, size, LeafOf(index), *inclusion(index), root), "inclusion holds");
    leaves.emplace_back(index, LeafOf(index));
  }
  const std::vector<uint64_t> indexes(chosen.begin(), chosen.end());
  const auto nodes = fuzz::RequireOk(SubsetProof(indexes, size, inclusion), "a subset has a proof");
  fuzz::Require(fuzz::RequireOk(SubsetRoot(leaves, size, nodes), "it is complete") == root, "it gives the root");
}

void CheckInvented(fuzz::Pieces& pieces) {
  const uint64_t size = pieces.Number();
  const uint64_t number = pieces.Number();
  std::vector<std::pair<uint64_t, Hash>> leaves;
  for (uint8_t count = pieces.Byte() % 8; count > 0; --count) leaves.emplace_back(pieces.Number(), LeafOf(count));
  Proof hashes;
  for (std::string_view bytes = pieces.Bytes(32); bytes.size() == 32; bytes = pieces.Bytes(32)) {
    hashes.push_back(*HashFrom(bytes));
  }
  const Hash root = LeafOf(0);
  fuzz::Require(!VerifyInclusion(number, size, LeafOf(1), hashes, root).ok(), "an invented inclusion does not hold");
  const bool same = number == size && number > 0 && hashes.empty();
  fuzz::Require(VerifyConsistency(number, root, size, root, hashes).ok() == same, "nor does an invented growth");
  const Result<Hash> subset = SubsetRoot(leaves, size, hashes);
  fuzz::Require(!subset.ok() || *subset != root, "nor does an invented subset");
  (void)Frontier::From(size, hashes).ok();
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  envledger::fuzz::Pieces pieces(envledger::fuzz::View(data, size));
  envledger::CheckMade(pieces);
  envledger::CheckInvented(pieces);
  return 0;
}
