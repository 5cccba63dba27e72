#include "cli/commands/commands.h"

#include <optional>

namespace envledger::cli {
namespace {

struct Found {
  const Command* command = nullptr;
  size_t words = 0;  // of its name
};

// The command with which `words` begin; the longest name if there are several: "proof verify" before "proof".
Found FindCommand(const std::vector<std::string>& words) {
  Found best;
  for (const Command& command : AllCommands()) {
    const std::string name(command.name);
    if (words.size() > 1 && words[0] + " " + words[1] == name) return {&command, 2};
    if (!words.empty() && words[0] == name) best = {&command, 1};
  }
  return best;
}

bool IsHelp(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }

// Handles `help`, `help COMMAND`, `--help` and `--version`; returns nothing for anything else.
std::optional<ExitStatus> Answer(Context& context, const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--version") {
    context.out << "envledger " << ENVLEDGER_VERSION << '\n';
    return ExitStatus::kFine;
  }
  if (!IsHelp(words[0])) return std::nullopt;
  const std::vector<std::string> topic(words.begin() + 1, words.end());
  if (topic.empty()) {
    context.out << OverviewText();
    return ExitStatus::kFine;
  }
  const Found found = FindCommand(topic);
  if (found.command == nullptr || found.words != topic.size()) return std::nullopt;
  context.out << HelpText(*found.command);
  return ExitStatus::kFine;
}

std::string NameOf(const std::vector<std::string>& words) {
  // "key" and "index" are not commands by themselves, so the unknown command has two words.
  const bool two = words.size() > 1 && words[1][0] != '-' && (words[0] == "key" || words[0] == "index");
  return two ? words[0] + " " + words[1] : words[0];
}

ExitStatus Dispatch(Context& context, const std::vector<std::string>& words) {
  if (words.empty()) {
    context.err << OverviewText();
    return ExitStatus::kWrongUsage;
  }
  if (const auto answered = Answer(context, words)) return *answered;
  const Found found = FindCommand(words);
  if (found.command == nullptr) {
    return WrongUsage(context, InvalidArgument("unknown command \"" + NameOf(words) + "\"; see envledger --help"));
  }
  const Command& command = *found.command;
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(found.words), words.end());
  auto options = ParseOptions(command.options, command.min_arguments, command.max_arguments, rest);
  if (!options.ok()) {
    const std::string name(command.name);
    return WrongUsage(
        context, InvalidArgument(name + ": " + options.status().message() + "; see envledger " + name + " --help"));
  }
  if (options->Has("help")) {
    context.out << HelpText(command);
    return ExitStatus::kFine;
  }
  return command.run(context, *options);
}

}  // namespace

const std::vector<Command>& AllCommands() {
  static const std::vector<Command> kCommands = {
      AppendCommand(),       QueryCommand(),       ShowCommand(),    PrincipalsCommand(),   AccountCommand(),
      FindingsCommand(),     FollowCommand(),      VerifyCommand(),  CheckpointCommand(),   ProofCommand(),
      ProofVerifyCommand(),  ExportCommand(),      ReportCommand(),  ReportVerifyCommand(), StatusCommand(),
      IndexRebuildCommand(), KeyGenerateCommand(), KeyShowCommand(), KeyRotateCommand(),    CompletionCommand(),
  };
  return kCommands;
}

ExitStatus RunTool(Context& context, const std::vector<std::string>& words) {
  const ExitStatus status = Dispatch(context, words);
  context.out.flush();
  if (context.out.good() || status != ExitStatus::kFine) return status;
  Complain(context, "cannot write to standard output");
  return ExitStatus::kUnavailable;
}

}  // namespace envledger::cli
