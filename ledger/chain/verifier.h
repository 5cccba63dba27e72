// The streaming verifier: entries and checkpoints in, verdict out. One pure component for the tool, for start-up and
// for every test.
//
// Work that needs no state (hashing, decoding, checking one entry's form) is in PrepareEntry, a pure function that
// callers may run on many threads; Verifier::Add then takes the prepared entries in order.
#pragma once

#include <cstdint>
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
  uint64_t entries = 0;
  Hash root{};               // of the entries read
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
  Status status;          // of CheckEntry, then of CheckTransition on its body
  EntryView entry;        // views borrow from the bytes
  TransitionFacts facts;  // of a transition
};
PreparedEntry PrepareEntry(std::string_view bytes);

// A checkpoint to compare with: one that is stored in the ledger, or one kept elsewhere (an anchor).
struct CheckpointInput {
  std::string note;
  std::string where;  // for messages: "stored at size 4096", a file name
  bool anchor = false;
};

class Verifier {
 public:
  // `trusted_key`: any key of the ledger's history, old or new; at least one checkpoint that agrees with the entries
  // must be signed by it or by a later key, for which it vouches. Every checkpoint must be signed by the key in force
  // at its size, and each further line by a key of the history must verify. `checkpoints` in any order; all are
  // compared with the roots that the entries give.
  Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> checkpoints);
  ~Verifier();

  // The entry stored under `stored_seq`, the next one in the order of storage. Gaps are failures, not errors of the
  // call.
  void Add(uint64_t stored_seq, const PreparedEntry& prepared);
  // No more entries will be added, though the ledger has more, which cannot be read: that checkpoints vouch for more
  // than was added is then no failure. The caller reports what cannot be read.
  void EndEarly();
  // After the last entry. `index_failures` are what the caller found in derived data.
  VerifyReport Finish(std::vector<VerifyFailure> index_failures = {});

  uint64_t entries() const;
  // What the entries so far say of an envelope or a principal; the sizes of the tables.
  uint64_t envelopes() const;
  uint64_t principals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
