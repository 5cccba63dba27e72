// The main program of envledgerd: parses the options, runs the mode, and returns the exit status.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ledger/base/log.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/daemon/config.h"
#include "ledger/daemon/key_loader.h"
#include "ledger/daemon/options.h"
#include "ledger/daemon/permissions.h"
#include "ledger/daemon/serve.h"
#include "ledger/service/recovery.h"
#include "ledger/store/layout.h"

namespace envledger {
namespace {

// The exit statuses that the manual page documents.
int ExitStatus(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return 0;
    case Code::kCorruption:
      return 1;
    case Code::kInvalidArgument:
    case Code::kConflict:
      return 2;
    case Code::kNotFound:
      return 3;
    case Code::kNotPermitted:
      return status.rule() == "key" ? 1
                                    : 5;  // another ledger's key is a failed verification; an unsafe key file is not
    default:
      return 5;
  }
}

Status Init(const DaemonConfig& config) {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto warnings, CheckPermissions(config));
  for (const std::string& warning : warnings) Log(LogLevel::kWarning, warning);
  ENVLEDGER_ASSIGN_OR_RETURN(const SigningKey key,
                             SigningKey::Load(FindKeyFile(config.key_path, std::getenv("CREDENTIALS_DIRECTORY"))));
  const std::string& publish = config.ledger.checkpointer.publish_path;
  SystemClock clock;
  const std::string& data_dir = config.ledger.data_dir;
  ENVLEDGER_RETURN_IF_ERROR(
      InitLedger(data_dir, config.origin, key, publish.empty() ? PublishedCheckpointPath(data_dir) : publish, clock));
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey verifier_key, MakeVerifierKey(config.origin, key.public_key()));
  std::printf("%s\n", FormatVerifierKey(verifier_key).c_str());
  return Ok();
}

Status Run(const DaemonConfig& config) {
  switch (config.mode) {
    case DaemonMode::kHelp:
      std::fputs(DaemonHelp().c_str(), stdout);
      return Ok();
    case DaemonMode::kVersion:
      std::puts("envledgerd " ENVLEDGER_VERSION);
      return Ok();
    case DaemonMode::kInit:
      return Init(config);
    case DaemonMode::kCheck:
      return CheckConfig(config);
    case DaemonMode::kServe:
      return Serve(config);
  }
  return Internal("no such mode");
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) {
  using namespace envledger;
  EndWithStatusWhenUnhandled("envledgerd", ExitStatus(Unavailable({})));
  WipeFreedMemory();
  BlockSignals();
  Result<DaemonConfig> config = ParseDaemonConfig(argc, argv);
  Status status = config.status();
  if (config.ok()) {
    SetLogLevel(config->log_level);
    config->ledger.version = ENVLEDGER_VERSION;
    status = Run(*config);
  }
  if (!status.ok()) Log(LogLevel::kError, "envledgerd: " + status.ToString());
  FlushLog(kLogPatience);
  return ExitStatus(status);
}
