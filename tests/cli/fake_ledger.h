// The world of a command in memory, with a ledger of a few envelopes in it.
#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "tests/support/day.h"
#include "tests/support/fake_ledger.h"

namespace envledger::cli {

using day::Amount;
using day::Completed;
using day::FillDay;
using day::GrantedGpus;
using day::kMorning;
using day::Requested;
using day::User;

// The outside world of a command run, all of it in memory.
struct World {
  World();
  // Runs a command line and returns its exit status as a number.
  int Run(const std::vector<std::string>& words);

  std::ostringstream out;
  std::ostringstream err;
  std::map<std::string, std::string> variables;
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>();
  LedgerSource opened;  // the last that was asked for
  Status open_status;
  Context context{.out = out, .err = err};
};

}  // namespace envledger::cli
