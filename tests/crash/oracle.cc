#include "tests/crash/oracle.h"

#include <utility>

#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

void Count(Broken& broken, uint64_t& count, const std::string& what) {
  ++count;
  if (broken.first.empty()) broken.first = what;
}

}  // namespace

void Oracle::Acknowledged(const Batch& batch, const std::vector<Acknowledgment>& acknowledgments) {
  const std::lock_guard lock(mutex_);
  if (acknowledgments.size() != batch.size()) {
    problems_.push_back("a batch of " + std::to_string(batch.size()) + " records got " +
                        std::to_string(acknowledgments.size()) + " acknowledgments");
    return;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    const Promise promise{acknowledgments[i].seq, acknowledgments[i].leaf_hash};
    const auto [known, first] = promises_.emplace(Sha256(batch[i]), promise);
    if (first || (known->second.seq == promise.seq && known->second.leaf_hash == promise.leaf_hash)) continue;
    problems_.push_back("a record was acknowledged as entry " + std::to_string(known->second.seq) + " and again as " +
                        std::to_string(promise.seq));
  }
  sample_ = batch;
}

void Oracle::Unanswered(Batch batch) {
  const std::lock_guard lock(mutex_);
  unanswered_.push_back(std::move(batch));
}

std::vector<Batch> Oracle::TakeUnanswered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unanswered_, {});
}

void Oracle::Problem(const std::string& what) {
  const std::lock_guard lock(mutex_);
  problems_.push_back(what);
}

std::vector<std::string> Oracle::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void Oracle::KeepCheckpoint(const std::string& note) {
  const auto checkpoint = ReadCheckpointNote(note);
  const std::lock_guard lock(mutex_);
  if (!checkpoint.ok()) {
    problems_.push_back("a served checkpoint cannot be read: " + checkpoint.status().ToString());
    return;
  }
  kept_.emplace(checkpoint->size, note);
}

std::string Oracle::anchor() const {
  const std::lock_guard lock(mutex_);
  return kept_.empty() ? std::string() : kept_.rbegin()->second;
}

uint64_t Oracle::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return promises_.size();
}

Batch Oracle::Sample() const {
  const std::lock_guard lock(mutex_);
  return sample_;
}

Broken Oracle::Compare(const std::vector<std::string>& entries) const {
  const std::lock_guard lock(mutex_);
  Broken broken;
  std::vector<Hash> leaves;
  std::map<Hash, uint64_t> places;
  for (uint64_t seq = 0; seq < entries.size(); ++seq) {
    leaves.push_back(LeafHash(entries[seq]));
    const auto entry = CheckEntry(entries[seq]);
    if (!entry.ok()) {
      Count(broken, broken.changed, "entry " + std::to_string(seq) + ": " + entry.status().ToString());
    } else if (!entry->event && !places.emplace(Sha256(entry->transition), seq).second) {
      Count(broken, broken.doubled, "entry " + std::to_string(seq) + " is there a second time");
    }
  }
  for (const auto& [hash, promise] : promises_) {
    const auto place = places.find(hash);
    if (place == places.end()) {
      Count(broken, broken.lost,
            "the record that was acknowledged as entry " + std::to_string(promise.seq) + " is not among the " +
                std::to_string(entries.size()) + " entries");
    } else if (place->second != promise.seq || leaves[promise.seq] != promise.leaf_hash) {
      Count(broken, broken.changed,
            "the record that was acknowledged as entry " + std::to_string(promise.seq) + " is entry " +
                std::to_string(place->second) + ", or has another hash");
    }
  }
  CompareTree(leaves, broken);
  return broken;
}

// The tree of a checkpoint is a prefix of the tree of now if its root is that of the first so many leaves.
void Oracle::CompareTree(const std::vector<Hash>& leaves, Broken& broken) const {
  Frontier tree;
  for (const auto& [size, note] : kept_) {
    if (size > leaves.size()) {
      Count(broken, broken.checkpoints,
            "a checkpoint of " + std::to_string(size) + " entries was served, and " + std::to_string(leaves.size()) +
                " are there");
      continue;
    }
    while (tree.size() < size) tree.Append(leaves[tree.size()]);
    const auto checkpoint = ReadCheckpointNote(note);
    if (!checkpoint.ok() || checkpoint->root != tree.Root()) {
      Count(broken, broken.checkpoints, "the checkpoint served for size " + std::to_string(size) + " has another root");
    }
  }
}

}  // namespace envledger
