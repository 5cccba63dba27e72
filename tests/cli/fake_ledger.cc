#include "tests/cli/fake_ledger.h"

namespace envledger::cli {

World::World() {
  ledger->genesis = *EntryBuilder().Build({}, Genesis{FakeLedger::kOrigin, FakeLedger::key().public_key});
  context.variable = [this](const char* name) { return variables[name]; };
  context.now = [] { return kMorning + 3600 * kSecond; };
  context.ticks = [] { return Nanos{0}; };
  context.open_ledger = [this](const LedgerSource& source) -> Result<std::unique_ptr<LedgerReader>> {
    opened = source;
    if (!open_status.ok()) return open_status;
    return Lend(ledger);
  };
}

int World::Run(const std::vector<std::string>& words) { return static_cast<int>(RunTool(context, words)); }

}  // namespace envledger::cli
