// What a file can hold, and what follows:
//
//                              at start                      before a signature
//   nothing                    written anew, with a warning  written
//   what we put there          -                             written
//   an earlier one of the log  written anew                  written, with a warning
//   one that the log cannot    refuses to start              nothing is signed any more
//   have signed
//   no checkpoint of ours      refuses to start              left alone, reported
//
// A file is only ever replaced when what it says is known to be in the log: what shows that something is wrong must not
// be overwritten by the very thing that is wrong.
#include "ledger/service/publisher.h"

#include "ledger/base/file.h"
#include "ledger/base/log.h"

namespace envledger {
namespace {

constexpr unsigned kMode = 0644;

Status Damaged(const std::string& what) {
  return Corruption(what + ". Nothing was changed; run `envledger verify --data-dir` for the whole report");
}

// The checkpoint of a note that a key of the history, or `own`, has signed.
Result<Checkpoint> OpenByAny(std::string_view note_bytes, const KeyHistory& keys, const VerifierKey* own) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Note note, ParseNote(note_bytes));
  ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(note.text));
  if (checkpoint.origin != keys.origin()) {
    return InvalidArgument("the checkpoint is of \"" + checkpoint.origin + "\", not of \"" + keys.origin() + "\"");
  }
  const NoteSigners signers = SignersOf(note, keys);
  ENVLEDGER_RETURN_IF_ERROR(signers.status);
  if (!signers.valid.empty() || (own != nullptr && VerifyNote(note, *own).ok())) return checkpoint;
  return NotFound("the note is not signed by " + FormatVerifierKey(keys.current().key));
}

// Ok when the log has signed this checkpoint. `path` is for the message.
Status CheckInLog(const LogDb& log, const Checkpoint& checkpoint, const KeyHistory& keys, const std::string& path) {
  const std::string size = std::to_string(checkpoint.size);
  ENVLEDGER_ASSIGN_OR_RETURN(const auto stored, log.Checkpoints(checkpoint.size, 1));
  if (stored.empty() || stored.front().size != checkpoint.size) {
    return Corruption("the log holds no checkpoint of size " + size + ", but " + path +
                      " is one: the log was cut or replaced by an older copy");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint same, OpenCheckpoint(stored.front().note, keys));
  if (same == checkpoint) return Ok();
  return Corruption("TAMPERED: the stored checkpoint of size " + size + " has another root than " + path);
}

}  // namespace

Publisher::Publisher(const LogDb& log, std::string path, const std::vector<std::string>& copies, CheckpointHook hook)
    : log_(log), hook_(std::move(hook)) {
  places_.push_back({.path = std::move(path), .copy = false, .known = {}, .foreign = false, .problem = {}});
  for (const std::string& copy : copies) {
    places_.push_back({.path = copy, .copy = true, .known = {}, .foreign = false, .problem = {}});
  }
}

Status Publisher::Write(Place& place, std::string_view note) {
  place.problem = WriteFileDurably(place.path, note, kMode);
  if (place.problem.ok()) {
    place.known = note;
  } else {
    Log(LogLevel::kError, "the checkpoint could not be published: " + place.problem.ToString());
  }
  return place.problem;
}

Status Publisher::Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                          const VerifierKey& own) {
  // All are compared before any is written.
  for (Place& place : places_) ENVLEDGER_RETURN_IF_ERROR(ComparePlace(place, latest, latest_note, keys, own));
  for (Place& place : places_) {
    if (place.known == latest_note || !place.problem.ok()) continue;
    const Status written = Write(place, latest_note);
    if (!written.ok() && !place.copy) return written;
  }
  return Ok();
}

Status Publisher::ComparePlace(Place& place, const Checkpoint& latest, std::string_view latest_note,
                               const KeyHistory& keys, const VerifierKey& own) const {
  auto bytes = ReadFile(place.path, kMaxNoteBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) {
    Log(LogLevel::kWarning,
        "no published checkpoint at " + place.path + " to compare the ledger with; it is published anew");
    return Ok();
  }
  if (!bytes.ok() && place.copy && bytes.status().code() == Code::kUnavailable) {
    place.problem = bytes.status();
    Log(LogLevel::kError, "a copy of the checkpoint cannot be compared with the ledger: " + place.problem.ToString());
    return Ok();
  }
  ENVLEDGER_RETURN_IF_ERROR(bytes.status());
  place.known = *bytes;
  if (*bytes == latest_note) return Ok();
  const auto published = OpenByAny(*bytes, keys, &own);
  if (!published.ok()) {
    return Damaged("the published checkpoint " + place.path +
                   " is not this ledger's: " + published.status().ToString());
  }
  if (published->size > log_.size()) {
    return Damaged("TRUNCATED: the published checkpoint " + place.path + " vouches for " +
                   std::to_string(published->size) + " entries, but the log ends after " + std::to_string(log_.size()));
  }
  if (*published == latest) return Ok();  // with other signature lines
  const Status known = CheckInLog(log_, *published, keys, place.path);
  return known.code() == Code::kCorruption ? Damaged(known.message()) : known;
}

Status Publisher::CheckUndisputed(const Checkpoint& next, const KeyHistory& keys) {
  for (Place& place : places_) ENVLEDGER_RETURN_IF_ERROR(CheckPlace(place, next, keys));
  return Ok();
}

Status Publisher::CheckPlace(Place& place, const Checkpoint& next, const KeyHistory& keys) const {
  place.foreign = false;
  const auto bytes = ReadFile(place.path, kMaxNoteBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return Ok();
  if (!bytes.ok() && bytes.status().code() != Code::kResourceExhausted) {
    place.problem = bytes.status();
    return Ok();  // writing it will fail, too, or make it good
  }
  if (bytes.ok() && *bytes == place.known) return Ok();
  const auto found = bytes.ok() ? OpenByAny(*bytes, keys, nullptr) : Result<Checkpoint>(bytes.status());
  if (!found.ok()) {
    place.foreign = true;
    place.problem = Conflict(
        "published",
        place.path + " is not this ledger's checkpoint any more, and is left as it is: " + found.status().message());
    Log(LogLevel::kError, "the checkpoint is not published: " + place.problem.message());
    return Ok();
  }
  Status known;
  if (found->size > next.size) {
    known = Corruption(place.path + " is a checkpoint of " + std::to_string(found->size) +
                       " entries, signed by the ledger's key, but this log has " + std::to_string(next.size));
  } else if (!(*found == next)) {
    known = CheckInLog(log_, *found, keys, place.path);
  }
  if (known.ok()) {
    Log(LogLevel::kWarning, place.path + " held another checkpoint of this log than the last one published");
    return Ok();
  }
  return Corruption("another daemon signs with this ledger's key, or " + place.path +
                    " was replaced; no more checkpoints are signed: " + known.message());
}

Status Publisher::Publish(const Checkpoint& checkpoint, const std::string& note) {
  if (hook_) hook_(checkpoint, note);
  for (Place& place : places_) {
    if (!place.foreign) static_cast<void>(Write(place, note));  // kept in place.problem
  }
  return places_.front().problem;
}

Status Publisher::problem() const {
  for (const Place& place : places_) {
    if (!place.problem.ok()) return place.problem;
  }
  return Ok();
}

}  // namespace envledger
