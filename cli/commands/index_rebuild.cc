// `index rebuild`: the indexes anew, from the log.
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "ledger/index/rebuild.h"

namespace envledger::cli {
namespace {

ExitStatus Run(Context& context, const Options& options) {
  if (!options.Has("data-dir")) return WrongUsage(context, InvalidArgument("--data-dir is missing"));
  const std::string data_dir = options.Get("data-dir");
  auto entries = [&] {
    Progress progress(context.err, context.err_is_terminal, context.ticks);
    return RebuildIndex(data_dir, [&](uint64_t done, uint64_t all) { progress.Update(done, all, "entries"); });
  }();
  if (!entries.ok()) return Fail(context, std::move(entries).status());
  context.out << "rebuilt the indexes of " << *entries << " entries\n";
  return ExitStatus::kFine;
}

}  // namespace

Command IndexRebuildCommand() {
  static const OptionSpecs kOwn = {
      {"data-dir", Takes::kValue, "DIR", "the ledger's directory"},
  };
  return {
      .name = "index rebuild",
      .arguments = "",
      .summary = "make the indexes of a closed ledger anew, from its log",
      .text = R"(Removes the indexes of the ledger in DIR and makes them anew from its log. The log is only read.

The daemon must not be running. It is seldom needed: the daemon rebuilds indexes by itself, when it starts and finds them damaged, changed by another program or missing, and beside its work when it meets damage later. Run it as the daemon's user, who must be able to read and replace what it writes.)",
      .example = "  sudo -u envledger envledger index rebuild --data-dir /var/lib/envledger\n",
      .options = kOwn,
      .run = Run,
  };
}

}  // namespace envledger::cli
