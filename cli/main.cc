#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/exit_status.h"
#include "ledger/base/log.h"

int main(int argc, char** argv) {
  envledger::EndWithStatusWhenUnhandled("envledger", static_cast<int>(envledger::cli::ExitStatus::kUnavailable));
  envledger::cli::Context context = envledger::cli::ProcessContext();
  return static_cast<int>(envledger::cli::RunTool(context, std::vector<std::string>(argv + 1, argv + argc)));
}
