// Writes checkpoints to the system journal, as fields that programs can read.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/files/file.h"

namespace envledger {

// The MESSAGE_ID of a signed checkpoint: `journalctl MESSAGE_ID=63d4c52734d349d49cb0d7e20c3fb32c -o json`.
inline constexpr std::string_view kCheckpointMessageId = "63d4c52734d349d49cb0d7e20c3fb32c";

using JournalFields = std::vector<std::pair<std::string, std::string>>;

// One entry in journald's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): "NAME=value\n"; or, for a value with a
// newline, "NAME\n", its length as a little-endian u64, the value, "\n". REQUIRES: names consist of A-Z, 0-9 and _.
std::string EncodeJournalEntry(const JournalFields& fields);

// MESSAGE, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER, ENVLEDGER_ORIGIN, ENVLEDGER_TREE_SIZE (decimal), ENVLEDGER_ROOT
// (hexadecimal) and ENVLEDGER_CHECKPOINT (the note, byte for byte).
JournalFields CheckpointFields(const Checkpoint& checkpoint, std::string_view note);

// Thread-safe.
class Journal {
 public:
  // `socket_path` is journald's datagram socket. Nothing is opened before the first entry.
  explicit Journal(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // Sends one datagram without waiting. An entry that cannot be sent is dropped, and this is logged: at debug level
  // when nobody listens (there is no journal on this machine), otherwise as a warning.
  void Send(const JournalFields& fields) const;

 private:
  const std::string socket_path_;
};

}  // namespace envledger
