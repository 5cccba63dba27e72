// The checks made before the ledger is opened: everything about the configuration that can refuse a start.
#pragma once

#include <cstdint>
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
  int table_files = -1;               // from TableFiles
};

// How many table files each of the two databases may keep open, when the process may have `descriptors`, so that enough
// are left for all connections and for everything else. A database that cannot open a file refuses writes.
// kInvalidArgument, naming max-connections, when there are too few descriptors.
Result<int> TableFiles(uint64_t descriptors, const DaemonConfig& config);

// Both serving and --check begin with this, so a configuration that --check accepts is not refused later. Nothing is
// written. Errors as for the functions that it calls: AccessList::Parse, ProducerNames::ParseRules, CheckSocketPath,
// CheckPermissions, LoadKey, TableFiles.
Result<Prepared> Prepare(const DaemonConfig& config);

}  // namespace envledger
