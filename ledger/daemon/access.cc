#include "ledger/daemon/access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <string_view>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

constexpr size_t kFirstBuffer = 1024;
constexpr size_t kLargestBuffer = 1 << 20;  // a group may have thousands of members

// Calls lookup(entry, buffer, size, found), one of the functions getpwnam_r and its relatives, with a buffer that is
// large enough. `buffer` owns what the entry points to.
template <typename Entry, typename Lookup>
Result<std::optional<Entry>> LookUp(const std::string& what, std::string& buffer, const Lookup& lookup) {
  for (buffer.resize(kFirstBuffer);; buffer.resize(buffer.size() * 2)) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return std::optional<Entry>(entry);
    // The manual page lists these errors too for a name that is not found.
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
      return std::optional<Entry>();
    }
    const bool again = error == ERANGE || error == EINTR;
    if (!again || buffer.size() >= kLargestBuffer) {
      return Status(Code::kUnavailable, FromErrno(error, "look up " + what).message());
    }
  }
}

std::optional<uint32_t> NumberAfter(const std::string& rule, std::string_view prefix) {
  if (rule.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  const auto number = ParseDecimal(std::string_view(rule).substr(prefix.size()));
  if (!number || *number >= std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

// Adds the name of the option to the error of a look-up.
template <typename Id>
Result<std::optional<Id>> In(const std::string& option, Result<std::optional<Id>> found) {
  if (!found.ok()) return Status(found.status().code(), option, option + ": " + found.status().message());
  return found;
}

}  // namespace

Result<std::optional<uid_t>> UserNamed(const std::string& name) {
  std::string buffer;
  ENVLEDGER_ASSIGN_OR_RETURN(
      const auto user,
      LookUp<passwd>("the user " + name, buffer, [&](passwd* entry, char* data, size_t size, passwd** found) {
        return getpwnam_r(name.c_str(), entry, data, size, found);
      }));
  return user ? std::optional<uid_t>(user->pw_uid) : std::nullopt;
}

Result<std::optional<gid_t>> GroupNamed(const std::string& name) {
  using Group = struct group;
  std::string buffer;
  ENVLEDGER_ASSIGN_OR_RETURN(
      const auto group,
      LookUp<Group>("the group " + name, buffer, [&](Group* entry, char* data, size_t size, Group** found) {
        return getgrnam_r(name.c_str(), entry, data, size, found);
      }));
  return group ? std::optional<gid_t>(group->gr_gid) : std::nullopt;
}

Result<std::optional<std::string>> NameOfUser(uid_t uid) {
  std::string buffer;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto user,
                             LookUp<passwd>("the name of uid " + std::to_string(uid), buffer,
                                            [&](passwd* entry, char* data, size_t size, passwd** found) {
                                              return getpwuid_r(uid, entry, data, size, found);
                                            }));
  return user ? std::optional<std::string>(user->pw_name) : std::nullopt;
}

Result<std::optional<uid_t>> UserOf(const std::string& option, const std::string& who) {
  if (const auto uid = NumberAfter(who, "uid:")) return std::optional<uid_t>(*uid);
  return In(option, UserNamed(who));
}

Result<AccessList> AccessList::Parse(const std::string& option, const std::vector<std::string>& rules) {
  AccessList list;
  list.option_ = option;
  if (rules.empty()) list.users_ = {0, getuid()};
  for (const std::string& rule : rules) {
    if (const auto uid = NumberAfter(rule, "uid:")) {
      list.users_.insert(*uid);
      continue;
    }
    if (const auto gid = NumberAfter(rule, "gid:")) {
      list.groups_.insert(*gid);
      continue;
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const auto user, In(option, UserNamed(rule)));
    ENVLEDGER_ASSIGN_OR_RETURN(const auto group, In(option, GroupNamed(rule)));
    if (!user && !group) {
      return InvalidField(option,
                          option + ": " + Quoted(rule) + " is neither uid:N, gid:N, nor the name of a user or group");
    }
    if (user) list.users_.insert(*user);
    if (group) list.groups_.insert(*group);
  }
  return list;
}

Status AccessList::Check(const Peer& peer) const {
  const auto member = [&](gid_t gid) { return groups_.count(gid) > 0; };
  if (users_.count(peer.uid) > 0 || member(peer.gid) || std::any_of(peer.groups.begin(), peer.groups.end(), member)) {
    return Ok();
  }
  return {Code::kNotPermitted, option_,
          "uid " + std::to_string(peer.uid) + " may not use this socket: " + option_ + " does not allow it"};
}

}  // namespace envledger
