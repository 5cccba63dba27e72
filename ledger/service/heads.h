// Where every recently touched envelope and principal stands: what the sequencer needs to know before it seals.
//
// Both tables are caches over the index, bounded in bytes. What changed after the index's watermark is pinned; the rest
// is dropped, least recently used first, and read again when it is needed. Nothing that the index says is believed
// before the entry that it names was read and says the same.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/entry.h"
#include "ledger/index/index_keys.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// The roles that principals hold in one envelope, each principal as its digest: constant time and 24 bytes for each,
// however many there are and however long their ids.
class HeldRoles {
 public:
  RoleMask Held(const PrincipalDigest& principal) const;
  // Sets what the principal holds; 0 forgets it.
  void Set(const PrincipalDigest& principal, RoleMask roles);
  size_t MemoryBytes() const;

 private:
  struct DigestHash {
    size_t operator()(const PrincipalDigest& digest) const;
  };
  // Most envelopes see two or three principals, which are found sooner by looking at each.
  static constexpr size_t kFew = 8;
  std::vector<std::pair<PrincipalDigest, RoleMask>> few_;
  std::unordered_map<PrincipalDigest, RoleMask, DigestHash> many_;
};

// Which records of an envelope may have which bytes, so that few need to be compared in full. The first kShortEnvelope
// records are always held, of the later ones those that the index may not cover yet.
class RecordMarks {
 public:
  // The seq of a revision; nothing when it is not held.
  std::optional<uint64_t> SeqOf(uint64_t revision) const;
  // The seqs of the held records that may have these bytes, ascending but for those of equal fingerprints.
  std::vector<uint64_t> Candidates(std::string_view transition) const;
  // `revision` is that of the next record. REQUIRES: they are added in order, but for a gap after the first ones.
  void Add(uint64_t revision, std::string_view transition, uint64_t seq);
  // Takes back the last that was added.
  void RemoveLast();
  // Lets go of later records whose seq lies before `watermark`. Whether there were any.
  bool ForgetIndexed(uint64_t watermark);
  size_t MemoryBytes() const;

 private:
  void Erase(uint64_t fingerprint, uint64_t seq);

  // Of the first records a quick hash, since at most kShortEnvelope can collide; of the later ones FingerprintOf, which
  // nobody can make collide often.
  struct Mark {
    uint64_t fingerprint = 0;
    uint64_t seq = 0;
  };
  std::vector<Mark> first_;
  std::deque<Mark> later_;
  uint64_t later_begin_ = 0;                                    // the revision of later_.front()
  std::unordered_multimap<uint64_t, uint64_t> later_by_bytes_;  // fingerprint -> seq
};

struct EnvelopeHead {
  LifecycleState state;
  uint64_t last_seq = 0;
  RecordMarks marks;
  HeldRoles roles;
  bool more_marks_in_index = false;  // `marks` does not hold all of the later records
  bool more_roles_in_index = false;  // nor `roles` those that they gave
  size_t MemoryBytes() const { return sizeof *this + marks.MemoryBytes() + roles.MemoryBytes(); }
};

struct PrincipalHead {
  uint64_t ordinal = 0;  // of its last link; 0: none
  uint64_t last_seq = 0;
  static constexpr size_t MemoryBytes() { return sizeof(PrincipalHead); }
};

// Heads by key, the recently used ones in memory. Pointers stay valid until Trim. Not thread-safe.
template <typename Head>
class HeadTable {
 public:
  using Load = std::function<Status(Head& head)>;

