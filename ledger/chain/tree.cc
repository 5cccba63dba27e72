// For each set bit of the size, from the highest down, the frontier keeps the root of a complete subtree of that many
// leaves: the leaves are split over these subtrees from left to right. Appending a leaf is like adding one to a binary
// number: a carry out of a bit joins two equal subtrees into their parent. The root of RFC 6962 combines them from the
// right, because its split point is always the largest power of two below the size, which separates the first subtree
// from all the rest.
#include "ledger/chain/tree.h"

#include <bit>
#include <string>
#include <utility>

#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

constexpr std::string_view kLeafPrefix("\x00", 1);
constexpr std::string_view kNodePrefix("\x01", 1);

}  // namespace

Hash LeafHash(std::string_view entry) { return Sha256({kLeafPrefix, entry}); }
Hash NodeHash(const Hash& left, const Hash& right) { return Sha256({kNodePrefix, View(left), View(right)}); }
Hash EmptyRoot() { return Sha256(""); }

Result<Frontier> Frontier::From(uint64_t size, std::vector<Hash> hashes) {
  const auto expected = static_cast<size_t>(std::popcount(size));
  if (hashes.size() != expected) {
    return InvalidArgument("the right edge of a tree of " + std::to_string(size) + " leaves has " +
                           std::to_string(expected) + " hashes, not " + std::to_string(hashes.size()));
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.hashes_ = std::move(hashes);
  return frontier;
}

std::string Frontier::Encode() const {
  std::string bytes;
  bytes.reserve(hashes_.size() * sizeof(Hash));
  for (const Hash& hash : hashes_) bytes.append(View(hash));
  return bytes;
}

Result<Frontier> Frontier::DecodeProven(std::string_view bytes, uint64_t size, const Hash& last_leaf,
                                        const Hash& root) {
  std::vector<Hash> hashes;
  for (; bytes.size() >= sizeof(Hash); bytes.remove_prefix(sizeof(Hash))) {
    hashes.push_back(*HashFrom(bytes.substr(0, sizeof(Hash))));
  }
  if (!bytes.empty()) return Corruption("the stored right edge of the tree is not a whole number of hashes");
  auto before = From(size - 1, std::move(hashes));
  if (!before.ok()) return Corruption(before.status().message());
  Frontier whole = *before;
  whole.Append(last_leaf);
  if (whole.Root() == root) return before;
  return Corruption("the stored right edge of the tree and entry " + std::to_string(size - 1) +
                    " do not give the root of the checkpoint of " + std::to_string(size));
}

void Frontier::Append(const Hash& leaf_hash) {
  hashes_.push_back(leaf_hash);
  for (uint64_t carry = size_; (carry & 1) != 0; carry >>= 1) {
    const Hash right = hashes_.back();
    hashes_.pop_back();
    hashes_.back() = NodeHash(hashes_.back(), right);
  }
  ++size_;
}

void Frontier::Append(const Hash& leaf_hash, const SubtreeVisitor& visit) {
  Hash hash = leaf_hash;
  unsigned level = 0;
  visit(level, size_, hash);
  while ((size_ >> level & 1) != 0) {
    hash = NodeHash(hashes_.back(), hash);
    hashes_.pop_back();
    ++level;
    visit(level, size_ >> level, hash);
  }
  hashes_.push_back(hash);
  ++size_;
}

Hash Frontier::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  Hash root = hashes_.back();
  for (size_t i = hashes_.size() - 1; i > 0; --i) root = NodeHash(hashes_[i - 1], root);
  return root;
}

}  // namespace envledger
