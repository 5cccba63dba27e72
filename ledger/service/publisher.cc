// What a file may contain, and what is done about it:
//
//                               at start                  before a signature
//   no file                     written, with a warning   written
//   what we wrote last          -                         overwritten
//   an earlier checkpoint of    overwritten               overwritten, with a warning
//     this log
//   a checkpoint that the log   the start is refused      signing ends for good
//     cannot have signed
//   no checkpoint of ours       the start is refused      left alone, reported
//
// A file is replaced only when the checkpoint in it is known to be in the log. Otherwise the file is evidence that
// something is wrong, and the faulty ledger must not overwrite it.
//
// All copies are read at the same time, then all are written at the same time, each on its own thread; the caller waits
// for all of them together. A copy that does not answer in time is skipped: it is neither waited for nor called again
// until its call returns. What that call read is then judged as usual, and the copy gets the latest checkpoint.
#include "ledger/service/publisher.h"

#include <utility>

#include "ledger/base/log.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr unsigned kMode = 0644;

FileCalls SystemCalls() {
  return {[](const std::string& path) { return ReadRegularFile(path, kMaxNoteBytes); },
          [](const std::string& path, const std::string& note) { return WriteFileDurably(path, note, kMode); }};
}

// The checkpoint in a note that a key of the history, or `own`, has signed.
Result<Checkpoint> OpenByAny(std::string_view note_bytes, const KeyHistory& keys, const VerifierKey* own) {
  Note note;
  ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpointNote(note_bytes, &note));
  if (checkpoint.origin != keys.origin()) {
    return InvalidArgument("the checkpoint belongs to \"" + checkpoint.origin + "\", not to \"" + keys.origin() + "\"");
  }
  const NoteSigners signers = SignersOf(note, keys);
  ENVLEDGER_RETURN_IF_ERROR(signers.status);
  if (!signers.valid.empty() || (own != nullptr && VerifyNote(note, *own).ok())) return checkpoint;
  return NotFound("the note is not signed by " + FormatVerifierKey(keys.current().key));
}

// Ok when this checkpoint is in the log. `path` is used in the message.
Status CheckInLog(const LogDb& log, const Checkpoint& checkpoint, const KeyHistory& keys, const std::string& path) {
  const std::string size = std::to_string(checkpoint.size);
  ENVLEDGER_ASSIGN_OR_RETURN(const auto stored, log.Checkpoints(checkpoint.size, 1));
  if (stored.empty() || stored.front().size != checkpoint.size) {
    return {Verdict::kTampered, "the log holds no checkpoint of size " + size + ", but " + path +
                                    " does: the log was cut or replaced by an older copy"};
  }
  const auto same = OpenCheckpoint(stored.front().note, keys);
  if (!same.ok()) return {Verdict::kTampered, "the stored checkpoint of size " + size + ": " + same.status().message()};
  if (*same == checkpoint) return Ok();
  return {Verdict::kTampered, "the stored checkpoint of size " + size + " has another root than the one in " + path};
}

}  // namespace

Status Damaged(Verdict verdict, const std::string& what) {
  return {verdict, what + ". Nothing was changed; run `envledger verify --data-dir` for the whole report"};
}

Publisher::Publisher(const LogDb& log, const PublisherOptions& options, Clock& clock)
    : log_(log), clock_(clock), patience_(options.copy_patience), hook_(options.on_signed) {
  places_.emplace_back().path = options.publish_path;
  for (const std::string& path : options.copies) {
    Place& place = places_.emplace_back();
    place.path = path;
    place.copy = std::make_unique<DetachedFile>(path, options.copy_calls.read ? options.copy_calls : SystemCalls());
  }
}

// --- calls ---

Publisher::Deadline Publisher::BeginReads() {
  for (Place& place : places_) {
    if (place.copy == nullptr || !place.copy->free()) continue;
    place.called_at = clock_.Now();
    place.copy->BeginRead();
  }
  return std::chrono::steady_clock::now() + patience_;
}

