// Unix stream sockets: listen, connect, and who the peer is.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// The process at the other end, as the kernel reports it (SO_PEERCRED, SO_PEERGROUPS), at the time of its connect().
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  std::vector<gid_t> groups;  // supplementary groups
};
Result<Peer> PeerOf(int fd);

// The file of a listening socket that this process created. The destructor removes it, unless something else is at the
// path by then: an operator may have tidied the file away, and another daemon may listen there.
class SocketFile {
 public:
  SocketFile() = default;  // no socket
  // `pin` (O_PATH) is the file that this process created at `path`.
  SocketFile(std::string path, UniqueFd pin) : path_(std::move(path)), pin_(std::move(pin)) {}
  SocketFile(SocketFile&&) noexcept = default;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

 private:
  void Remove();

  std::string path_;
  UniqueFd pin_;  // while it is open, no other file can get the same inode number
};

// kInvalidArgument for a path that no socket can be at: empty, too long for sockaddr_un, or with a NUL in it.
Status CheckSocketPath(const std::string& path);

// A listening socket at `path` with permissions `mode`. A socket file that nobody listens on is replaced. kConflict
// when somebody listens there; kInvalidArgument when anything else is at the path, or CheckSocketPath refuses it. The
// file stays when the socket is closed, unless `file` takes it over (may be null; otherwise it must hold no socket).
Result<UniqueFd> ListenUnix(const std::string& path, unsigned mode, int backlog, SocketFile* file = nullptr);

// A connected, close-on-exec socket. kUnavailable when nobody listens, kNotFound when there is no such path.
Result<UniqueFd> ConnectUnix(const std::string& path);

}  // namespace envledger
