// `completion`: prints a completion script for a shell.
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

constexpr std::string_view kText =
    R"(Prints a completion script for the given shell. The script completes commands, options, values of options with a
fixed set of values, and file names. It is generated from the same table as the help. The installation puts it where
each shell looks for it; if envledger is not installed, load the script by hand.)";

constexpr std::string_view kExample = R"(  source <(envledger completion bash)
  envledger completion fish > ~/.config/fish/completions/envledger.fish
)";

}  // namespace

Command CompletionCommand() {
  return {
      .name = "completion",
      .arguments = "bash | zsh | fish",
      .summary = "print a completion script for a shell",
      .text = kText,
      .example = kExample,
      .options = {},
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
