// The checks made before the ledger is opened: everything about the configuration that can refuse a start.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/daemon/access.h"
#include "ledger/daemon/config.h"
#include "ledger/daemon/key_loader.h"
#include "ledger/daemon/producer_names.h"

namespace envledger {

struct Prepared {
  AccessList append_allow;
  AccessList audit_allow;
  ProducerNames::ByUser producers;
  LoadedKey key;
  std::vector<std::string> warnings;  // from CheckPermissions
};

// Both serving and --check begin with this, so a configuration that --check accepts is not refused later. Nothing is
// written. Errors as for the functions that it calls: AccessList::Parse, ProducerNames::ParseRules, CheckSocketPath,
// CheckPermissions, LoadKey.
Result<Prepared> Prepare(const DaemonConfig& config);

}  // namespace envledger
