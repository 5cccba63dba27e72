// Where the standards leave room, reading is strict: a note has only one spelling, so that two readers never disagree
// about what was signed. Base64 must be canonical, a signature has at least one byte beside the key id, and nothing may
// follow the last line. Whatever the standards tell a reader to accept is accepted: blank lines in the text, signatures
// by unknown keys and of unknown types, extension lines of a checkpoint.
#include "ledger/chain/note.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

constexpr char kEd25519Type = 0x01;
constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kKeyIdBytes = 4;
constexpr std::string_view kSignaturePrefix = "\u2014 ";  // em dash, space

// The code points of Unicode's White_Space property beyond the control characters.
constexpr std::string_view kSpaces[] = {" ",      "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002",
                                        "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
                                        "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20; }

bool IsKeyName(std::string_view name) {
  if (name.empty() || !IsUtf8(name) || name.find('+') != name.npos) return false;
  if (std::any_of(name.begin(), name.end(), IsControl)) return false;
  return std::none_of(std::begin(kSpaces), std::end(kSpaces),
                      [name](std::string_view space) { return name.find(space) != name.npos; });
}

uint32_t KeyId(std::string_view name, std::string_view public_key) {
  return ReadU32(View(Sha256({name, "\n", std::string_view(&kEd25519Type, 1), public_key})));
}

std::string KeyIdHex(uint32_t key_id) {
  std::string bytes;
  AppendU32(bytes, key_id);
  return Hex(bytes);
}

// Takes the first line off `text`, without its newline. REQUIRES: text holds a newline.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// The line of a note, counted from 1, that an offset is in.
size_t LineOf(std::string_view bytes, size_t offset) {
  return 1 + static_cast<size_t>(std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(offset), '\n'));
}

Status BadNote(const std::string& why) { return InvalidArgument("not a signed note: " + why); }
Status BadNote(size_t line, const std::string& why) { return BadNote("line " + std::to_string(line) + ": " + why); }

Status CheckNoteBytes(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return BadNote("longer than " + std::to_string(kMaxNoteBytes) + " bytes");
  if (!IsUtf8(bytes)) return BadNote("not UTF-8");
  const auto control = std::find_if(bytes.begin(), bytes.end(), [](char c) { return IsControl(c) && c != '\n'; });
  if (control != bytes.end()) {
    const auto offset = static_cast<size_t>(control - bytes.begin());
    return BadNote(LineOf(bytes, offset), "control character 0x" + Hex({&*control, 1}));
  }
  if (bytes.empty() || bytes.back() != '\n') return BadNote("it does not end in a newline");
  return Ok();
}

Result<NoteSignature> ParseSignatureLine(std::string_view line, size_t number) {
  if (!line.starts_with(kSignaturePrefix)) {
    return BadNote(number, "a signature line begins with an em dash and a space");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == line.npos) return BadNote(number, "no space between the key name and the signature");
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!IsKeyName(signature.name)) return BadNote(number, "\"" + signature.name + "\" is not a key name");
  const std::optional<std::string> value = ParseBase64(line.substr(space + 1));
  if (!value) return BadNote(number, "the signature is not base64");
  if (value->size() <= kKeyIdBytes)
    return BadNote(number, "the signature is too short to hold a key id and a signature");
  signature.key_id = ReadU32(*value);
  signature.signature = value->substr(kKeyIdBytes);
  return signature;
}

Status BadCheckpoint(std::string_view why) { return InvalidArgument("not a checkpoint: " + std::string(why)); }

}  // namespace

Result<VerifierKey> MakeVerifierKey(std::string_view name, std::string_view public_key) {
  if (!IsKeyName(name)) {
    return InvalidArgument("\"" + std::string(name) +
                           "\" is not a key name: it must be UTF-8, not empty, without white space and \"+\"");
  }
  if (public_key.size() != kPublicKeyBytes) {
    return InvalidArgument("an Ed25519 public key has 32 bytes, not " + std::to_string(public_key.size()));
  }
  return VerifierKey{std::string(name), KeyId(name, public_key), std::string(public_key)};
}

Result<VerifierKey> ParseVerifierKey(std::string_view text) {
  const size_t first = text.find('+');  // the base64 may contain further ones
  const size_t second = first == text.npos ? text.npos : text.find('+', first + 1);
  if (second == text.npos) return InvalidArgument("a verifier key has the form <name>+<key id>+<key>");
  const std::optional<std::string> key_id = ParseHex(text.substr(first + 1, second - first - 1));
  if (!key_id || key_id->size() != kKeyIdBytes) return InvalidArgument("the key id is not 8 hexadecimal digits");
  const std::optional<std::string> typed_key = ParseBase64(text.substr(second + 1));
  if (!typed_key || typed_key->empty()) return InvalidArgument("the key is not base64");
  if (typed_key->front() != kEd25519Type) {
    return InvalidArgument("signature type 0x" + Hex(typed_key->substr(0, 1)) +
                           " is not supported, only 0x01 (Ed25519)");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey key, MakeVerifierKey(text.substr(0, first), typed_key->substr(1)));
  if (key.key_id != ReadU32(*key_id)) {
    return InvalidArgument("the key id is " + Hex(*key_id) + ", but that of this name and key is " +
                           KeyIdHex(key.key_id));
  }
  return key;
}

