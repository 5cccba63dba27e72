// The streaming verifier: entries and checkpoints in, verdict out. One pure component for the tool, for mirrors, for
// start-up and for every test.
//
// It begins at entry 0, or behind entries whose tree the caller has proven: VerifyScope says what is then left out.
//
// Work that needs no state (hashing, decoding, checking one entry's form) is in PrepareEntry, a pure function that
// callers may run on many threads; Verifier::Add then takes the prepared entries in order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/verdict.h"
#include "ledger/chain/followed.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"

namespace envledger {

struct VerifyFailure {
  std::optional<uint64_t> seq;
  std::string check;    // "form", "sequence", "chain", "time", "lifecycle", "links", "tree", "checkpoint", "key",
                        // "index", "tile", "timestamp"
  std::string message;  // a sentence
  Verdict verdict;      // what this failure alone amounts to
};

struct VerifyReport {
  Verdict verdict = Verdict::kUnanchored;
  uint64_t first_seq = 0;  // entries before it were not read, but are vouched for by a checkpoint kept elsewhere
  uint64_t entries = 0;    // that were read
  uint64_t tree_size = 0;
  std::optional<Hash> root;  // over all entries; nothing when one is missing before the last
  uint64_t checkpoints = 0;  // whose signature and root were checked and agree
  std::string origin;
  std::optional<VerifierKey> key;             // the key given from outside, else the last one of the history
  bool key_is_trusted = false;                // given from outside, not just read in the ledger
  std::vector<HistoricKey> keys;              // of the ledger, oldest first, as far as each vouches for the next
  std::vector<VerifyFailure> failures;        // by seq; at most kMaxFailures, the first ones
  uint64_t failure_count = 0;                 // all of them
  std::map<std::string, std::string> checks;  // check -> what was checked ("2000000 entries"), or why it was not
  static constexpr size_t kMaxFailures = 100;
};

// Adds what the caller found beside the ledger, such as a timestamp that does not hold; the verdict becomes that of the
// worst failure.
void AddFailure(VerifyReport& report, VerifyFailure failure);

// Ok for a verdict that passes; otherwise a status that carries it, and tells of the first failure that it rests on.
Status StatusOf(const VerifyReport& report);

// The stateless part of verifying one entry.
struct PreparedEntry {
  Hash leaf_hash{};
  Status status;             // of CheckEntry, then of CheckTransition on its body
  EntryView entry;           // views borrow from the bytes
  TransitionFacts facts;     // of a transition
  bool only_hashed = false;  // a transition of which nothing else was looked at
};
PreparedEntry PrepareEntry(std::string_view bytes);
// Of a transition the hash alone; an event, of which there are few and in which the keys are, whole.
PreparedEntry PrepareHash(std::string_view bytes);

// A checkpoint to compare with: one that is stored in the ledger, or one kept elsewhere (an anchor).
struct CheckpointInput {
  std::string note;
  std::string where;  // for messages: "stored at size 4096", a file name
  bool anchor = false;
};

// What envelopes and principals were before the first entry that a verification reads, for one that does not begin at
// entry 0. What it says must be proven, against what vouches for those entries. Asked once for each of them.
class ProvenPast {
 public:
  virtual ~ProvenPast() = default;
  // Makes of an envelope without records what those of the past make of it. kCorruption when the past itself cannot be
  // what was vouched for; other codes: it could not be read.
  virtual Status Envelope(std::string_view envelope_id, Followed::Envelope& envelope) = 0;
  // `link` is what entry `seq`, the first that is read to involve the principal, says of the one before it.
  virtual Result<PrincipalState> Principal(const PrincipalView& principal, const PrincipalLink& link, uint64_t seq) = 0;
};

// How much of a ledger a verification covers. By default, all of it.
//
// One that begins behind other entries reads none of those; what vouches for them is the caller's business. Of the
// entries that it reads it leaves out, beside the lifecycle and the links where those are not wanted or cannot be
// known: what the first one says of the one before it (its hash and its time), which the tree covers that both stand
// in. So what start-up leaves out (recovery.h) is bounded by the entries behind the latest checkpoint.
struct VerifyScope {
  // The tree of the entries before the first that is read. Its size is the seq of that one.
  Frontier from;
  // Not owned. Without it, and with a tree that is not empty, lifecycle and links are not checked.
  ProvenPast* past = nullptr;
  // Whether each envelope's moves and revisions and each principal's ordinals are followed, which takes memory for all
  // of them. Every other check takes the same few kilobytes, whatever the size of the ledger.
  bool lifecycle_and_links = true;
};

// Runs task(0) ... task(count - 1), in any order and on any threads, and returns when all are done. For work that is
// spread over threads by somebody who may have some; InOrder has none.
using ParallelFor = std::function<void(size_t count, const std::function<void(size_t)>& task)>;
void InOrder(size_t count, const std::function<void(size_t)>& task);

class Verifier {
 public:
  // `trusted_key`: any key of the ledger's history, old or new; at least one checkpoint that agrees with the entries
  // must be signed by it or by a later key, for which it vouches. Every checkpoint must be signed by the key in force
  // at its size, and each further line by a key of the history must verify. `checkpoints` in any order; all are
  // compared with the roots that the entries give. Of checkpoints that are not larger than `scope.from`, the caller has
  // proven the root already.
  Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> checkpoints, VerifyScope scope = {});
  ~Verifier();

  // An event from before `scope.from`, proven like the rest of it: the genesis and each key_rotated, in order, before
  // the first Add.
  void AddPastEvent(uint64_t seq, const PreparedEntry& prepared);

  // The entry stored under `stored_seq`, the next one in the order of storage. Gaps are failures, not errors of the
  // call.
  void Add(uint64_t stored_seq, const PreparedEntry& prepared);
  // No more entries will be added, though the ledger may have more, which cannot be read. That checkpoints vouch for
  // more than was added is then no failure: nothing says that entries are missing. The caller reports what cannot be
  // read.
  void EndEarly();
  // After the last entry. `index_failures` are what the caller found in derived data. Signatures are verified through
  // `parallel_for`.
  VerifyReport Finish(std::vector<VerifyFailure> index_failures = {}, const ParallelFor& parallel_for = InOrder);

  // Not ok when the past could not be read: nothing is then concluded from the report.
  Status past_status() const;
  // One more than the last seq that was added.
  uint64_t next_seq() const;
  // The tree so far; as far as the first missing entry, if there is one.
  const Frontier& tree() const;
  // The ledger's keys so far. Nothing when no usable genesis was added.
  const std::optional<KeyHistory>& keys() const;
  // What the entries so far say of an envelope or a principal; the sizes of the tables.
  uint64_t envelopes() const;
  uint64_t principals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
