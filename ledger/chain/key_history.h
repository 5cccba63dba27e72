// The keys of a ledger, one after the other: how each hands over to the next, and which one signs at which size.
// FORMAT.md section 5.3.
//
// A rotation is signed by both of its keys over the same text. The old key's signature lets a reader who knows the old
// key go on to the new one. The new key's signature lets a reader who knows the new key go back, and keeps anybody from
// writing a history that ends in a key without having its private half.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/note.h"
#include "ledger/codec/entry.h"
#include "ledger/crypto/ed25519.h"

namespace envledger {

// The text that both keys sign. Keys are raw, of 32 bytes. No checkpoint has this text, because an origin has no
// spaces.
std::string RotationText(std::string_view origin, std::string_view old_key, std::string_view new_key);

KeyRotated MakeRotation(std::string_view origin, const SigningKey& old_key, const SigningKey& new_key);
// Ok when both signatures verify. kCorruption, naming the one that does not, otherwise; kInvalidArgument for malformed
// keys.
Status CheckRotation(std::string_view origin, const KeyRotated& rotation);

// A rotation that no entry records yet, as a C2SP signed note of the text with a signature line by each key, and back.
// ReadRotationNote: kInvalidArgument for another text or another origin, otherwise errors of CheckRotation.
std::string RotationNote(std::string_view origin, const KeyRotated& rotation);
Result<KeyRotated> ReadRotationNote(std::string_view note_bytes, std::string_view origin);

struct HistoricKey {
  VerifierKey key;
  // The entry that put the key in force (genesis or key_rotated), and when it was recorded. The key signs checkpoints
  // larger than `seq`, up to and including the seq of the next key.
  uint64_t seq = 0;
  Nanos recorded_at = 0;
};

// A value type; not thread-safe.
class KeyHistory {
 public:
  // kInvalidArgument when the genesis names no usable origin or key.
  static Result<KeyHistory> From(const Genesis& genesis, Nanos recorded_at);

  // Adds the next rotation, that of entry `seq`. kCorruption, changing nothing, when its old key is not the one in
  // force, its new key (or its key id) was in force before, or a signature does not verify. REQUIRES: seq is above that
  // of the last rotation.
  Status Add(uint64_t seq, Nanos recorded_at, const KeyRotated& rotation);

  const std::string& origin() const { return keys_.front().key.name; }
  // In the order in which they came into force; never empty.
  const std::vector<HistoricKey>& keys() const { return keys_; }
  const HistoricKey& current() const { return keys_.back(); }
  // Which of keys() signs a checkpoint of this size.
  size_t IndexAt(uint64_t size) const;
  const VerifierKey& KeyAt(uint64_t size) const { return keys_[IndexAt(size)].key; }
  // The index of this key in keys(); keys().size() when it is not one of them.
  size_t IndexOf(const VerifierKey& key) const;

 private:
  KeyHistory() = default;
  std::vector<HistoricKey> keys_;
};

// The genesis in entry 0. kCorruption when the entry is not a genesis, kInvalidArgument for an unknown format version;
// `header` (may be null) receives its header.
Result<Genesis> GenesisOf(std::string_view entry_bytes, EntryHeader* header);

// KeyHistory::Add of an entry that must be a key_rotated. kCorruption, naming the entry, when it is not one or does not
// follow.
Status AddRotation(const EntryView& entry, KeyHistory& keys);

// Who signed a checkpoint's note, according to a history of keys.
struct NoteSigners {
  Status status;              // kCorruption when a line that names a key of the history does not verify
  std::vector<size_t> valid;  // which of keys() have signed, ascending
  bool By(size_t index) const;
  bool ByThisOrLater(size_t index) const { return !valid.empty() && valid.back() >= index; }
};
// `size`: that of a checkpoint, to leave out the keys that no entry names until after the one that follows it.
NoteSigners SignersOf(const Note& note, const KeyHistory& history, uint64_t size = UINT64_MAX);

// Opens a checkpoint by the key in force at its size, as OpenCheckpoint does, and also checks the lines by all other
// keys of the history. kNotFound when the key in force has not signed, kCorruption when a line does not verify.
Result<Checkpoint> OpenCheckpoint(std::string_view note_bytes, const KeyHistory& history);

}  // namespace envledger
