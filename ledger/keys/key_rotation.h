// Rotating a key file: all of a rotation that is done with files alone. The daemon records it at its next start.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"

namespace envledger {

// Called before (`done` false) and after each step that changes a file. Not ok ends the rotation there with that
// status, as a kill would. May be empty.
using RotationHook = std::function<Status(std::string_view step, bool done)>;

struct RotatedKey {
  VerifierKey key;
  bool was_done = false;  // by an earlier call: the ledger has not recorded it yet
};

// Rotates `key_path`, whose key must be the last of `keys`, the ledger's history. An interrupted rotation is continued
// where it stopped, with the key that it had made; one that the ledger has not recorded is left as it is (was_done).
// The files of a rotation that the ledger has recorded are removed. kNotPermitted for a key file that is not the
// ledger's, naming both keys, and for one that must not be used (SigningKey::Load). kUnknownOutcome when a step was
// done and a crash may undo it: the next call goes on from there. Run it as the owner of the files.
Result<RotatedKey> RotateKeyFile(const std::string& key_path, const KeyHistory& keys, const RotationHook& hook);

}  // namespace envledger
