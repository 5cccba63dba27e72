#include "ledger/daemon/prepare.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ledger/daemon/permissions.h"
#include "ledger/transport/socket.h"

namespace envledger {
namespace {

Status CheckSocketOption(const std::string& option, const std::string& path) {
  const Status usable = CheckSocketPath(path);
  return usable.ok() ? usable : InvalidField(option, option + ": " + usable.message());
}

// The descriptors that this process may have once it has raised its limit (serve.cc).
uint64_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 1024;
}

}  // namespace

Result<int> TableFiles(uint64_t descriptors, const DaemonConfig& config) {
  constexpr uint64_t kDatabases = 2;
  constexpr uint64_t kLeastTables = 64;  // in each database
  // Write-ahead logs, manifests, directories, sockets, event queues, key files, look-ups of names.
  constexpr uint64_t kOthers = 128;
  constexpr uint64_t kMostTables = 1 << 20;
  const uint64_t taken = config.append_limits.max_connections + config.audit_limits.max_connections + kOthers +
                         config.ledger.checkpointer.copies.size();
  const uint64_t needed = taken + kDatabases * kLeastTables;
  if (descriptors < needed) {
    return InvalidField("max-connections",
                        "max-connections is " + std::to_string(config.append_limits.max_connections) +
                            " for each of two sockets, which needs " + std::to_string(needed) +
                            " descriptors with the database's files, but this process may have " +
                            std::to_string(descriptors) +
                            ". Raise the limit (LimitNOFILE= in the unit, ulimit -n) or lower max-connections");
  }
  return static_cast<int>(std::min((descriptors - taken) / kDatabases, kMostTables));
}

Result<Prepared> Prepare(const DaemonConfig& config) {
  ENVLEDGER_RETURN_IF_ERROR(CheckSocketOption("append-socket", config.append_socket));
  ENVLEDGER_RETURN_IF_ERROR(CheckSocketOption("audit-socket", config.audit_socket));
  ENVLEDGER_ASSIGN_OR_RETURN(AccessList append, AccessList::Parse("append-allow", config.append_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(AccessList audit, AccessList::Parse("audit-allow", config.audit_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(ProducerNames::ByUser producers, ProducerNames::ParseRules(config.producers));
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<std::string> warnings, CheckPermissions(config));
  ENVLEDGER_ASSIGN_OR_RETURN(LoadedKey key,
                             LoadKey(FindKeyFile(config.key_path, std::getenv("CREDENTIALS_DIRECTORY"))));
  ENVLEDGER_ASSIGN_OR_RETURN(const int table_files, TableFiles(DescriptorLimit(), config));
  return Prepared{std::move(append), std::move(audit),    std::move(producers),
                  std::move(key),    std::move(warnings), table_files};
}

}  // namespace envledger
