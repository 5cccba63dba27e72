// The configuration of envledgerd: options of the command line and of the configuration file, with the same names in
// both.
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
  std::string origin;          // for --init; otherwise, when given, the ledger's origin must match it
  std::string key_path;        // as configured; empty: FindKeyFile decides
  std::string journal_socket;  // empty: checkpoints are not sent to the journal
  std::string append_socket;
  std::string audit_socket;
  std::vector<std::string> append_allow;
  std::vector<std::string> audit_allow;
  std::vector<std::string> producers;
  size_t max_batch_items = 0;
  LogLevel log_level = LogLevel::kInfo;
  LedgerOptions ledger;
  AuditApiOptions audit;
  ServerLimits append_limits;  // for the append socket, as configured
  ServerLimits audit_limits;   // for the audit socket, derived from append_limits
};

// Reads the command line and the configuration file that it names; the command line takes precedence. Every limit in
// the result is one that serving accepts. kInvalidArgument, naming the option (for a setting of the file, also the file
// and the line), for a value that is unknown, malformed, out of range or given twice. With kHelp or kVersion, only the
// mode is set.
Result<DaemonConfig> ParseDaemonConfig(int argc, const char* const* argv);

}  // namespace envledger
