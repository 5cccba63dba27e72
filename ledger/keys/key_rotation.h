// Rotating a key file: the part of a rotation that only needs files. The daemon records the rotation at its next start.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"

namespace envledger {

// Called before (`done` false) and after each step that changes a file. When it returns an error, the rotation stops
// there with that status, as if it were killed. May be empty.
using RotationHook = std::function<Status(std::string_view step, bool done)>;

struct RotatedKey {
  VerifierKey key;
  bool was_done = false;  // an earlier call has made it; the ledger has not recorded it yet
};

// Rotates `key_path`, whose key must be the last of `keys`, the ledger's history. An interrupted rotation continues
// where it stopped, with the key that it had made. A rotation that the ledger has not recorded is left as it is
// (was_done); the files of one that it has recorded are removed. kNotPermitted when the key file does not hold the
// ledger's key (the message names both), or must not be used (SigningKey::Load). kUnknownOutcome when a step was done
// but a crash may undo it: the next call goes on from there. Run it as the owner of the files.
Result<RotatedKey> RotateKeyFile(const std::string& key_path, const KeyHistory& keys, const RotationHook& hook);

}  // namespace envledger
