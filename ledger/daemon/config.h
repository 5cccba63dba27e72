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
  std::string config_path;     // the configuration file; empty: none
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
  ServerLimits append_limits;  // of the append socket, as configured
  ServerLimits audit_limits;   // of the audit socket, which follow from them
};

// Reads the command line and the configuration file that it names; the command line wins. Every limit in the result is
// one that serving accepts. kInvalidArgument, naming the option (and for a setting of the file, the file and the line),
// for what is unknown, malformed, out of range or given twice. With kHelp or kVersion nothing but the mode is set.
Result<DaemonConfig> ParseDaemonConfig(int argc, const char* const* argv);

}  // namespace envledger