// Reads the place. REQUIRES: BeginReads was called.
Result<std::string> Publisher::Read(Place& place, Deadline deadline) {
  place.replaceable = true;
  if (place.copy == nullptr) return ReadRegularFile(place.path, kMaxNoteBytes);
  for (;;) {
    auto call = Take(place, deadline);
    if (!call) {
      place.replaceable = false;
      return place.problem;
    }
    if (!call->write && call->status.ok()) return std::move(call->contents);
    if (!call->write) return std::move(call->status);
    Written(place, call->contents, std::move(call->status));  // a write of an earlier checkpoint that had hung
    place.called_at = clock_.Now();
    place.copy->BeginRead();
  }
}

// What the call on a copy returned. Nothing, with the problem reported, when it has not returned.
std::optional<DetachedFile::Call> Publisher::Take(Place& place, Deadline deadline) {
  auto call = place.copy->Take(place.hangs ? Deadline() : deadline);
  if (!call) {
    if (!std::exchange(place.hangs, true)) place.problem = Ok();  // a hang is reported even after another problem
    Report(place, Unavailable(place.path + " has not answered since " + FormatTime(place.called_at) +
                              ": its directory hangs, and this copy is skipped until it answers"));
  } else if (std::exchange(place.hangs, false)) {
    place.problem = Ok();
    Log(LogLevel::kInfo, place.path + " answers again");
  }
  return call;
}

void Publisher::Write(const std::string& note) {
  const auto lacks = [&](const Place& place) {
    return place.replaceable && (place.known != note || !place.problem.ok());
  };
  std::vector<Place*> begun;
  for (Place& place : places_) {
    if (place.copy == nullptr || !lacks(place) || !place.copy->free()) continue;
    place.called_at = clock_.Now();
    place.copy->BeginWrite(note);
    begun.push_back(&place);
  }
  const Deadline deadline = std::chrono::steady_clock::now() + patience_;
  Place& published = places_.front();
  if (lacks(published)) Written(published, note, WriteFileDurably(published.path, note, kMode));
  for (Place* place : begun) {
    if (auto call = Take(*place, deadline)) Written(*place, note, std::move(call->status));
  }
}

void Publisher::Written(Place& place, const std::string& note, Status status) {
  // When only its durability is in doubt, the file holds the note now; it stays a problem until it is written again.
  if (status.code() == Code::kUnknownOutcome) place.known = note;
  if (!status.ok()) return Report(place, std::move(status));
  if (!place.problem.ok()) Log(LogLevel::kInfo, "the checkpoint is published at " + place.path + " again");
  place.problem = Ok();
  place.known = note;
}

// Logs a problem once, however often the same step is tried again.
void Publisher::Report(Place& place, Status problem) {
  if (problem.code() != place.problem.code()) {
    Log(LogLevel::kError, "the checkpoint is not published everywhere: " + problem.ToString());
  }
  place.problem = std::move(problem);
}

// --- at start ---

Status Publisher::Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                          const VerifierKey& own, AcceptedLoss* loss) {
  const Deadline deadline = BeginReads();
  // All are compared before any is overwritten.
  for (Place& place : places_) {
    ENVLEDGER_RETURN_IF_ERROR(ComparePlace(place, Read(place, deadline), latest, latest_note, keys, own, loss));
  }
  return PublishAgain(std::string(latest_note));
}

