#include "ledger/daemon/prepare.h"

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

}  // namespace

Result<Prepared> Prepare(const DaemonConfig& config) {
  ENVLEDGER_RETURN_IF_ERROR(CheckSocketOption("append-socket", config.append_socket));
  ENVLEDGER_RETURN_IF_ERROR(CheckSocketOption("audit-socket", config.audit_socket));
  ENVLEDGER_ASSIGN_OR_RETURN(AccessList append, AccessList::Parse("append-allow", config.append_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(AccessList audit, AccessList::Parse("audit-allow", config.audit_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(ProducerNames::ByUser producers, ProducerNames::ParseRules(config.producers));
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<std::string> warnings, CheckPermissions(config));
  ENVLEDGER_ASSIGN_OR_RETURN(LoadedKey key,
                             LoadKey(FindKeyFile(config.key_path, std::getenv("CREDENTIALS_DIRECTORY"))));
  return Prepared{std::move(append), std::move(audit), std::move(producers), std::move(key), std::move(warnings)};
}

}  // namespace envledger
