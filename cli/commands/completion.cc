// `completion`: the script that teaches a shell this very command line.
#include "cli/commands/commands.h"
#include "cli/commands/completion_scripts.h"

namespace envledger::cli {
namespace {

ExitStatus Run(Context& context, const Options& options) {
  const std::string& shell = options.arguments().front();
  if (shell == "bash") {
    context.out << BashCompletion(AllCommands());
  } else if (shell == "zsh") {
    context.out << ZshCompletion(AllCommands());
  } else if (shell == "fish") {
    context.out << FishCompletion(AllCommands());
  } else {
    return WrongUsage(context, InvalidArgument("completion: the shells are bash, zsh and fish, not \"" + shell + "\""));
  }
  return ExitStatus::kFine;
}

}  // namespace

Command CompletionCommand() {
  return {
      .name = "completion",
      .arguments = "bash | zsh | fish",
      .summary = "print the script by which a shell completes this command line",
      .text =
          "Prints a script for the shell named: it completes commands, options, the values of options that have a "
          "fixed "
          "set of them, and file names. It is written from the same table as the help, and installed with the programs "
          "where each shell looks for it; where envledger was not installed, load it by hand.",
      .example =
          "  source <(envledger completion bash)\n"
          "  envledger completion fish > ~/.config/fish/completions/envledger.fish\n",
      .options = {},
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
