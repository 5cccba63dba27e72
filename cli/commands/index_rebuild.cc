// `index rebuild`: rebuilds the indexes from the log.
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

constexpr std::string_view kText =
    R"(Removes the indexes of the ledger in DIR and rebuilds them from its log. The log is not changed.

The daemon must not be running. This command is rarely needed, because the daemon rebuilds indexes by itself: at start
if they are damaged, missing or changed by another program, and during operation if damage shows later. Run the
command as the daemon's user, who must be able to read and replace the files that it writes.)";

}  // namespace

Command IndexRebuildCommand() {
  static const OptionSpecs kOwn = {
      {"data-dir", Takes::kValue, "DIR", "the ledger's directory"},
  };
  return {
      .name = "index rebuild",
      .arguments = "",
      .summary = "rebuild the indexes of a closed ledger from its log",
      .text = kText,
      .example = "  sudo -u envledger envledger index rebuild --data-dir /var/lib/envledger\n",
      .options = kOwn,
      .run = Run,
  };
}

}  // namespace envledger::cli