std::string FormatVerifierKey(const VerifierKey& key) {
  return key.name + "+" + KeyIdHex(key.key_id) + "+" + Base64(kEd25519Type + key.public_key);
}

Result<Note> ParseNote(std::string_view bytes) {
  ENVLEDGER_RETURN_IF_ERROR(CheckNoteBytes(bytes));
  const size_t separator = bytes.rfind("\n\n");
  if (separator == bytes.npos) return BadNote("no blank line between the text and the signatures");
  Note note;
  note.text = bytes.substr(0, separator + 1);
  std::string_view lines = bytes.substr(separator + 2);
  if (lines.empty()) return BadNote("no signature after the last blank line");
  for (size_t number = LineOf(bytes, separator + 2); !lines.empty(); ++number) {
    if (note.signatures.size() == kMaxNoteSignatures) {
      return BadNote(number, "more than " + std::to_string(kMaxNoteSignatures) + " signatures");
    }
    ENVLEDGER_ASSIGN_OR_RETURN(NoteSignature signature, ParseSignatureLine(TakeLine(lines), number));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

std::string JoinNote(std::string_view text, const std::vector<NoteSignature>& signatures) {
  std::string note(text);
  note += '\n';
  for (const NoteSignature& signature : signatures) {
    std::string value;
    AppendU32(value, signature.key_id);
    value += signature.signature;
    note.append(kSignaturePrefix).append(signature.name).append(" ").append(Base64(value)).append("\n");
  }
  return note;
}

std::string SignNote(std::string_view text, const std::vector<NoteSigner>& signers) {
  std::vector<NoteSignature> signatures;
  signatures.reserve(signers.size());
  for (const NoteSigner& signer : signers) {
    signatures.push_back({signer.key.name, signer.key.key_id, signer.signing_key->Sign(text)});
  }
  return JoinNote(text, signatures);
}

Status VerifyNote(const Note& note, const VerifierKey& key) {
  bool signed_by_key = false;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name != key.name || signature.key_id != key.key_id) continue;
    if (!VerifyEd25519(key.public_key, note.text, signature.signature)) {
      return Corruption("the signature by " + key.name + "+" + KeyIdHex(key.key_id) + " does not verify");
    }
    signed_by_key = true;
  }
  if (signed_by_key) return Ok();
  return NotFound("the note is not signed by " + key.name + "+" + KeyIdHex(key.key_id));
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + Base64(View(checkpoint.root)) + "\n";
}

Result<Checkpoint> ParseCheckpoint(std::string_view text) {
  if (text.empty() || text.back() != '\n') return BadCheckpoint("it does not end in a newline");
  if (text.front() == '\n') return BadCheckpoint("no origin in the first line");
  if (text.find("\n\n") != text.npos) return BadCheckpoint("it has an empty line");
  if (std::count(text.begin(), text.end(), '\n') < 3) return BadCheckpoint("it has fewer than three lines");
  Checkpoint checkpoint;
  checkpoint.origin = TakeLine(text);
  const std::optional<uint64_t> size = ParseDecimal(TakeLine(text));
  if (!size) return BadCheckpoint("the tree size in the second line is not a plain decimal number");
  const std::optional<std::string> root_bytes = ParseBase64(TakeLine(text));
  const std::optional<Hash> root = root_bytes ? HashFrom(*root_bytes) : std::nullopt;
  if (!root) return BadCheckpoint("the root in the third line is not 32 bytes in base64");
  checkpoint.size = *size;
  checkpoint.root = *root;
  return checkpoint;
}

Result<Checkpoint> ReadCheckpointNote(std::string_view bytes, Note* note) {
  ENVLEDGER_ASSIGN_OR_RETURN(Note parsed, ParseNote(bytes));
  ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  if (note != nullptr) *note = std::move(parsed);
  return checkpoint;
}

Result<Checkpoint> OpenCheckpoint(std::string_view note_bytes, const VerifierKey& key) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Note note, ParseNote(note_bytes));
  ENVLEDGER_RETURN_IF_ERROR(VerifyNote(note, key));  // first, so that a text that the key has not signed is not parsed
  ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(note.text));
  if (checkpoint.origin != key.name) {
    return InvalidArgument("the checkpoint has the origin \"" + checkpoint.origin + "\", not \"" + key.name + "\"");
  }
  return checkpoint;
}

}  // namespace envledger
