// RFC 6962 section 2.1 word for word, to compare with: the recursive definitions of MTH, PATH and PROOF over ranges of
// leaves. Slow in principle; ranges are remembered, so that all of a few hundred sizes can be walked.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "ledger/crypto/sha256.h"

namespace envledger {

class NaiveTree {
 public:
  // Leaves "leaf 0", "leaf 1", ...
  explicit NaiveTree(size_t leaves) {
    for (size_t i = 0; i < leaves; ++i) entries_.push_back("leaf " + std::to_string(i));
  }

  const std::string& entry(size_t index) const { return entries_[index]; }
  Hash leaf_hash(size_t index) const { return Sha256(std::string("\x00", 1) + entries_[index]); }

  // MTH(D[begin:end]).
  Hash Mth(size_t begin, size_t end) const {
    const size_t n = end - begin;
    if (n == 0) return Sha256("");
    if (n == 1) return leaf_hash(begin);
    const auto [at, is_new] = known_.try_emplace({begin, end});
    if (is_new) {
      const size_t k = SplitOf(n);
      const Hash left = Mth(begin, begin + k);
      const Hash right = Mth(begin + k, end);
      at->second = Sha256("\x01" + std::string(View(left)) + std::string(View(right)));
    }
    return at->second;
  }
  Hash Root(size_t size) const { return Mth(0, size); }

  // PATH(m, D[n]).
  Proof Path(size_t m, size_t n) const { return Path(m, 0, n); }
  // PROOF(m, D[n]).
  Proof Consistency(size_t m, size_t n) const { return SubProof(m, 0, n, true); }

 private:
  // The largest power of two smaller than n.
  static size_t SplitOf(size_t n) {
    size_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
  }

  Proof Path(size_t m, size_t begin, size_t end) const {
    const size_t n = end - begin;
    if (n == 1) return {};
    const size_t k = SplitOf(n);
    Proof path = m < k ? Path(m, begin, begin + k) : Path(m - k, begin + k, end);
    path.push_back(m < k ? Mth(begin + k, end) : Mth(begin, begin + k));
    return path;
  }

  Proof SubProof(size_t m, size_t begin, size_t end, bool is_known) const {
    const size_t n = end - begin;
    if (m == n && is_known) return {};
    if (m == n) return {Mth(begin, end)};
    const size_t k = SplitOf(n);
    Proof proof = m <= k ? SubProof(m, begin, begin + k, is_known) : SubProof(m - k, begin + k, end, false);
    proof.push_back(m <= k ? Mth(begin + k, end) : Mth(begin, begin + k));
    return proof;
  }

  std::vector<std::string> entries_;
  mutable std::map<std::pair<size_t, size_t>, Hash> known_;
};

}  // namespace envledger
