// Unix stream sockets: listen, connect, and who the peer is.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "ledger/base/file.h"
#include "ledger/base/status.h"

namespace envledger {

// The process at the other end as the kernel vouches for it (SO_PEERCRED, SO_PEERGROUPS), at the time of its connect().
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  std::vector<gid_t> groups;  // supplementary groups
};
Result<Peer> PeerOf(int fd);

// A listening socket at `path` with permissions `mode`. A socket file that nobody listens on is replaced; a live one is
// kConflict; anything else at the path is kInvalidArgument, and so is a path longer than sockaddr_un takes.
Result<UniqueFd> ListenUnix(const std::string& path, unsigned mode, int backlog);

// A connected, close-on-exec socket. kUnavailable when nobody listens, kNotFound when there is no such path.
Result<UniqueFd> ConnectUnix(const std::string& path);

}  // namespace envledger
