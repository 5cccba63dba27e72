// What envledgerd is told: options of the command line and of the configuration file, the same names in both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/api/audit_api.h"
#include "ledger/base/log.h"
#include "ledger/base/status.h"
#include "ledger/service/ledger.h"
#include "ledger/transport/server.h"

namespace envledger {

enum class DaemonMode { kServe, kInit, kCheck, kHelp, kVersion };

struct DaemonConfig {
  DaemonMode mode = DaemonMode::kServe;
  std::string origin;          // of --init; otherwise the ledger's origin must be this one, when given
  std::string key_path;        // as configured; empty: FindKeyFile says
  std::string journal_socket;  // empty: checkpoints do not go to the journal
  std::string append_socket;
  std::string audit_socket;
  std::vector<std::string> append_allow;
  std::vector<std::string> audit_allow;
  std::vector<std::string> producers;
  size_t max_batch_items = 0;
  LogLevel log_level = LogLevel::kInfo;
  LedgerOptions ledger;
  AuditApiOptions audit;
  ServerLimits server;
};

// Reads the command line and the configuration file that it names; the command line wins. kInvalidArgument, naming the
// option, for what is unknown, malformed or out of range.
Result<DaemonConfig> ParseDaemonConfig(int argc, const char* const* argv);

// The text of --help.
std::string DaemonHelp();

// One option as --help lists it, for what else is written from the same table.
struct DaemonOption {
  std::string name;
  std::string value;  // placeholder and default: "PATH (=/var/lib/envledger)"; empty when it takes none
  std::string help;
  bool in_file = false;  // may also stand in the configuration file
};
std::vector<DaemonOption> DaemonOptions();

}  // namespace envledger
