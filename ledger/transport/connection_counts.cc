#include "ledger/transport/connection_counts.h"

#include <string>

namespace envledger {

ConnectionCounts::ConnectionCounts(const ServerLimits& limits)
    : per_process_(limits.max_connections_per_process),
      per_user_without_pid_(limits.max_connections_per_user_without_pid) {}

ConnectionCounts::Holder ConnectionCounts::HolderOf(const Peer& peer) {
  return peer.pid != 0 ? Holder{peer.pid, 0} : Holder{0, peer.uid};
}

Status ConnectionCounts::Check(const Peer& peer) const {
  const auto found = counts_.find(HolderOf(peer));
  const size_t count = found != counts_.end() ? found->second : 0;
  const std::string has = " " + std::to_string(count) + " connections, which is the limit";
  if (peer.pid != 0 && count >= per_process_) {
    return {Code::kResourceExhausted, "max-connections-per-process", "this process has" + has};
  }
  if (peer.pid == 0 && count >= per_user_without_pid_) {
    return {
        Code::kResourceExhausted, "max-connections-per-user-without-pid",
        "processes of uid " + std::to_string(peer.uid) + " that have no pid here (another pid namespace) have" + has};
  }
  return Ok();
}

void ConnectionCounts::Add(const Peer& peer) { ++counts_[HolderOf(peer)]; }

void ConnectionCounts::Remove(const Peer& peer) {
  const auto found = counts_.find(HolderOf(peer));
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace envledger
