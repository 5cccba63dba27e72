#include "ledger/transport/connection_shares.h"

#include <string>
#include <utility>

namespace envledger {

ConnectionShares::ConnectionShares(const ServerLimits& limits)
    : max_(limits.max_connections), per_process_(limits.max_connections_per_process) {}

size_t ConnectionShares::CountOf(uid_t uid) const {
  const auto found = users_.find(uid);
  return found != users_.end() ? found->second.connections : 0;
}

bool ConnectionShares::ProcessIsFull(const Peer& peer) const {
  const auto found = processes_.find(peer.pid);
  return found != processes_.end() && found->second >= per_process_;
}

Status ConnectionShares::Check(const Peer& peer) const {
  const auto refused = [](const char* option, const std::string& why) {
    return Status(Code::kResourceExhausted, option, why);
  };
  if (ProcessIsFull(peer)) {
    return refused("max-connections-per-process",
                   "this process has " + std::to_string(per_process_) + " connections, which is the limit");
  }
  if (total_ >= max_) {
    return refused("max-connections",
                   "there are " + std::to_string(max_) + " connections, which is the limit, and none of them is idle");
  }
  const size_t count = CountOf(peer.uid);
  if (count < max_ - total_) return Ok();
  return refused("max-connections", "uid " + std::to_string(peer.uid) + " has " + std::to_string(count) + " of the " +
                                        std::to_string(max_) +
                                        " connections, none of which is idle; the rest is kept for others");
}

void ConnectionShares::Add(const Peer& peer) {
  ++total_;
  ++users_[peer.uid].connections;
  if (peer.pid != 0) ++processes_[peer.pid];
}

void ConnectionShares::Remove(const Peer& peer) {
  --total_;
  const auto user = users_.find(peer.uid);
  if (--user->second.connections == 0) users_.erase(user);
  if (peer.pid == 0) return;
  const auto process = processes_.find(peer.pid);
  if (--process->second == 0) processes_.erase(process);
}

ConnectionShares::IdlePlace ConnectionShares::AddIdle(const Peer& peer, Idle connection) {
  std::list<Idle>& idle = users_.find(peer.uid)->second.idle;
  return idle.insert(idle.end(), std::move(connection));
}

void ConnectionShares::Busy(const Peer& peer, IdlePlace place) { users_.find(peer.uid)->second.idle.erase(place); }

std::shared_ptr<Connection> ConnectionShares::ToClose(const Peer& peer) const {
  if (ProcessIsFull(peer)) return nullptr;
  const User* from = nullptr;
  if (const auto own = users_.find(peer.uid); own != users_.end() && !own->second.idle.empty()) from = &own->second;
  if (total_ >= max_) {  // a user that holds more than the peer's user gives way first
    for (const auto& [uid, user] : users_) {
      const size_t most = from != nullptr ? from->connections : CountOf(peer.uid);
      if (!user.idle.empty() && user.connections > most) from = &user;
    }
  }
  return from != nullptr ? from->idle.front().lock() : nullptr;
}

}  // namespace envledger
