// How many connections each peer holds, and whether it may have one more.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/transport/server.h"
#include "ledger/transport/socket.h"

namespace envledger {

// Counts by process. The kernel names no process that lies outside of this one's pid namespace: it gives pid 0 for all
// of them, the pods of a node, say, for a daemon in a container of its own. They cannot be told apart, and are counted
// by user, against a limit of its own: one process's share is not enough for many, and without a limit one user's
// processes could take every connection. Not thread-safe.
class ConnectionCounts {
 public:
  explicit ConnectionCounts(const ServerLimits& limits);

  // kResourceExhausted, naming the option, when the peer has as many connections as it may have.
  Status Check(const Peer& peer) const;
  void Add(const Peer& peer);
  // REQUIRES: it was added, and was not removed since.
  void Remove(const Peer& peer);

 private:
  using Holder = std::pair<pid_t, uid_t>;  // the uid is 0 where there is a pid
  static Holder HolderOf(const Peer& peer);

  const size_t per_process_;
  const size_t per_user_without_pid_;
  std::map<Holder, size_t> counts_;  // none is 0
};

}  // namespace envledger
