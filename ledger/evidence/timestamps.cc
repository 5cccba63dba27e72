#include "ledger/evidence/timestamps.h"

#include <algorithm>
#include <filesystem>

#include "ledger/crypto/sha256.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kCheckpointPage = 512;
constexpr unsigned kFileMode = 0644;  // others must be able to read evidence
constexpr char kNoteEnding[] = ".checkpoint";
constexpr char kAnswerEnding[] = ".tsr";

// Creates the file, unless it exists with these contents. kConflict when it exists with others.
Status PutOnce(const std::string& path, const std::string& contents) {
  Status created = CreateFileDurably(path, contents, kFileMode);
  if (created.code() != Code::kConflict) return created;
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string there, ReadFile(path, kMaxNoteBytes + kMaxTimestampBytes));
  // An earlier call may have created it without making it durable.
  return there == contents ? SyncDirectory(DirectoryOf(path)) : created;
}

Result<std::vector<std::string>> StemsOfAnswers(const std::string& directory) {
  std::vector<std::string> stems;
  std::error_code error;
  fs::directory_iterator file(directory, error);
  if (error == std::errc::no_such_file_or_directory) return stems;
  for (; !error && file != fs::directory_iterator(); file.increment(error)) {
    if (file->path().extension() == kAnswerEnding) stems.push_back(file->path().stem().string());
  }
  if (error) return Unavailable("cannot read directory " + directory + ": " + error.message());
  std::sort(stems.begin(), stems.end());
  return stems;
}

// The note that belongs to an answer.
Result<std::string> NoteBeside(const std::string& directory, const std::string& stem) {
  auto own = ReadFile(directory + "/" + stem + kNoteEnding, kMaxNoteBytes);
  const size_t dash = stem.find('-');
  if (own.ok() || own.status().code() != Code::kNotFound || dash == std::string::npos) return own;
  return ReadFile(directory + "/" + stem.substr(0, dash) + kNoteEnding, kMaxNoteBytes);
}

struct Stamped {
  std::string note;
  Timestamp timestamp;
};

Result<Stamped> CheckPair(const std::string& directory, const std::string& stem, const std::string& ca_pem) {
  Stamped stamped;
  auto note = NoteBeside(directory, stem);
  if (!note.ok()) return Corruption("the checkpoint that was stamped cannot be read: " + note.status().message());
  stamped.note = *std::move(note);
  auto response = ReadFile(directory + "/" + stem + kAnswerEnding, kMaxTimestampBytes);
  if (!response.ok()) return Corruption("it cannot be read: " + response.status().message());
  ENVLEDGER_ASSIGN_OR_RETURN(stamped.timestamp, VerifyTimestamp(*response, stamped.note, ca_pem));
  const auto checkpoint = ReadCheckpointNote(stamped.note);
  if (!checkpoint.ok()) return Corruption("the stamped note is not a checkpoint: " + checkpoint.status().message());
  return stamped;
}

std::string Summary(uint64_t count, uint64_t hold, const std::optional<Timestamp>& latest) {
  std::string text = std::to_string(hold) + " of " + std::to_string(count) + " timestamps hold";
  if (!latest) return text;
  return text + "; the latest is of " + FormatTime(latest->time) + " by " + latest->authority + ", serial " +
         latest->serial + ", and says nothing about later entries";
}

}  // namespace

Result<std::string> ReadCertificates(const std::vector<std::string>& paths) {
  std::string all;
  for (const std::string& path : paths) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path, kMaxCaBytes));
    if (Status checked = CheckCertificates(pem); !checked.ok()) return std::move(checked).Prepend(path + ": ");
    all += pem + "\n";
  }
  return all;
}

Result<std::string> StoreTimestamp(const std::string& directory, uint64_t size, const std::string& note,
                                   const std::string& response) {
  ENVLEDGER_RETURN_IF_ERROR(MakeDirectory(directory));
  const std::string first = directory + "/" + std::to_string(size);
  const std::string later = first + "-" + Hex(View(Sha256(response)).substr(0, 4));
  Status put = PutOnce(first + kNoteEnding, note);
  const bool same_note = put.ok();
  if (put.code() == Code::kConflict) put = PutOnce(later + kNoteEnding, note);
  ENVLEDGER_RETURN_IF_ERROR(std::move(put));
  if (same_note) {
    put = PutOnce(first + kAnswerEnding, response);
    if (put.ok()) return first + kAnswerEnding;
    if (put.code() != Code::kConflict) return put;
  }
  ENVLEDGER_RETURN_IF_ERROR(PutOnce(later + kAnswerEnding, response));
  return later + kAnswerEnding;
}

Result<std::string> FindStampedNote(LedgerReader& reader, const Hash& imprint) {
  CheckpointsRequest request;
  request.limit = kCheckpointPage;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const CheckpointsResponse page, reader.Checkpoints(request));
    for (const std::string& note : page.notes) {
      if (Sha256(note) == imprint) return note;
    }
    if (page.notes.empty()) {
      return NotFound(
          "the ledger has no checkpoint with the SHA-256 that was stamped (" + Hex(View(imprint)) +
          "); if the checkpoint got another signature after that, give the file that was written beside the "
          "request with --checkpoint");
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint last, ReadCheckpointNote(page.notes.back()));
    if (last.size == UINT64_MAX || last.size < request.from_size)
      return Internal("the ledger's checkpoints are not in ascending order");
    request.from_size = last.size + 1;
  }
}

Result<TimestampFindings> CheckTimestamps(const std::string& directory, const std::optional<std::string>& ca_pem) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<std::string> stems, StemsOfAnswers(directory));
  TimestampFindings findings;
  findings.count = stems.size();
  if (!ca_pem) {
    findings.summary =
        std::to_string(findings.count) + " timestamps, not checked: give the trusted authorities with --tsa-ca";
    return findings;
  }
  std::optional<Timestamp> latest;
  for (const std::string& stem : stems) {
    auto stamped = CheckPair(directory, stem, *ca_pem);
    if (!stamped.ok()) {
      const bool stranger = stamped.status().code() == Code::kNotFound;
      findings.failures.push_back({std::nullopt, "timestamp",
                                   "timestamp " + stem + kAnswerEnding + ": " + stamped.status().message(),
                                   stranger ? Verdict::kWrongKey : Verdict::kTampered});
      continue;
    }
    findings.anchors.push_back(
        {.note = std::move(stamped->note),
         .where = "stamped by " + stamped->timestamp.authority + " at " + FormatTime(stamped->timestamp.time),
         .anchor = true});
    if (!latest || stamped->timestamp.time > latest->time) latest = stamped->timestamp;
  }
  findings.summary = Summary(findings.count, findings.anchors.size(), latest);
  return findings;
}

}  // namespace envledger
