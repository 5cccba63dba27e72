// The socket is opened for each entry: checkpoints are rare, and this works without any state when journald is
// restarted or starts late. The daemon's ordinary log lines go to standard error; these entries are for programs.
#include "ledger/daemon/journal.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "ledger/base/log.h"

namespace envledger {
namespace {

constexpr char kInformational[] = "6";  // as a syslog priority

std::string LittleEndian64(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xFF));
  return bytes;
}

}  // namespace

std::string EncodeJournalEntry(const JournalFields& fields) {
  std::string entry;
  for (const auto& [name, value] : fields) {
    entry += name;
    if (value.find('\n') == value.npos) {
      entry += '=';
    } else {
      entry += '\n';
      entry += LittleEndian64(value.size());
    }
    entry += value;
    entry += '\n';
  }
  return entry;
}

JournalFields CheckpointFields(const Checkpoint& checkpoint, std::string_view note) {
  const std::string size = std::to_string(checkpoint.size);
  const std::string root = Hex(View(checkpoint.root));
  return {{"MESSAGE", "checkpoint of " + checkpoint.origin + ": " + size + " entries, root " + root},
          {"MESSAGE_ID", std::string(kCheckpointMessageId)},
          {"PRIORITY", kInformational},
          {"SYSLOG_IDENTIFIER", "envledgerd"},
          {"ENVLEDGER_ORIGIN", checkpoint.origin},
          {"ENVLEDGER_TREE_SIZE", size},
          {"ENVLEDGER_ROOT", root},
          {"ENVLEDGER_CHECKPOINT", std::string(note)}};
}

void Journal::Send(const JournalFields& fields) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path_.size() >= sizeof address.sun_path) {
    Log(LogLevel::kWarning, "the checkpoint is not in the journal: the path of its socket is too long");
    return;
  }
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string entry = EncodeJournalEntry(fields);
  if (fd.valid() && sendto(fd.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0) {
    return;
  }
  const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
  Log(nobody ? LogLevel::kDebug : LogLevel::kWarning,
      "the checkpoint is not in the journal: " + FromErrno(errno, "send to " + socket_path_).message());
}

}  // namespace envledger
