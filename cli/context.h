// What a command may touch of the outside world, so that tests can put another world there.
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

// Where a ledger is read: one of the three.
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
  std::function<std::string(const char*)> variable = {};  // of the environment; empty when unset
  std::function<Nanos()> now = {};                        // the wall clock
  std::function<Nanos()> ticks = {};                      // a steady clock
  std::function<Result<std::unique_ptr<LedgerReader>>(const LedgerSource&)> open_ledger = {};
  std::function<Result<SendBatch>(const AppendClientOptions&)> open_appender = {};
};

// The world of the process.
Context ProcessContext();

// One line of diagnosis on stderr, made safe for a terminal, and there broken to its width: "envledger: message".
void Complain(Context& context, std::string_view message);
// Says why and returns the status that it amounts to.
ExitStatus Fail(Context& context, const Status& status);
ExitStatus WrongUsage(Context& context, const Status& status);

}  // namespace envledger::cli
