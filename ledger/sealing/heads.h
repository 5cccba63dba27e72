// The current state of every recently used envelope and principal, which the sequencer needs before it seals.
//
// Both tables are caches over the index, bounded in bytes. Heads that changed after the index's watermark are pinned;
// the others are dropped, least recently used first, and read again when needed. The index is never trusted alone: the
// entry that it names is read first and must say the same.
#pragma once

#include <array>
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

#include "ledger/base/siphash.h"
#include "ledger/base/status.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/entry.h"
#include "ledger/index/index_keys.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// A principal in memory: SipHash-2-4 of its PrincipalPrefix, of 128 bits, with a key that is random in each process. So
// nobody can choose principals that coincide. Producers are marked by their names in the same way.
using PrincipalMark = std::array<uint64_t, 2>;
PrincipalMark MarkOf(std::string_view principal_prefix);

// Who opened an envelope.
struct Owner {
  uint32_t uid = 0;
  PrincipalMark producer{};
};
Owner OwnerOf(const Recorder& recorder);

// The roles that principals hold in one envelope. Each principal is stored as its mark, so an access takes constant
// time and each principal 24 bytes, however many there are and however long their ids are.
class HeldRoles {
 public:
  RoleMask Held(const PrincipalMark& principal) const;
  // Sets the roles that the principal holds; 0 removes it.
  void Set(const PrincipalMark& principal, RoleMask roles);
  size_t MemoryBytes() const;

 private:
  struct MarkHash {
    size_t operator()(const PrincipalMark& mark) const;
  };
  // Most envelopes have two or three principals, and a linear search is fastest for so few.
  static constexpr size_t kFew = 8;
  std::vector<std::pair<PrincipalMark, RoleMask>> few_;
  std::unordered_map<PrincipalMark, RoleMask, MarkHash> many_;
};

// Fingerprints of the records of an envelope, so that few records need to be compared byte by byte. The first
// kShortEnvelope records are always held; of the later ones, those that the index may not cover yet.
class RecordMarks {
 public:
  // The seq of a revision; nothing when it is not held.
  std::optional<uint64_t> SeqOf(uint64_t revision) const;
  // The seqs of the held records that may have these bytes, in ascending order except among equal fingerprints.
  std::vector<uint64_t> Candidates(std::string_view transition) const;
  // Adds the next record, whose revision is `revision`. REQUIRES: records are added in order; only between the first
  // ones and the later ones may there be a gap.
  void Add(uint64_t revision, std::string_view transition, uint64_t seq);
  // Removes the record that was added last.
  void RemoveLast();
  // Drops later records whose seq is below `watermark`. Returns whether there were any.
  bool ForgetIndexed(uint64_t watermark);
  size_t MemoryBytes() const;

 private:
  void Erase(uint64_t fingerprint, uint64_t seq);

  // The first records have a quick hash, because at most kShortEnvelope of them can collide. The later ones have
  // FingerprintOf, for which nobody can construct many collisions.
  struct Mark {
    uint64_t fingerprint = 0;
    uint64_t seq = 0;
  };
  std::vector<Mark> first_;
  std::deque<Mark> later_;
  uint64_t later_begin_ = 0;                                               // the revision of later_.front()
  std::unordered_multimap<uint64_t, uint64_t, KeyedHash> later_by_bytes_;  // fingerprint -> seq
};

struct EnvelopeHead {
  LifecycleState state;
  Owner owner;  // once there is a record
  uint64_t last_seq = 0;
  RecordMarks marks;
  HeldRoles roles;
  bool more_marks_in_index = false;  // `marks` does not hold all of the later records
  bool more_roles_in_index = false;  // `roles` does not hold all roles from the later records
  size_t MemoryBytes() const { return sizeof *this + marks.MemoryBytes() + roles.MemoryBytes(); }
};

struct PrincipalHead {
  uint64_t ordinal = 0;  // of its last link; 0: it has no link
  uint64_t last_seq = 0;
  static constexpr size_t MemoryBytes() { return sizeof(PrincipalHead); }
};

// Heads by key, the recently used ones in memory. Pointers stay valid until Trim. Not thread-safe.
template <typename Head>
class HeadTable {
 public:
  using Load = std::function<Status(Head& head)>;

  // The head of `key`. When it is not in memory, `load` fills it in.
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

  // Drops least recently used heads until the rest takes at most `capacity` bytes. Stops at a head whose last entry the
  // index does not cover.
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
  // An estimate, updated by Trim.
  size_t MemoryBytes() const { return bytes_; }

 private:
  static constexpr size_t kNodeBytes = 128;  // estimate for the list and hash table nodes
  struct Node {
    std::string key;
    Head head;
    size_t bytes = 0;  // this node's share of bytes_
    bool touched = false;
  };
  void Touch(Node& node) {
    if (std::exchange(node.touched, true)) return;
    touched_.push_back(&node);
  }

  std::list<Node> nodes_;  // most recently used first
  // Keys borrow from the nodes.
  std::unordered_map<std::string_view, typename std::list<Node>::iterator, KeyedHash> places_;
  std::vector<Node*> touched_;  // since the last Trim
  size_t bytes_ = 0;
};

// Gives access to the present state of the index. Thread-safe.
class IndexSource {
 public:
  virtual ~IndexSource() = default;
  // How far the index reaches. The reader of a later Latest() reaches at least as far.
  virtual uint64_t watermark() const = 0;
  virtual std::shared_ptr<const IndexReader> Latest() const = 0;
};

// Reads heads from one view of an index and from the log. To see an index that has moved on, make another reader. Not
// thread-safe. All functions can return IndexDamage (index_db.h), when the index cannot be read or does not agree with
// the entry that it names, and LogDamage, when the log cannot be read.
class HeadReader {
 public:
  // `log` is not owned.
  HeadReader(const LogDb& log, std::shared_ptr<const IndexReader> index);

  // Loads an envelope's head, in a number of reads that does not depend on the number of its records. An envelope
  // without records leaves `head` empty.
  Status LoadEnvelope(std::string_view envelope_id, EnvelopeHead& head);
  // The same for a principal, by its PrincipalPrefix.
  Status LoadPrincipal(std::string_view prefix, PrincipalHead& head);

  // For long envelopes only. The roles that a principal, given by its PrincipalPrefix, holds.
  Result<RoleMask> HeldIn(std::string_view envelope_id, std::string_view principal_prefix);
  // For long envelopes only. Visits the seqs of records with this fingerprint, until `visit` returns false.
  Status VisitBytes(std::string_view envelope_id, uint64_t fingerprint, const std::function<bool(uint64_t seq)>& visit);
  // For long envelopes only. The seq of a revision; nothing when the index does not have it.
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
  std::unique_ptr<IndexCursor> facets_;  // created for the first long envelope
};

}  // namespace envledger
