// The latest checkpoint as files outside the database: the published one, and copies of it on other disks or machines.
//
// They are the high-water mark of the ledger. At start the log is held against each of them; before each signature they
// are looked at again, because two daemons with one key on two copies of a database would otherwise sign two histories.
//
// The published file must answer: whoever reads or writes it waits for it. A copy need not. Its directory may hang, and
// it is then waited for once, for copy_patience, and after that neither looked at nor written until it answers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/files/detached_file.h"
#include "ledger/store/log_db.h"

namespace envledger {

// Hears of each checkpoint that is stored, before it is published. Must not block.
using CheckpointHook = std::function<void(const Checkpoint& checkpoint, const std::string& note)>;

struct PublisherOptions {
  std::string publish_path;         // where the latest note is placed durably
  std::vector<std::string> copies;  // and where else; these may fail, and hang
  CheckpointHook on_signed;         // on whichever thread signs; may be empty
  // For how long a copy is waited for that does not answer. Each function of Publisher takes at most twice that, and
  // only once for each time that a copy begins to hang.
  std::chrono::milliseconds copy_patience{2000};
  FileCalls copy_calls;  // for fault injection; empty: those of the system
};

// For one thread at a time. What it refers to is not owned.
class Publisher {
 public:
  Publisher(const LogDb& log, const PublisherOptions& options, Clock& clock);

  // Holds every file against the log, whose latest checkpoint is `latest`. A missing file and one of an earlier
  // checkpoint of this log are written anew. A status with a verdict, naming the file, when it is not a checkpoint of this
  // ledger (kTruncated: of more entries than there are; kWrongKey: by none of its keys; kTampered: of another root, or
  // no checkpoint at all). A checkpoint of more entries than there are may be by `own`, too. A copy that cannot be read or written, or does not answer, is a problem() only; once it
  // answers CheckUndisputed looks at it.
  Status Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                 const VerifierKey& own);

  // Looks whether somebody else has published since. A status with a verdict, naming the file, when one holds a
  // checkpoint that is signed by a key of the ledger and is not one of this log: larger than `next`, of another root, or
  // unknown to the log. Nothing may be signed from then on. Another status: the log could not be read.
  Status CheckUndisputed(const Checkpoint& next, const KeyHistory& keys);

  // Tells the hook, and places the note durably in every file. Not ok when the published file could not be written. A
  // file that became something else than a checkpoint of this ledger is left alone, and so is a copy that does not
  // answer, or did not when it was last looked at; both are a problem().
  Status Publish(const Checkpoint& checkpoint, const std::string& note);
  // Places the note, which Publish was given before, where it is not yet, or is not known to be durable. The same errors.
  Status PublishAgain(const std::string& note);

  // Not ok while a file does not hold the latest checkpoint, or may lose it in a crash; names each.
  Status problem() const;

 private:
  using Deadline = DetachedFile::Deadline;
  struct Place {
    std::string path;
    std::unique_ptr<DetachedFile> copy;  // null for the published file
    std::string known;                   // what it holds, as far as we put or accepted it there
    bool replaceable = false;            // what it held when it was last looked at may be replaced
    bool hangs = false;                  // a call did not return in time, and has not since
    Nanos called_at = 0;
    Status problem;
  };
  Status ComparePlace(Place& place, const Result<std::string>& bytes, const Checkpoint& latest,
                      std::string_view latest_note, const KeyHistory& keys, const VerifierKey& own) const;
  Status CheckPlace(Place& place, const Result<std::string>& bytes, const Checkpoint& next,
                    const KeyHistory& keys) const;
  Deadline BeginReads();
  Result<std::string> Read(Place& place, Deadline deadline);
  void Write(const std::string& note);
  std::optional<DetachedFile::Call> Take(Place& place, Deadline deadline);
  static void Written(Place& place, const std::string& note, Status status);
  static void Report(Place& place, Status problem);

  const LogDb& log_;
  Clock& clock_;
  const std::chrono::milliseconds patience_;
  CheckpointHook hook_;
  std::vector<Place> places_;  // the published file first
};

}  // namespace envledger
