#include "ledger/daemon/access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

constexpr size_t kMaxProducerBytes = 128;

std::optional<uint32_t> NumberAfter(const std::string& rule, std::string_view prefix) {
  if (rule.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  const auto number = ParseDecimal(std::string_view(rule).substr(prefix.size()));
  if (!number || *number >= std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

// The user and group databases may want any size of buffer.
template <typename Entry, typename Lookup>
std::optional<Entry> LookUp(std::string& buffer, const Lookup& lookup) {
  buffer.resize(1024);
  for (;;) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < (1u << 20)) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    return found != nullptr ? std::optional<Entry>(entry) : std::nullopt;
  }
}

std::optional<uid_t> UserNamed(const std::string& name) {
  std::string buffer;
  const auto user = LookUp<passwd>(buffer, [&](passwd* entry, char* data, size_t size, passwd** found) {
    return getpwnam_r(name.c_str(), entry, data, size, found);
  });
  return user ? std::optional(user->pw_uid) : std::nullopt;
}

std::optional<gid_t> GroupNamed(const std::string& name) {
  std::string buffer;
  const auto group =
      LookUp<struct group>(buffer, [&](struct group* entry, char* data, size_t size, struct group** found) {
        return getgrnam_r(name.c_str(), entry, data, size, found);
      });
  return group ? std::optional(group->gr_gid) : std::nullopt;
}

}  // namespace

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
    const auto user = UserNamed(rule);
    const auto group = GroupNamed(rule);
    if (!user && !group) {
      return InvalidField(option,
                          option + ": \"" + rule + "\" is neither uid:N, gid:N, nor the name of a user or group");
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
          "uid " + std::to_string(peer.uid) + " may not use this socket: " + option_ + " does not name it"};
}

Result<std::unique_ptr<ProducerNames>> ProducerNames::Parse(const std::vector<std::string>& rules) {
  auto names = std::make_unique<ProducerNames>();
  const MutexLock lock(names->mutex_);
  for (const std::string& rule : rules) {
    const size_t equals = rule.find('=');
    const std::string who = rule.substr(0, equals);
    const std::string name = equals == std::string::npos ? "" : rule.substr(equals + 1);
    if (name.empty() || name.size() > kMaxProducerBytes || !IsUtf8(name)) {
      return InvalidField("producer", "producer: \"" + rule + "\" is not WHO=NAME with a name of 1 to 128 bytes");
    }
    const auto number = NumberAfter(who, "uid:");
    const auto uid = number ? std::optional<uid_t>(*number) : UserNamed(who);
    if (!uid) return InvalidField("producer", "producer: \"" + who + "\" is neither uid:N nor the name of a user");
    if (!names->names_.emplace(*uid, name).second) {
      return InvalidField("producer", "producer: uid " + std::to_string(*uid) + " is named twice");
    }
  }
  return names;
}

std::string ProducerNames::NameOf(uid_t uid) {
  const MutexLock lock(mutex_);
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  std::string buffer;
  const auto user = LookUp<passwd>(buffer, [&](passwd* entry, char* data, size_t size, passwd** found) {
    return getpwuid_r(uid, entry, data, size, found);
  });
  const std::string name = user ? user->pw_name : "uid:" + std::to_string(uid);
  return names_.emplace(uid, name).first->second;
}

}  // namespace envledger
