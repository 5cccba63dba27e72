// How many connections each peer holds, and whether it may have one more.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/transport/server.h"
#include "ledger/transport/socket.h"

namespace envledger {

// Counts connections by process. The kernel has no pid for a process outside this process's pid namespace and gives 0:
// for a daemon in a container that may be all pods of a node. Such processes cannot be told apart, so they are counted
// by user, with a separate limit: the limit of one process would be too small for many, and without a limit one user's
// processes could take every connection. Not thread-safe.
class ConnectionCounts {
 public:
  explicit ConnectionCounts(const ServerLimits& limits);

  // kResourceExhausted, naming the option, when the peer already has as many connections as it may have.
  Status Check(const Peer& peer) const;
  void Add(const Peer& peer);
  // REQUIRES: the peer was added, and not removed since.
  void Remove(const Peer& peer);

 private:
  using Holder = std::pair<pid_t, uid_t>;  // the uid is 0 unless the pid is
  static Holder HolderOf(const Peer& peer);

  const size_t per_process_;
  const size_t per_user_without_pid_;
  std::map<Holder, size_t> counts_;  // no count is 0
};

}  // namespace envledger
