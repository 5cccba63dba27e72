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

constexpr std::string_view kText =
    R"(Prints a script for the shell named. It completes commands, options, the values of options that take one of a
fixed set, and file names. It is made from the same table as the help, and is installed with the programs where each
shell looks for it; where envledger is not installed, load it by hand.)";

constexpr std::string_view kExample = R"(  source <(envledger completion bash)
  envledger completion fish > ~/.config/fish/completions/envledger.fish
)";

}  // namespace

Command CompletionCommand() {
  return {
      .name = "completion",
      .arguments = "bash | zsh | fish",
      .summary = "print the script by which a shell completes this command line",
      .text = kText,
      .example = kExample,
      .options = {},
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
