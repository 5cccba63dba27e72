// The streaming verifier: entries and checkpoints in, verdict out. One pure component for the tool, for start-up and
// for every test.
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
#include "ledger/chain/key_history.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"

namespace envledger {

enum class Verdict : uint8_t {
  kValid,       // agrees with a checkpoint kept elsewhere
  kUnanchored,  // consistent in itself; nothing outside to compare with
  kTruncated,   // entries that a signed checkpoint vouches for are missing at the end
  kTampered,    // an entry, a link, the tree or a checkpoint is not what was sealed
  kIncomplete,  // the log verifies; derived data or back-links miss something or have too much
  kWrongKey,    // a checkpoint is not signed by the key that it must be, or nothing is by the key that was given
};
std::string_view Name(Verdict verdict);  // "VALID", "WRONG_KEY", ...
inline bool IsPass(Verdict verdict) { return verdict == Verdict::kValid || verdict == Verdict::kUnanchored; }

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
  Hash root{};               // over all entries
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

// The stateless part of verifying one entry.
struct PreparedEntry {
  Hash leaf_hash{};
  Status status;             // of CheckEntry, then of CheckTransition on its body
  EntryView entry;           // views borrow from the bytes
  TransitionFacts facts;     // of a transition
  bool only_hashed = false;  // a transition of which nothing else was looked at
};
PreparedEntry PrepareEntry(std::string_view bytes);

// A checkpoint to compare with: one that is stored in the ledger, or one kept elsewhere (an anchor).
struct CheckpointInput {
  std::string note;
  std::string where;  // for messages: "stored at size 4096", a file name
  bool anchor = false;
};

// What the records of an envelope, and the links of a principal, amount to so far. The defaults are those of none.
struct EnvelopeState {
  LifecycleState lifecycle;
  uint64_t last_seq = 0;
  RoleTable roles;
};
struct PrincipalState {
  uint64_t ordinal = 0;
  uint64_t last_seq = 0;
};
// The state after one more record, that of entry `seq`.
void Follow(EnvelopeState& envelope, uint64_t seq, const TransitionFacts& facts);

// The entries before the first that a verification reads, for one that does not begin at entry 0. What it says must be
// proven, against something that vouches for those entries. Asked once for each envelope and principal.
class ProvenPast {
 public:
  virtual ~ProvenPast() = default;
  // The tree's right edge; its size is the first seq to be read.
  virtual const Frontier& frontier() const = 0;
  // kCorruption when the past itself cannot be what was vouched for; other codes: it could not be read.
  virtual Result<EnvelopeState> Envelope(std::string_view envelope_id) = 0;
  // `link` is what entry `seq`, the first that is read to involve the principal, says of the one before it.
  virtual Result<PrincipalState> Principal(const PrincipalView& principal, const PrincipalLink& link, uint64_t seq) = 0;
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
  // compared with the roots that the entries give. `past` (not owned, may be null) is what lies before the first entry;
  // of checkpoints that are not larger than it, the caller has proven the root already.
  Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> checkpoints,
           ProvenPast* past = nullptr);
  ~Verifier();

  // An event of the past, proven like the rest of it: its genesis and each key_rotated, in order, before the first Add.
  void AddPastEvent(uint64_t seq, const PreparedEntry& prepared);

  // The entry stored under `stored_seq`, the next one in the order of storage. Gaps are failures, not errors of the
  // call.
  void Add(uint64_t stored_seq, const PreparedEntry& prepared);
  // No more entries will be added, though the ledger has more, which cannot be read: that checkpoints vouch for more
  // than was added is then no failure. The caller reports what cannot be read.
  void EndEarly();
  // After the last entry. `index_failures` are what the caller found in derived data. Signatures are verified through
  // `parallel_for`.
  VerifyReport Finish(std::vector<VerifyFailure> index_failures = {}, const ParallelFor& parallel_for = InOrder);

  // Not ok when the past could not be read: nothing is then concluded from the report.
  Status past_status() const;
  uint64_t entries() const;
  // What the entries so far say of an envelope or a principal; the sizes of the tables.
  uint64_t envelopes() const;
  uint64_t principals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
