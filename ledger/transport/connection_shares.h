// How many connections each peer holds, whether it may have one more, and which idle one makes room.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>

#include "ledger/base/status.h"
#include "ledger/transport/server.h"
#include "ledger/transport/socket.h"

namespace envledger {

// Connections are counted by process and by user.
//
// A process may hold max_connections_per_process. The kernel has no pid for a process outside this process's pid
// namespace and gives 0: for a daemon in a container that may be all pods of a node. Such processes cannot be told
// apart, so only their users are counted.
//
// A user may hold as many connections as are still free. So one user gets half of them, a second one half of the rest,
// and there is always room for another user. This is the dynamic threshold of shared-memory switches (Choudhury and
// Hahne, 1998): nobody has to configure a share, and no share stays unused.
//
// When there is no room, the connection that has been idle longest is closed for the newcomer: one of the same user if
// that user has too many, otherwise one of the user that holds most. Not thread-safe.
class ConnectionShares {
 public:
  // An idle connection: nothing was begun on it, and nothing is owed to its peer.
  using Idle = std::weak_ptr<Connection>;
  using IdlePlace = std::list<Idle>::iterator;

  explicit ConnectionShares(const ServerLimits& limits);

  // kResourceExhausted, naming the option, when the peer already has as many connections as it may have.
  Status Check(const Peer& peer) const;
  void Add(const Peer& peer);
  // REQUIRES: the peer was added, and not removed since.
  void Remove(const Peer& peer);
  size_t total() const { return total_; }

  // A connection of the peer is idle from now on, until Busy. REQUIRES: the peer was added.
  IdlePlace AddIdle(const Peer& peer, Idle connection);
  void Busy(const Peer& peer, IdlePlace place);
  // The idle connection to close so that the peer, which Check refuses, may have one; null when there is none. A
  // process that has too many gets no room in this way: it can reuse its own connections.
  std::shared_ptr<Connection> ToClose(const Peer& peer) const;

 private:
  struct User {
    size_t connections = 0;
    std::list<Idle> idle;  // longest first
  };
  size_t CountOf(uid_t uid) const;
  bool ProcessIsFull(const Peer& peer) const;

  const size_t max_;
  const size_t per_process_;
  size_t total_ = 0;
  std::map<uid_t, User> users_;        // those with connections
  std::map<pid_t, size_t> processes_;  // no count is 0, and no pid
};

}  // namespace envledger
