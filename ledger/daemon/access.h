// Who may use a socket, and the name under which a peer's records are kept.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/transport/socket.h"

namespace envledger {

// Constant after Parse, so thread-safe.
class AccessList {
 public:
  // Rules are uid:N, gid:N, a user's name, or a group's name (a name that is both means both). Without rules only root
  // and this process's own user are let in. kInvalidArgument, naming `option`, for a rule that names nobody.
  static Result<AccessList> Parse(const std::string& option, const std::vector<std::string>& rules);

  // kNotPermitted when no rule lets the peer in. A group rule looks at the primary and the supplementary groups.
  Status Check(const Peer& peer) const;

 private:
  std::string option_;
  std::set<uid_t> users_;
  std::set<gid_t> groups_;
};

// Thread-safe.
class ProducerNames {
 public:
  // Rules are uid:N=NAME or USER=NAME. kInvalidArgument for another form, an unknown user, or a user named twice.
  static Result<std::unique_ptr<ProducerNames>> Parse(const std::vector<std::string>& rules);

  // The configured name, else the user's name, else "uid:N".
  std::string NameOf(uid_t uid);

 private:
  Mutex mutex_;
  std::map<uid_t, std::string> names_ GUARDED_BY(mutex_);  // configured, and looked up before
};

}  // namespace envledger
