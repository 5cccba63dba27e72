// Who may use a socket, by the users and groups of the machine.
#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/transport/socket.h"

namespace envledger {

// The machine's users and groups (nsswitch.conf(5)). Each call may ask a directory service over the network, and take as
// long as that takes.
//
// Nothing: there is no such user or group. kUnavailable: it cannot be said now.
Result<std::optional<uid_t>> UserNamed(const std::string& name);
Result<std::optional<gid_t>> GroupNamed(const std::string& name);

// The name of a user's account, as it stands there; nothing and kUnavailable as above.
Result<std::optional<std::string>> NameOfUser(uid_t uid);

// The user that `who` names, as uid:N or by name; nothing when there is none. kUnavailable, naming `option`, when it
// cannot be looked up.
Result<std::optional<uid_t>> UserOf(const std::string& option, const std::string& who);

// Constant after Parse, so thread-safe.
class AccessList {
 public:
  // Rules are uid:N, gid:N, a user's name, or a group's name (a name that is both means both). Without rules only root
  // and this process's own user are let in. kInvalidArgument, naming `option`, for a rule that names nobody;
  // kUnavailable when a name cannot be looked up.
  static Result<AccessList> Parse(const std::string& option, const std::vector<std::string>& rules);

  // kNotPermitted when no rule lets the peer in. A group rule looks at the primary and the supplementary groups.
  Status Check(const Peer& peer) const;

 private:
  std::string option_;
  std::set<uid_t> users_;
  std::set<gid_t> groups_;
};

}  // namespace envledger
