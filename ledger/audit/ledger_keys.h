// The key that signs a ledger's checkpoint, found through a reader. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/audit/reader.h"
#include "ledger/base/status.h"
#include "ledger/chain/note.h"

namespace envledger {

// Not thread-safe: one user at a time, as the reader.
class LedgerKeys {
 public:
  // `trusted`: the key given from outside, any of the ledger's history; without it the ledger's own word is taken.
  // `reader` is not owned.
  LedgerKeys(LedgerReader& reader, std::optional<VerifierKey> trusted)
      : reader_(reader), trusted_(std::move(trusted)) {}

  // The checkpoint of a signed note, by the trusted key (else by the ledger's present one), or by the one that the
  // ledger's rotations, each signed by the key before, lead to at its size. `signer` is set to it. kNotFound for a
  // wrong key, kCorruption for a signature or a rotation that does not verify, kInvalidArgument for what is no
  // checkpoint.
  Result<Checkpoint> Open(std::string_view note, VerifierKey& signer);

 private:
  struct InForce {
    uint64_t seq = 0;  // of the entry that brought it: it signs larger sizes
    VerifierKey key;
  };
  Result<VerifierKey> First();
  Status ReadHistory();

  LedgerReader& reader_;
  const std::optional<VerifierKey> trusted_;
  std::optional<VerifierKey> first_;  // the one tried first
  std::vector<InForce> history_;      // read when it is needed
};

}  // namespace envledger
