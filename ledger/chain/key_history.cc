#include "ledger/chain/key_history.h"

#include <algorithm>
#include <array>

namespace envledger {
namespace {

constexpr std::string_view kRotationTitle = "envledger key rotation v1";

std::string IdOf(const VerifierKey& key) {
  const std::string vkey = FormatVerifierKey(key);
  return vkey.substr(0, vkey.find('+', key.name.size() + 1));
}

Status NoRotation(const std::string& why) { return InvalidArgument("not a key rotation: " + why); }

// The four lines of the text.
Result<std::array<std::string_view, 4>> LinesOf(std::string_view text) {
  std::array<std::string_view, 4> lines;
  for (std::string_view& line : lines) {
    const size_t end = text.find('\n');
    if (end == text.npos) return NoRotation("it has fewer than four lines");
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (!text.empty()) return NoRotation("it has more than four lines");
  return lines;
}

std::string SignatureBy(const Note& note, const VerifierKey& key) {
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name == key.name && signature.key_id == key.key_id) return signature.signature;
  }
  return {};
}

}  // namespace

std::string RotationText(std::string_view origin, std::string_view old_key, std::string_view new_key) {
  std::string text(kRotationTitle);
  text.append("\n").append(origin);
  text.append("\n").append(Base64(old_key));
  text.append("\n").append(Base64(new_key)).append("\n");
  return text;
}

KeyRotated MakeRotation(std::string_view origin, const SigningKey& old_key, const SigningKey& new_key) {
  const std::string text = RotationText(origin, old_key.public_key(), new_key.public_key());
  return {old_key.public_key(), new_key.public_key(), old_key.Sign(text), new_key.Sign(text)};
}

Status CheckRotation(std::string_view origin, const KeyRotated& rotation) {
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey old_key, MakeVerifierKey(origin, rotation.old_key));
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey new_key, MakeVerifierKey(origin, rotation.new_key));
  const std::string text = RotationText(origin, rotation.old_key, rotation.new_key);
  const std::string what = "the rotation from " + IdOf(old_key) + " to " + IdOf(new_key);
  if (!VerifyEd25519(rotation.old_key, text, rotation.signature)) {
    return Corruption(what + " is not signed by the old key");
  }
  if (!VerifyEd25519(rotation.new_key, text, rotation.acceptance)) {
    return Corruption(what + " is not accepted by the new key");
  }
  return Ok();
}

std::string RotationNote(std::string_view origin, const KeyRotated& rotation) {
  return JoinNote(RotationText(origin, rotation.old_key, rotation.new_key),
                  {{std::string(origin), MakeVerifierKey(origin, rotation.old_key)->key_id, rotation.signature},
                   {std::string(origin), MakeVerifierKey(origin, rotation.new_key)->key_id, rotation.acceptance}});
}

Result<KeyRotated> ReadRotationNote(std::string_view note_bytes, std::string_view origin) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Note note, ParseNote(note_bytes));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto lines, LinesOf(note.text));
  if (lines[0] != kRotationTitle) return NoRotation("its first line is not \"" + std::string(kRotationTitle) + "\"");
  if (lines[1] != origin) {
    return NoRotation("it is for the ledger " + Quoted(lines[1]) + ", not for \"" + std::string(origin) + "\"");
  }
  KeyRotated rotation;
  rotation.old_key = ParseBase64(lines[2]).value_or("");
  rotation.new_key = ParseBase64(lines[3]).value_or("");
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey old_key, MakeVerifierKey(origin, rotation.old_key));
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey new_key, MakeVerifierKey(origin, rotation.new_key));
  rotation.signature = SignatureBy(note, old_key);
  rotation.acceptance = SignatureBy(note, new_key);
  ENVLEDGER_RETURN_IF_ERROR(CheckRotation(origin, rotation));
  return rotation;
}