  // The head of `key`; `load` fills it in when it is not held.
  Result<Head*> Find(std::string_view key, const Load& load) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      nodes_.splice(nodes_.begin(), nodes_, found->second);
      Touch(nodes_.front());
      return &found->second->head;
    }
    nodes_.push_front({std::string(key), Head{}});
    if (Status status = load(nodes_.front().head); !status.ok()) {
      nodes_.pop_front();
      return status;
    }
    places_.emplace(nodes_.front().key, nodes_.begin());
    Touch(nodes_.front());
    return &nodes_.front().head;
  }

  // Drops the least recently used heads while they take more than `capacity` bytes, as far as the index covers their
  // last entry.
  void Trim(size_t capacity, uint64_t watermark) {
    for (Node* node : touched_) {
      node->touched = false;
      const size_t bytes = node->head.MemoryBytes() + node->key.capacity() + kNodeBytes;
      bytes_ = bytes_ - node->bytes + bytes;
      node->bytes = bytes;
    }
    touched_.clear();
    while (bytes_ > capacity && !nodes_.empty() && nodes_.back().head.last_seq < watermark) {
      bytes_ -= nodes_.back().bytes;
      places_.erase(nodes_.back().key);
      nodes_.pop_back();
    }
  }

  size_t size() const { return nodes_.size(); }
  // As of the last Trim, by estimate.
  size_t MemoryBytes() const { return bytes_; }

 private:
  static constexpr size_t kNodeBytes = 128;  // list and hash table, by estimate
  struct Node {
    std::string key;
    Head head;
    size_t bytes = 0;  // as counted in bytes_
    bool touched = false;
  };
  void Touch(Node& node) {
    if (std::exchange(node.touched, true)) return;
    touched_.push_back(&node);
  }

  std::list<Node> nodes_;                                                            // most recently used first
  std::unordered_map<std::string_view, typename std::list<Node>::iterator> places_;  // keys borrow from the nodes
  std::vector<Node*> touched_;                                                       // since the last Trim
  size_t bytes_ = 0;
};

// Where the index is now. Thread-safe.
class IndexSource {
 public:
  virtual ~IndexSource() = default;
  // How far it reaches. What Latest() gives afterwards reaches at least as far.
  virtual uint64_t watermark() const = 0;
  virtual std::shared_ptr<const IndexReader> Latest() const = 0;
};

// Reads heads from an index and its log. A view of one moment: whoever waits for the index to move on makes another.
// For one thread. Errors of all: IndexDamage (index_db.h) when the index cannot be read, or names an entry that is not
// what it says; LogDamage when the log cannot be read.
class HeadReader {
 public:
  // `log` is not owned.
  HeadReader(const LogDb& log, std::shared_ptr<const IndexReader> index);

  // An envelope's head, in a bounded number of reads whatever the number of its records; an empty one when it has none.
  Status LoadEnvelope(std::string_view envelope_id, EnvelopeHead& head);
  // The same for a principal, by its PrincipalPrefix.
  Status LoadPrincipal(std::string_view prefix, PrincipalHead& head);

  // Of a long envelope: what a principal holds,
  Result<RoleMask> HeldIn(std::string_view envelope_id, const PrincipalDigest& principal);
  // the seqs of records whose bytes have this fingerprint, until `visit` returns false,
  Status VisitBytes(std::string_view envelope_id, uint64_t fingerprint, const std::function<bool(uint64_t seq)>& visit);
  // and the seq of a revision. Nothing when the index has none.
  Result<std::optional<uint64_t>> SeqOfRevision(std::string_view envelope_id, uint64_t revision);

 private:
  struct Loaded;
  Status LoadEntry(uint64_t seq, std::string_view envelope_id, Loaded& loaded) const;
  Status LoadLong(std::string_view envelope_id, EnvelopeHead& head);
  Result<std::optional<uint64_t>> LastOf(const std::string& facet_prefix);
  Result<std::optional<uint64_t>> OrdinalIn(uint64_t seq, std::string_view principal_prefix) const;

  const LogDb& log_;
  const std::shared_ptr<const IndexReader> index_;
  const std::unique_ptr<IndexCursor> envelopes_;
  const std::unique_ptr<IndexCursor> principals_;
  std::unique_ptr<IndexCursor> facets_;  // made when a long envelope is met
};

}  // namespace envledger
