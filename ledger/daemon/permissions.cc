// For a file with an access control list, the group bits are the mask of the list (acl(5)), which limits what its
// entries can grant. So checking the mode bits is enough.
#include "ledger/daemon/permissions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>

#include "ledger/files/file.h"
#include "ledger/store/layout.h"

namespace envledger {
namespace {

using std::string;

std::optional<struct stat> Look(const string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? std::optional(info) : std::nullopt;
}

string Mode(const struct stat& info) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", info.st_mode & 07777);
  return text;
}

Status Unsafe(const string& rule, string message) { return {Code::kNotPermitted, rule, std::move(message)}; }

// Requires a directory that only this user (or root) may change.
Status CheckOwn(const string& path) {
  const auto info = Look(path);
  if (!info || !S_ISDIR(info->st_mode)) return Ok();  // reported when it is opened
  if (info->st_uid != geteuid() && info->st_uid != 0) {
    return Unsafe("data-dir", path + " belongs to uid " + std::to_string(info->st_uid) +
                                  ", neither to this process's user (uid " + std::to_string(geteuid()) +
                                  ") nor to root: run the daemon as its owner, or give it the directory");
  }
  if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Unsafe("data-dir", path + " can be written by users other than its owner (mode " + Mode(*info) +
                                  "), who could change the ledger: chmod it to 0700");
  }
  return Ok();
}

Status CheckConfigFile(const string& path) {
  const auto info = path.empty() ? std::nullopt : Look(path);
  if (!info || !S_ISREG(info->st_mode) || (info->st_mode & S_IWOTH) == 0) return Ok();
  return Unsafe("config",
                "everybody can write the configuration file " + path + " (mode " + Mode(*info) + "): chmod it to 0644");
}

// Whether everybody may rename and remove files in the directory.
bool IsOpen(const string& directory) {
  const auto info = Look(directory);
  return info && S_ISDIR(info->st_mode) && (info->st_mode & S_IWOTH) != 0 && (info->st_mode & S_ISVTX) == 0;
}

// The first directory above the real path of `path` in which everybody could replace a component of the path.
std::optional<string> OpenAbove(const string& path) {
  std::error_code error;
  for (string at = std::filesystem::weakly_canonical(path, error).string(); !error && at.size() > 1;) {
    at = DirectoryOf(at);
    if (IsOpen(at)) return at;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<string>> CheckPermissions(const DaemonConfig& config) {
  ENVLEDGER_RETURN_IF_ERROR(CheckConfigFile(config.config_path));
  const string& data_dir = config.ledger.data_dir;
  for (const string& path : {data_dir, LogPath(data_dir), IndexPath(data_dir)}) {
    ENVLEDGER_RETURN_IF_ERROR(CheckOwn(path));
  }
  std::vector<string> warnings;
  const auto info = Look(data_dir);
  if (info && (info->st_mode & (S_IROTH | S_IXOTH)) != 0) {
    warnings.push_back("everybody can look into the data directory " + data_dir + " (mode " + Mode(*info) +
                       "), regardless of audit-allow: chmod it to 0700, or to 0750 for a group");
  }
  const auto warn = [&](const string& what, const string& path, const string& so) {
    const auto open = OpenAbove(path);
    if (open)
      warnings.push_back("everybody can write in " + *open + ", and so put another " + what + " at " + path + so);
  };
  warn("ledger", data_dir, "");
  const string& checkpoint = config.ledger.checkpointer.publish_path;
  if (!checkpoint.empty())
    warn("checkpoint", checkpoint, ": an older checkpoint there would hide that entries were cut off");
  warn("socket", config.append_socket, ": producers would append to somebody else's socket");
  warn("socket", config.audit_socket, ": auditors would be answered by somebody else");
  return warnings;
}

}  // namespace envledger