Result<KeyHistory> KeyHistory::From(const Genesis& genesis, Nanos recorded_at) {
  ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey key, MakeVerifierKey(genesis.origin, genesis.public_key));
  KeyHistory history;
  history.keys_.push_back({std::move(key), 0, recorded_at});
  return history;
}

Status KeyHistory::Add(uint64_t seq, Nanos recorded_at, const KeyRotated& rotation) {
  const VerifierKey& now = current().key;
  if (rotation.old_key != now.public_key) {
    const auto named = MakeVerifierKey(origin(), rotation.old_key);
    return Corruption("it rotates away from " + (named.ok() ? FormatVerifierKey(*named) : "no key at all") +
                      ", but the key in force is " + FormatVerifierKey(now));
  }
  auto next = MakeVerifierKey(origin(), rotation.new_key);
  if (!next.ok()) return Corruption("its new key is invalid: " + next.status().message());
  for (const HistoricKey& before : keys_) {
    if (before.key.key_id == next->key_id) {
      return Corruption("its new key " + FormatVerifierKey(*next) + " was in force before, or has the key id of " +
                        FormatVerifierKey(before.key));
    }
  }
  ENVLEDGER_RETURN_IF_ERROR(CheckRotation(origin(), rotation));
  keys_.push_back({*std::move(next), seq, recorded_at});
  return Ok();
}

size_t KeyHistory::IndexAt(uint64_t size) const {
  // The last key whose seq is below the size; for the empty tree, the first key.
  const auto after =
      std::partition_point(keys_.begin() + 1, keys_.end(), [size](const HistoricKey& key) { return key.seq < size; });
  return static_cast<size_t>(after - keys_.begin()) - 1;
}

size_t KeyHistory::IndexOf(const VerifierKey& key) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&key](const HistoricKey& historic) { return historic.key == key; });
  return static_cast<size_t>(found - keys_.begin());
}

bool NoteSigners::By(size_t index) const { return std::binary_search(valid.begin(), valid.end(), index); }

NoteSigners SignersOf(const Note& note, const KeyHistory& history, uint64_t size) {
  NoteSigners signers;
  for (size_t i = 0; i < history.keys().size() && history.keys()[i].seq <= size; ++i) {
    Status status = VerifyNote(note, history.keys()[i].key);
    if (status.ok()) signers.valid.push_back(i);
    if (status.code() == Code::kCorruption && signers.status.ok()) signers.status = std::move(status);
  }
  return signers;
}

Result<Checkpoint> OpenCheckpoint(std::string_view note_bytes, const KeyHistory& history) {
  Note note;
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint unchecked, ReadCheckpointNote(note_bytes, &note));
  ENVLEDGER_RETURN_IF_ERROR(SignersOf(note, history).status);
  return OpenCheckpoint(note_bytes, history.KeyAt(unchecked.size));
}

Result<Genesis> GenesisOf(std::string_view entry_bytes, EntryHeader* header) {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(entry_bytes));
  const Genesis* genesis = entry.event ? std::get_if<Genesis>(&*entry.event) : nullptr;
  if (genesis == nullptr || entry.header.seq != 0) return Corruption("entry 0 is not a genesis");
  if (genesis->format_version != kFormatVersion) {
    return InvalidArgument("the ledger has format version " + std::to_string(genesis->format_version) +
                           ", this program reads and writes " + std::to_string(kFormatVersion));
  }
  if (header != nullptr) *header = entry.header;
  return *genesis;
}

Status AddRotation(const EntryView& entry, KeyHistory& keys) {
  const std::string name = "entry " + std::to_string(entry.header.seq);
  const KeyRotated* rotated = entry.event ? std::get_if<KeyRotated>(&*entry.event) : nullptr;
  if (rotated == nullptr) return Corruption(name + " is not a key rotation");
  return keys.Add(entry.header.seq, entry.header.recorded_at, *rotated).Prepend(name + ": ");
}

}  // namespace envledger
