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

// Look-ups in the machine's user database (nsswitch.conf(5)). Each call may ask a directory service over the network
// and take as long as that does.
//
// Nothing when there is no such user or group; kUnavailable when the database cannot be read now.
Result<std::optional<uid_t>> UserNamed(const std::string& name);
Result<std::optional<gid_t>> GroupNamed(const std::string& name);

// The name of a user's account as the database has it; nothing and kUnavailable as above.
Result<std::optional<std::string>> NameOfUser(uid_t uid);

// The uid of `who`, which is uid:N or a user's name; nothing when there is no such user. kUnavailable, naming `option`,
// when it cannot be looked up.
Result<std::optional<uid_t>> UserOf(const std::string& option, const std::string& who);

// Constant after Parse, so thread-safe.
class AccessList {
 public:
  // A rule is uid:N, gid:N, a user's name or a group's name; a name that is both stands for both. Without rules, only
  // root and this process's own user are allowed. kInvalidArgument, naming `option`, for a rule that matches no user or
  // group; kUnavailable when a name cannot be looked up.
  static Result<AccessList> Parse(const std::string& option, const std::vector<std::string>& rules);

  // kNotPermitted when no rule allows the peer. A group rule matches the primary and the supplementary groups.
  Status Check(const Peer& peer) const;

 private:
  std::string option_;
  std::set<uid_t> users_;
  std::set<gid_t> groups_;
};

}  // namespace envledger
