// The part of a ledger that a checkpoint kept elsewhere vouches for. It is read piece by piece, and each piece is
// proven. Private to this room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/chain/note.h"
#include "ledger/chain/verifier.h"
#include "ledger/protocol/envelope_pages.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// The past: the entries before the last one that `base` covers. `reader` is not owned. Not thread-safe.
class PastOf : public ProvenPast {
 public:
  // Proves the last entry that `base` covers, and with it the tree's right edge. kCorruption when the ledger does not
  // begin with what the checkpoint vouches for, kNotFound when it is shorter; other codes when it could not be read.
  // REQUIRES: base.size > 0.
  static Result<std::unique_ptr<PastOf>> Open(LedgerReader& reader, const Checkpoint& base);

  // Calls `visit` with the genesis and every key_rotated of the past, in order. Errors as from Open.
  Status ForEachKeyEvent(const std::function<void(uint64_t seq, const PreparedEntry& prepared)>& visit);
  // Proves that `older`, of size base.size or less, is the beginning of what `base` vouches for. Errors as from Open.
  Status CheckOlder(const Checkpoint& older);

  // The proven tree of the past.
  const Frontier& frontier() const { return frontier_; }
  Status Envelope(std::string_view envelope_id, Followed::Envelope& envelope) override;
  Result<PrincipalState> Principal(const PrincipalView& principal, const PrincipalLink& link, uint64_t seq) override;

  uint64_t proven() const { return proven_; }  // how many entries, so far

 private:
  PastOf(LedgerReader& reader, Checkpoint base) : reader_(reader), base_(std::move(base)) {}
  Result<InclusionProofResponse> Prove(uint64_t seq);
  Status Check(uint64_t seq, const InclusionProofResponse& proof) const;
  // What the principal's first link in an envelope gives, if the link was sealed before entry `seq`.
  static Result<PrincipalState> FirstLink(EnvelopePages& pages, const PrincipalView& principal, uint64_t seq);

  LedgerReader& reader_;
  const Checkpoint base_;
  Frontier frontier_;
  uint64_t proven_ = 0;
};

}  // namespace envledger
