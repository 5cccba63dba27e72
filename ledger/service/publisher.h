// The latest checkpoint as files outside the database: the published one, and copies of it on other disks or machines.
//
// They are the high-water mark of the ledger. At start the log is compared with each of them. Before each signature
// they are read again, because otherwise two daemons with one key on two copies of a database would sign two histories.
//
// The published file must answer: reads and writes wait for it without a limit. A copy need not: its directory may
// hang. It is then waited for once, for copy_patience, and after that neither read nor written until it answers.
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

// The verdict of a start on a ledger that was damaged: `what`, and that nothing was changed.
Status Damaged(Verdict verdict, const std::string& what);

// Receives each checkpoint after it is stored and before it is published. Must not block.
using CheckpointHook = std::function<void(const Checkpoint& checkpoint, const std::string& note)>;

struct PublisherOptions {
  std::string publish_path;         // where the latest note is written durably
  std::vector<std::string> copies;  // further places, which may fail or hang
  CheckpointHook on_signed;         // called on the thread that signs; may be empty
  // How long to wait for a copy that does not answer. Each function of Publisher takes at most twice as long, and only
  // once each time that a copy starts to hang.
  std::chrono::milliseconds copy_patience{2000};
  FileCalls copy_calls;  // for fault injection; empty: the real file functions
};

// A loss of acknowledged entries that the operator accepts: the log then goes on with `from`.
struct AcceptedLoss {
  uint64_t from = 0;   // the size of what is left of the log
  uint64_t until = 0;  // the size that it is known to have had; 0 while nothing shows a loss
};

// For one thread at a time. The objects passed by reference are not owned.
class Publisher {
 public:
  Publisher(const LogDb& log, const PublisherOptions& options, Clock& clock);

  // Compares every file with the log, whose latest checkpoint is `latest`. A missing file, or one with an earlier
  // checkpoint of this log, is written again. Returns a status with a verdict, naming the file, when a file does not
  // hold a checkpoint of this log: kTruncated, when it covers more entries than there are; kWrongKey, when none of the
  // ledger's keys signed it; kTampered, when it has another root or is no checkpoint at all. A checkpoint that covers
  // more entries than there are may also be signed by `own`. A copy that cannot be read or written, or does not answer,
  // is only a problem(); CheckUndisputed looks at it once it answers. When `loss` is of the log's size, a checkpoint that
  // covers more entries is replaced, and loss->until becomes at least its size; null: no loss is accepted.
  Status Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys, const VerifierKey& own,
                 AcceptedLoss* loss = nullptr);

  // Checks whether somebody else has published in the meantime. Returns a status with a verdict, naming the file, when
  // a file holds a checkpoint that is signed by a key of the ledger but does not belong to this log: it is larger than
  // `next`, has another root, or is unknown to the log. Nothing may be signed after that. Any other error means that
  // the log could not be read.
  Status CheckUndisputed(const Checkpoint& next, const KeyHistory& keys);

  // Calls the hook and writes the note durably to every file. Not ok when the published file could not be written. A
  // file that no longer holds a checkpoint of this ledger is left alone, and so is a copy that does not answer or did
  // not at the last look; both are a problem().
  Status Publish(const Checkpoint& checkpoint, const std::string& note);
  // Writes the note of the last Publish to the files that do not hold it, or may not hold it durably. Errors as
  // Publish.
  Status PublishAgain(const std::string& note);

  // Not ok while a file does not hold the latest checkpoint, or may lose it in a crash. The message names each such
  // file.
  Status problem() const;

 private:
  using Deadline = DetachedFile::Deadline;
  struct Place {
    std::string path;
    std::unique_ptr<DetachedFile> copy;  // null for the published file
    std::string known;                   // the contents that we last wrote or accepted
    bool replaceable = false;            // the contents at the last look may be overwritten
    bool hangs = false;                  // a call did not return in time and is still under way
    Nanos called_at = 0;
    Status problem;
  };
  Status ComparePlace(Place& place, const Result<std::string>& bytes, const Checkpoint& latest,
                      std::string_view latest_note, const KeyHistory& keys, const VerifierKey& own,
                      AcceptedLoss* loss) const;
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
