// C2SP signed notes and verifier keys (c2sp.org/signed-note), and checkpoints (c2sp.org/tlog-checkpoint).
//
// Whatever the standards tell a reader to accept is accepted: blank lines inside the text, signatures by unknown keys
// and of unknown types, extension lines. Where they leave room, reading is strict, so that a note has only one
// spelling: base64 is canonical (padded, no spare bits), a signature has at least one byte beside its key id, control
// characters are those below U+0020, white space in names is Unicode's. Only signature type 0x01, Ed25519, is verified.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/ed25519.h"

namespace envledger {

inline constexpr size_t kMaxNoteBytes = 1'000'000;
inline constexpr size_t kMaxNoteSignatures = 16;

// A verifier key: "<name>+<key id in 8 hex digits>+<base64 of 0x01 || 32-byte public key>".
struct VerifierKey {
  std::string name;
  uint32_t key_id = 0;     // the first 4 bytes of SHA-256(name || "\n" || 0x01 || public key), big-endian
  std::string public_key;  // 32 bytes, Ed25519
  bool operator==(const VerifierKey&) const = default;
};

// The key of this name (an origin) and public key. kInvalidArgument when the name is empty, not UTF-8, or holds white
// space, control characters or "+".
Result<VerifierKey> MakeVerifierKey(std::string_view name, std::string_view public_key);
// kInvalidArgument, saying why: wrong form, unknown signature type, wrong length, a wrong key id.
Result<VerifierKey> ParseVerifierKey(std::string_view text);
std::string FormatVerifierKey(const VerifierKey& key);

struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  std::string signature;  // the bytes after the key id
};

// A parsed note. Its signatures have not been verified.
struct Note {
  std::string text;  // what is signed, including the last newline
  std::vector<NoteSignature> signatures;
};

// kInvalidArgument, saying what is wrong and where: not UTF-8, control characters other than newline, no blank line
// before the signatures, a malformed signature line, none or more than 16 of them, no final newline, too long.
Result<Note> ParseNote(std::string_view bytes);

// A note of `text` (which ends in a newline) with signature lines made elsewhere, in order.
std::string JoinNote(std::string_view text, const std::vector<NoteSignature>& signatures);

// Signs `text` (which ends in a newline). Each key adds a line, in order. REQUIRES: the names of `keys` match signers.
struct NoteSigner {
  VerifierKey key;
  const SigningKey* signing_key;  // not owned
};
std::string SignNote(std::string_view text, const std::vector<NoteSigner>& signers);

// Ok when at least one signature of the note is by `key` and verifies. Unknown signatures are ignored. kCorruption when
// a signature names this key (name and id) but does not verify; kNotFound (a wrong key) when no signature names it.
Status VerifyNote(const Note& note, const VerifierKey& key);

// A checkpoint's three lines.
struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root{};
  bool operator==(const Checkpoint&) const = default;
};
std::string FormatCheckpoint(const Checkpoint& checkpoint);
// The checkpoint in a note's text; extension lines after the third are allowed and ignored. kInvalidArgument otherwise:
// no origin, a size that is not plain decimal, a root that is not 32 bytes of strict base64, an empty line, no final
// newline.
Result<Checkpoint> ParseCheckpoint(std::string_view text);

// ParseNote, then ParseCheckpoint of its text: what a signed checkpoint claims; signatures are not verified. `note`
// (may be null) receives the note, for its signatures.
Result<Checkpoint> ReadCheckpointNote(std::string_view bytes, Note* note = nullptr);

// ReadCheckpointNote with VerifyNote between its two steps; the origin must be key.name. kNotFound for a wrong key, as
// from VerifyNote; kInvalidArgument for another origin.
Result<Checkpoint> OpenCheckpoint(std::string_view note_bytes, const VerifierKey& key);

}  // namespace envledger
