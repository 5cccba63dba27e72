// The streaming verifier: entries and checkpoints in, a verdict out. The tool, mirrors, start-up and every test use
// this one pure component.
//
// It begins at entry 0, or after entries whose tree the caller has proven: VerifyScope says what is then left out.
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
  Verdict verdict;      // the verdict if this were the only failure
};

struct VerifyReport {
  Verdict verdict = Verdict::kUnanchored;
  uint64_t first_seq = 0;  // entries before it were not read; a checkpoint kept elsewhere vouches for them
  uint64_t entries = 0;    // how many were read
  uint64_t tree_size = 0;
  std::optional<Hash> root;  // over all entries; nullopt when an entry before the last is missing
  uint64_t checkpoints = 0;  // how many agree, with signature and root checked
  std::string origin;
  std::optional<VerifierKey> key;             // the key that the caller gave, otherwise the last one of the history
  bool key_is_trusted = false;                // the caller gave it; it was not just read in the ledger
  std::vector<HistoricKey> keys;              // of the ledger, oldest first, as far as each vouches for the next
  std::vector<VerifyFailure> failures;        // by seq; the first kMaxFailures of them
  uint64_t failure_count = 0;                 // of all failures
  std::map<std::string, std::string> checks;  // check -> what was checked ("2000000 entries"), or why it was not
  static constexpr size_t kMaxFailures = 100;
};

// Adds a failure that the caller found beside the ledger, such as a timestamp that does not verify. The verdict becomes
// that of the worst failure.
void AddFailure(VerifyReport& report, VerifyFailure failure);

// Ok for a verdict that passes; otherwise a status with the verdict and the first failure that led to it.
Status StatusOf(const VerifyReport& report);

// The stateless part of verifying one entry.
struct PreparedEntry {
  Hash leaf_hash{};
  Status status;             // of CheckEntry, then of CheckTransition on its body
  EntryView entry;           // views borrow from the bytes
  TransitionFacts facts;     // of a transition
  bool only_hashed = false;  // a transition of which only the hash was computed
};
PreparedEntry PrepareEntry(std::string_view bytes);
// Computes only the hash of a transition. An event is prepared in full: events are few, and they hold the keys.
PreparedEntry PrepareHash(std::string_view bytes);

// A checkpoint to compare with: one that is stored in the ledger, or one kept elsewhere (an anchor).
struct CheckpointInput {
  std::string note;
  std::string where;  // for messages: "stored at size 4096", a file name
  bool anchor = false;
  // The size under which it is stored, if known. A note of another size is a failure.
  std::optional<uint64_t> filed_size = std::nullopt;
};

// Where the checkpoints of a ledger are read from while its entries are verified, so that they need not all be in
// memory. Not thread-safe; called on the thread that calls the verifier.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;
  // The next checkpoint, in ascending order of size; nullopt after the last. After an error it is not called again.
  virtual Result<std::optional<CheckpointInput>> Next() = 0;
};

// The state of envelopes and principals before the first entry that is read, for a verification that does not begin at
// entry 0. Implementations must prove what they return against what vouches for the earlier entries. Asked once for
// each envelope and principal.
class ProvenPast {
 public:
  virtual ~ProvenPast() = default;
  // Applies the earlier records of an envelope to `envelope`, which has none yet. kCorruption when the earlier entries
  // cannot be those that were vouched for; other codes when they could not be read.
  virtual Status Envelope(std::string_view envelope_id, Followed::Envelope& envelope) = 0;
  // The state of a principal before entry `seq`, the first one read that involves it. `link` is that entry's link,
  // which names the link before it.
  virtual Result<PrincipalState> Principal(const PrincipalView& principal, const PrincipalLink& link, uint64_t seq) = 0;
};

// Runs task(0) ... task(count - 1), in any order and on any threads, and returns when all are done. The caller provides
// the threads; InOrder uses none.
using ParallelFor = std::function<void(size_t count, const std::function<void(size_t)>& task)>;
void InOrder(size_t count, const std::function<void(size_t)>& task);

// What a verification covers, and what it compares with. By default, all of a ledger.
//
// A verification that begins after other entries does not read those; the caller must know what vouches for them. Of
// the entries that it reads, it leaves out the lifecycle and the links where they are not wanted or cannot be known. It
// also leaves out the first entry's previous hash and time: the tree covers both entries. So what start-up leaves out
// (recovery.h) is bounded by the entries after the latest checkpoint.
struct VerifyScope {
  // The tree of the entries before the first one that is read; its size is the seq of that entry.
  Frontier from;
  // Not owned. When it is null and `from` is not empty, lifecycle and links are not checked.
  ProvenPast* past = nullptr;
  // Whether to follow each envelope's moves and revisions and each principal's ordinals, which takes memory for all of
  // them. The other checks need no memory for an entry or a checkpoint.
  bool lifecycle_and_links = true;
  // Not owned. The ledger's own checkpoints; null when there are none but those that are given.
  CheckpointSource* stored = nullptr;
  // Runs the verification of signatures.
  ParallelFor parallel_for = InOrder;
};

class Verifier {
 public:
  // `trusted_key`: any key of the ledger's history, old or new. At least one checkpoint that agrees with the entries
  // must be signed by it, or by a later key, for which it vouches. Every checkpoint must be signed by the key in force
  // at its size, and any further signature by a key of the ledger up to then must verify. `given`: checkpoints in any
  // order, beside those of `scope.stored`; they stay in memory. All are compared with the roots of the entries, except
  // those that are not larger than `scope.from`, whose roots the caller has proven.
  Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> given, VerifyScope scope = {});
  ~Verifier();

  // An event from before `scope.from`, proven like the rest of the past. Called for the genesis and each key_rotated,
  // in order, before the first Add.
  void AddPastEvent(uint64_t seq, const PreparedEntry& prepared);

  // The entry stored under `stored_seq`, the next one in the order of storage. Gaps are failures, not errors of the
  // call.
  void Add(uint64_t stored_seq, const PreparedEntry& prepared);
  // No more entries will be added, although the ledger may have more, which cannot be read. It is then no failure that
  // checkpoints vouch for more entries than were added, because nothing shows that entries are missing. The caller
  // reports what cannot be read.
  void EndEarly();
  // Called after the last entry. `index_failures`: failures that the caller found in derived data.
  VerifyReport Finish(std::vector<VerifyFailure> index_failures = {});

  // Not ok when the past or a stored checkpoint could not be read. Then nothing may be concluded from the report.
  Status input_status() const;
  // One more than the last seq that was added.
  uint64_t next_seq() const;
  // The tree so far, up to the first missing entry if there is one.
  const Frontier& tree() const;
  // The ledger's keys so far; nullopt when no usable genesis was added.
  const std::optional<KeyHistory>& keys() const;
  // How many envelopes and principals are being followed.
  uint64_t envelopes() const;
  uint64_t principals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