Status Publisher::ComparePlace(Place& place, const Result<std::string>& bytes, const Checkpoint& latest,
                               std::string_view latest_note, const KeyHistory& keys, const VerifierKey& own,
                               AcceptedLoss* loss) const {
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) {
    Log(LogLevel::kWarning,
        "no published checkpoint at " + place.path + " to compare the ledger with; it is published again");
    return Ok();
  }
  const bool no_note = bytes.status().code() == Code::kCorruption || bytes.status().code() == Code::kResourceExhausted;
  if (no_note && place.copy == nullptr) {
    return Damaged(Verdict::kTampered, "the published checkpoint is none: " + bytes.status().message());
  }
  if (!bytes.ok() && place.copy != nullptr && (no_note || bytes.status().code() == Code::kUnavailable)) {
    place.replaceable = false;
    if (place.hangs) return Ok();  // already reported
    place.problem = bytes.status();
    Log(LogLevel::kError, "a copy of the checkpoint cannot be compared with the ledger: " + place.problem.ToString());
    return Ok();
  }
  ENVLEDGER_RETURN_IF_ERROR(bytes.status());
  place.known = *bytes;
  if (*bytes == latest_note) return Ok();
  const auto published = OpenByAny(*bytes, keys, &own);
  if (!published.ok()) {
    return Damaged(
        published.status().code() == Code::kNotFound ? Verdict::kWrongKey : Verdict::kTampered,
        "the published checkpoint " + place.path + " does not belong to this ledger: " + published.status().ToString());
  }
  if (published->size > log_.size()) {
    if (loss != nullptr && loss->from == log_.size()) {
      // It is the signed evidence of what was lost.
      const std::string kept = place.path + ".before-loss";
      if (place.copy == nullptr) ENVLEDGER_RETURN_IF_ERROR(WriteFileDurably(kept, *bytes, kMode));
      loss->until = std::max(loss->until, published->size);
      Log(LogLevel::kWarning, "a loss is accepted: the published checkpoint " + place.path +
                                  ", which is replaced, had " + std::to_string(published->size) + " entries" +
                                  (place.copy == nullptr ? "; it is kept in " + kept : ""));
      return Ok();
    }
    return Damaged(Verdict::kTruncated, "the published checkpoint " + place.path + " vouches for " +
                                            std::to_string(published->size) + " entries, but the log ends after " +
                                            std::to_string(log_.size()));
  }
  if (*published == latest) return Ok();  // only the signature lines differ
  const Status known = CheckInLog(log_, *published, keys, place.path);
  return known.verdict() ? Damaged(*known.verdict(), known.message()) : known;
}

// --- before a signature ---

Status Publisher::CheckUndisputed(const Checkpoint& next, const KeyHistory& keys) {
  const Deadline deadline = BeginReads();
  for (Place& place : places_) {
    ENVLEDGER_RETURN_IF_ERROR(CheckPlace(place, Read(place, deadline), next, keys));
  }
  return Ok();
}

Status Publisher::CheckPlace(Place& place, const Result<std::string>& bytes, const Checkpoint& next,
                             const KeyHistory& keys) const {
  if (place.hangs) return Ok();
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) {
    place.known.clear();
    return Ok();
  }
  if (!bytes.ok() && bytes.status().code() != Code::kResourceExhausted) {
    Report(place, bytes.status());
    return Ok();  // writing it will fail as well, or repair it
  }
  if (bytes.ok() && *bytes == place.known) return Ok();
  const auto found = bytes.ok() ? OpenByAny(*bytes, keys, nullptr) : Result<Checkpoint>(bytes.status());
  if (!found.ok()) {
    place.replaceable = false;
    Report(place,
           Conflict("published", place.path + " no longer holds a checkpoint of this ledger, and is left unchanged: " +
                                     found.status().message()));
    return Ok();
  }
  Status known;
  if (found->size > next.size) {
    known = {Verdict::kTruncated, place.path + " holds a checkpoint of " + std::to_string(found->size) +
                                      " entries, signed by the ledger's key, but this log has " +
                                      std::to_string(next.size)};
  } else if (!(*found == next)) {
    known = CheckInLog(log_, *found, keys, place.path);
  }
  if (known.ok()) {
    place.known = *bytes;
    Log(LogLevel::kWarning, place.path + " held a checkpoint of this log, but not the last one published");
    return Ok();
  }
  if (!known.verdict()) return std::move(known).Prepend(place.path + " cannot be compared with the log: ");
  return std::move(known).Prepend("another daemon signs with this ledger's key, or " + place.path + " was replaced: ");
}

// --- publishing ---

Status Publisher::Publish(const Checkpoint& checkpoint, const std::string& note) {
  if (hook_) hook_(checkpoint, note);
  return PublishAgain(note);
}

Status Publisher::PublishAgain(const std::string& note) {
  Write(note);
  return places_.front().problem;
}

Status Publisher::problem() const {
  Status all;
  for (const Place& place : places_) {
    if (place.problem.ok()) continue;
    const std::string& message = place.problem.message();
    all = all.ok() ? place.problem : Status(all.code(), all.rule(), all.message() + "; " + message);
  }
  return all;
}

}  // namespace envledger
