// What the ledger promised, kept outside it: every acknowledgment, every checkpoint that it served, and the appends
// whose outcome is unknown.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/protocol/message.h"

namespace envledger {

using Batch = std::vector<std::string>;  // the bytes of transitions that were appended as one

// How a ledger differs from what was promised. All zero: it does not.
struct Broken {
  uint64_t lost = 0;         // acknowledged records that are not there
  uint64_t changed = 0;      // acknowledged records that are elsewhere, or whose entry has another hash
  uint64_t doubled = 0;      // records that are there more than once
  uint64_t checkpoints = 0;  // checkpoints that the tree does not extend
  std::string first;         // the first of them, for a person
  bool any() const { return lost + changed + doubled + checkpoints > 0; }
};

// Thread-safe.
class Oracle {
 public:
  void Acknowledged(const Batch& batch, const std::vector<Acknowledgment>& acknowledgments);
  // An append that got no answer. Those of one producer in the order in which it sent them.
  void Unanswered(Batch batch);
  std::vector<Batch> TakeUnanswered();
  // Something that should never happen, such as a refusal of a legal append.
  void Problem(const std::string& what);
  std::vector<std::string> problems() const;
  void KeepCheckpoint(const std::string& note);
  // The largest checkpoint that was served; empty when there was none.
  std::string anchor() const;

  uint64_t acknowledged() const;
  // A batch that was acknowledged not long ago; empty when there is none.
  Batch Sample() const;

  // Compares all entries of the ledger, by seq, with the promises.
  Broken Compare(const std::vector<std::string>& entries) const;

 private:
  struct Promise {
    uint64_t seq = 0;
    Hash leaf_hash{};
  };
  void CompareTree(const std::vector<Hash>& leaves, Broken& broken) const;

  mutable std::mutex mutex_;
  std::map<Hash, Promise> promises_;      // by the hash of the transition's bytes
  std::map<uint64_t, std::string> kept_;  // checkpoints by their size
  std::vector<Batch> unanswered_;
  std::vector<std::string> problems_;
  Batch sample_;
};

}  // namespace envledger
