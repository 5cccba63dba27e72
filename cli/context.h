// Everything that a command uses of the outside world, so that tests can replace it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_status.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/client/appender.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger::cli {

// Where a ledger is read from: exactly one of socket, data_dir and tiles is set.
struct LedgerSource {
  std::string socket;
  std::string data_dir;
  std::string tiles;  // an exported directory
  std::chrono::milliseconds timeout{60000};
};

struct Context {
  std::ostream& out;
  std::ostream& err;
  int in_fd = 0;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  size_t width = 80;                                      // of the terminal
  std::function<std::string(const char*)> variable = {};  // of the environment; empty if unset
  std::function<Nanos()> now = {};                        // the wall clock
  std::function<Nanos()> ticks = {};                      // a steady clock
  std::function<Result<std::unique_ptr<LedgerReader>>(const LedgerSource&)> open_ledger = {};
  std::function<Result<SendBatch>(const AppendClientOptions&)> open_appender = {};
};

// The context of the real process.
Context ProcessContext();

// Prints a diagnostic on stderr, "envledger: message", made safe for terminals. On a terminal it is wrapped to the
// width.
void Complain(Context& context, std::string_view message);
// Prints the error and returns its exit status.
ExitStatus Fail(Context& context, const Status& status);
ExitStatus WrongUsage(Context& context, const Status& status);

}  // namespace envledger::cli
