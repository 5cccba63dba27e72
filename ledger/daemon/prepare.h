// What can be known before the ledger is opened: everything about the configuration that can refuse a start.
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
  std::vector<std::string> warnings;  // of CheckPermissions
};

// Serving begins with this, and --check is this: what it accepts is not refused afterwards. Nothing is written. Errors
// of the functions that it calls: AccessList::Parse, ProducerNames::ParseRules, CheckSocketPath, CheckPermissions,
// LoadKey.
Result<Prepared> Prepare(const DaemonConfig& config);

}  // namespace envledger
