// Both formats are a header, one hash a line, an empty line, and the checkpoint up to the end of the file. One reader
// takes the lines and knows its line number, so that every error can name it. The checkpoint is kept as it is: only
// VerifyNote may judge it, because a second, laxer parser of notes could disagree with it.
#include "ledger/chain/tlog_proof.h"

#include <algorithm>
#include <utility>

namespace envledger {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::string_view kOld = "old ";

// Takes lines from the front of a text.
class Lines {
 public:
  explicit Lines(std::string_view bytes, std::string_view format) : rest_(bytes), format_(format) {}

  // The next line without its newline. kInvalidArgument when the text ends before that.
  Result<std::string_view> Take(std::string_view expected) {
    ++number_;
    const size_t end = rest_.find('\n');
    if (end == rest_.npos) {
      return Bad(rest_.empty() ? "the text ends where " + std::string(expected) + " should be"
                               : "the text ends in the middle of this line");
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (!line.empty() && line.back() == '\r') return Bad("it ends in CR LF; lines must end in LF alone");
    return line;
  }

  bool NextStartsWith(std::string_view prefix) const { return rest_.starts_with(prefix); }
  std::string_view rest() const { return rest_; }

  // About the line taken last.
  Status Bad(const std::string& why) const {
    return InvalidArgument("not " + std::string(format_) + ": line " + std::to_string(number_) + ": " + why);
  }
  Status Unexpected(std::string_view line, std::string_view expected) const {
    return Bad("expected " + std::string(expected) + ", not " + Quoted(line));
  }

 private:
  std::string_view rest_;
  const std::string_view format_;
  size_t number_ = 0;
};

// A line of `prefix` and a decimal number.
Result<uint64_t> TakeNumber(Lines& lines, std::string_view prefix) {
  const std::string expected = "\"" + std::string(prefix) + "\" and a plain decimal number";
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view line, lines.Take(expected));
  if (!line.starts_with(prefix)) return lines.Unexpected(line, expected);
  const std::optional<uint64_t> number = ParseDecimal(line.substr(prefix.size()));
  if (!number) return lines.Unexpected(line, expected);
  return *number;
}

// The lines of hashes and the empty line after them.
Result<Proof> TakeHashes(Lines& lines, size_t limit) {
  Proof hashes;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view line, lines.Take("a hash or the empty line"));
    if (line.empty()) return hashes;
    const std::optional<std::string> bytes = ParseBase64(line);
    const std::optional<Hash> hash = bytes ? HashFrom(*bytes) : std::nullopt;
    if (!hash) return lines.Unexpected(line, "a hash, 32 bytes in base64, or an empty line");
    if (hashes.size() == limit) return lines.Bad("more than " + std::to_string(limit) + " hashes");
    hashes.push_back(*hash);
  }
}

Result<std::string> TakeCheckpoint(const Lines& lines) {
  if (lines.rest().empty()) return lines.Bad("no checkpoint after the empty line");
  if (lines.rest().size() > kMaxNoteBytes) {
    return lines.Bad("the checkpoint after it is longer than " + std::to_string(kMaxNoteBytes) + " bytes");
  }
  return std::string(lines.rest());
}

std::string HashLines(const Proof& hashes) {
  std::string text;
  for (const Hash& hash : hashes) text += Base64(View(hash)) + "\n";
  return text;
}

}  // namespace

std::string FormatTlogProof(const TlogProof& proof) {
  std::string text = std::string(kHeader) + "\n";
  if (proof.extra) text += std::string(kExtra) + Base64(*proof.extra) + "\n";
  text += std::string(kIndex) + std::to_string(proof.index) + "\n";
  return text + HashLines(proof.hashes) + "\n" + proof.checkpoint;
}

std::string FormatAddCheckpoint(const AddCheckpoint& body) {
  return std::string(kOld) + std::to_string(body.old_size) + "\n" + HashLines(body.hashes) + "\n" + body.checkpoint;
}

Result<TlogProof> ParseTlogProof(std::string_view bytes) {
  Lines lines(bytes, "a tlog-proof");
  const std::string header = "\"" + std::string(kHeader) + "\"";
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view first, lines.Take(header));
  if (first != kHeader) return lines.Unexpected(first, header);
  TlogProof proof;
  if (lines.NextStartsWith(kExtra)) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view line, lines.Take("extra data"));
    proof.extra = ParseBase64(line.substr(kExtra.size()));
    if (!proof.extra || proof.extra->empty()) return lines.Bad("the extra data is not base64, or empty");
    if (proof.extra->size() > kMaxTlogProofExtra) {
      return lines.Bad("more than " + std::to_string(kMaxTlogProofExtra) + " bytes of extra data");
    }
  }
  ENVLEDGER_ASSIGN_OR_RETURN(proof.index, TakeNumber(lines, kIndex));
  ENVLEDGER_ASSIGN_OR_RETURN(proof.hashes, TakeHashes(lines, kMaxTlogProofHashes));
  ENVLEDGER_ASSIGN_OR_RETURN(proof.checkpoint, TakeCheckpoint(lines));
  return proof;
}

Result<AddCheckpoint> ParseAddCheckpoint(std::string_view bytes) {
  Lines lines(bytes, "a consistency proof");
  AddCheckpoint body;
  ENVLEDGER_ASSIGN_OR_RETURN(body.old_size, TakeNumber(lines, kOld));
  ENVLEDGER_ASSIGN_OR_RETURN(body.hashes, TakeHashes(lines, kMaxAddCheckpointHashes));
  ENVLEDGER_ASSIGN_OR_RETURN(body.checkpoint, TakeCheckpoint(lines));
  return body;
}

ProofKind ProofKindOf(std::string_view bytes) {
  if (bytes.starts_with(kHeader)) return ProofKind::kInclusion;
  if (bytes.starts_with(kOld)) return ProofKind::kConsistency;
  return ProofKind::kUnknown;
}

}  // namespace envledger
