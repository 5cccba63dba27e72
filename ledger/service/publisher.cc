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
//
// All copies are read at once, then all are written at once, each on its own thread; who asks waits for them together.
// A copy that does not answer in time takes no more part: it is neither waited for nor called again until its call
// returns. What that call read is then judged like any other look, and the copy gets the latest checkpoint.
#include "ledger/service/publisher.h"

#include <utility>

#include "ledger/base/log.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr unsigned kMode = 0644;

Status Damaged(Verdict verdict, const std::string& what) {
  return {verdict, what + ". Nothing was changed; run `envledger verify --data-dir` for the whole report"};
}

FileCalls SystemCalls() {
  return {[](const std::string& path) { return ReadFile(path, kMaxNoteBytes); },
          [](const std::string& path, const std::string& note) { return WriteFileDurably(path, note, kMode); }};
}

// The checkpoint of a note that a key of the history, or `own`, has signed.
Result<Checkpoint> OpenByAny(std::string_view note_bytes, const KeyHistory& keys, const VerifierKey* own) {
  Note note;
  ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpointNote(note_bytes, &note));
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
    return {Verdict::kTampered, "the log holds no checkpoint of size " + size + ", but " + path +
                                    " is one: the log was cut or replaced by an older copy"};
  }
  const auto same = OpenCheckpoint(stored.front().note, keys);
  if (!same.ok()) return {Verdict::kTampered, "the stored checkpoint of size " + size + ": " + same.status().message()};
  if (*same == checkpoint) return Ok();
  return {Verdict::kTampered, "the stored checkpoint of size " + size + " has another root than " + path};
}

}  // namespace

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

// What the place holds. REQUIRES: BeginReads.
Result<std::string> Publisher::Read(Place& place, Deadline deadline) {
  place.replaceable = true;
  if (place.copy == nullptr) return ReadFile(place.path, kMaxNoteBytes);
  for (;;) {
    auto call = Take(place, deadline);
    if (!call) {
      place.replaceable = false;
      return place.problem;
    }
    if (!call->write && call->status.ok()) return std::move(call->contents);
    if (!call->write) return std::move(call->status);
    Written(place, call->contents, std::move(call->status));  // of an earlier checkpoint: it hung
    place.called_at = clock_.Now();
    place.copy->BeginRead();
  }
}

// What the call on a copy returned, or nothing and a problem.
std::optional<DetachedFile::Call> Publisher::Take(Place& place, Deadline deadline) {
  auto call = place.copy->Take(place.hangs ? Deadline() : deadline);
  if (!call) {
    if (!std::exchange(place.hangs, true)) place.problem = Ok();  // what it was before, this is something new
    Report(place, Unavailable(place.path + " has not answered since " + FormatTime(place.called_at) +
                              ": its directory hangs, and the copy is left out until it answers"));
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
  // Where only its durability is in doubt the file holds the note now, which stays a problem until it is written again.
  if (status.code() == Code::kUnknownOutcome) place.known = note;
  if (!status.ok()) return Report(place, std::move(status));
  if (!place.problem.ok()) Log(LogLevel::kInfo, "the checkpoint is published at " + place.path + " again");
  place.problem = Ok();
  place.known = note;
}

// Says it once, however often the same thing is tried again.
void Publisher::Report(Place& place, Status problem) {
  if (problem.code() != place.problem.code()) {
    Log(LogLevel::kError, "the checkpoint is not published everywhere: " + problem.ToString());
  }
  place.problem = std::move(problem);
}

// --- at start ---

Status Publisher::Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                          const VerifierKey& own) {
  const Deadline deadline = BeginReads();
  // All are compared before any is written.
  for (Place& place : places_) {
    ENVLEDGER_RETURN_IF_ERROR(ComparePlace(place, Read(place, deadline), latest, latest_note, keys, own));
  }
  return PublishAgain(std::string(latest_note));
}

Status Publisher::ComparePlace(Place& place, const Result<std::string>& bytes, const Checkpoint& latest,
                               std::string_view latest_note, const KeyHistory& keys, const VerifierKey& own) const {
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) {
    Log(LogLevel::kWarning,
        "no published checkpoint at " + place.path + " to compare the ledger with; it is published anew");
    return Ok();
  }
  if (!bytes.ok() && place.copy != nullptr && bytes.status().code() == Code::kUnavailable) {
    place.replaceable = false;
    if (place.hangs) return Ok();  // that is said already
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
        "the published checkpoint " + place.path + " is not this ledger's: " + published.status().ToString());
  }
  if (published->size > log_.size()) {
    return Damaged(Verdict::kTruncated, "the published checkpoint " + place.path + " vouches for " +
                                            std::to_string(published->size) + " entries, but the log ends after " +
                                            std::to_string(log_.size()));
  }
  if (*published == latest) return Ok();  // with other signature lines
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
    return Ok();  // writing it will fail, too, or make it good
  }
  if (bytes.ok() && *bytes == place.known) return Ok();
  const auto found = bytes.ok() ? OpenByAny(*bytes, keys, nullptr) : Result<Checkpoint>(bytes.status());
  if (!found.ok()) {
    place.replaceable = false;
    Report(place,
           Conflict("published", place.path + " is not this ledger's checkpoint any more, and is left as it is: " +
                                     found.status().message()));
    return Ok();
  }
  Status known;
  if (found->size > next.size) {
    known = {Verdict::kTruncated, place.path + " is a checkpoint of " + std::to_string(found->size) +
                                      " entries, signed by the ledger's key, but this log has " +
                                      std::to_string(next.size)};
  } else if (!(*found == next)) {
    known = CheckInLog(log_, *found, keys, place.path);
  }
  if (known.ok()) {
    place.known = *bytes;
    Log(LogLevel::kWarning, place.path + " held another checkpoint of this log than the last one published");
    return Ok();
  }
  if (!known.verdict()) return std::move(known).Prepend(place.path + " cannot be held against the log: ");
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
