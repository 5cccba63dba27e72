// The latest checkpoint as files outside the database: the published one, and copies of it on other disks or machines.
//
// They are the high-water mark of the ledger. At start the log is held against each of them; before each signature they
// are looked at again, because two daemons with one key on two copies of a database would otherwise sign two histories.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/store/log_db.h"

namespace envledger {

// Hears of each checkpoint that is stored, before it is published. Must not block.
using CheckpointHook = std::function<void(const Checkpoint& checkpoint, const std::string& note)>;

// For one thread at a time. What it refers to is not owned.
class Publisher {
 public:
  // `path` is the published checkpoint, which must be there and writable; `copies` may fail without stopping anything.
  // `hook` may be empty.
  Publisher(const LogDb& log, std::string path, const std::vector<std::string>& copies, CheckpointHook hook);

  // Holds every file against the log, whose latest checkpoint is `latest`. A missing file and one of an earlier
  // checkpoint of this log are written anew. kCorruption, naming the file, when it is not a checkpoint of this ledger
  // (TRUNCATED: of more entries than there are; TAMPERED: of another root). A checkpoint of more entries than there are
  // may be by `own`, too. A copy that cannot be read or written is a problem() only.
  Status Compare(const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                 const VerifierKey& own);

  // Looks whether somebody else has published since. kCorruption, naming the file, when one holds a checkpoint that is
  // signed by a key of the ledger and is not one of this log: larger than `next`, of another root, or unknown to the
  // log. Nothing may be signed from then on.
  Status CheckUndisputed(const Checkpoint& next, const KeyHistory& keys);

  // Tells the hook, and places the note durably in every file. Not ok when the published file could not be written. A
  // file that became something else than a checkpoint of this ledger is left alone, which is a problem().
  Status Publish(const Checkpoint& checkpoint, const std::string& note);

  // Not ok while a file does not hold the latest checkpoint.
  Status problem() const;

 private:
  struct Place {
    std::string path;
    bool copy = false;
    std::string known;     // what it holds, as far as we put or accepted it there
    bool foreign = false;  // it holds something else now
    Status problem;
  };
  Status ComparePlace(Place& place, const Checkpoint& latest, std::string_view latest_note, const KeyHistory& keys,
                      const VerifierKey& own) const;
  Status CheckPlace(Place& place, const Checkpoint& next, const KeyHistory& keys) const;
  static Status Write(Place& place, std::string_view note);

  const LogDb& log_;
  CheckpointHook hook_;
  std::vector<Place> places_;  // the published file first
};

}  // namespace envledger
