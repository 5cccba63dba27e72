// The commands of the tool, and the dispatch of a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments/options.h"
#include "cli/context.h"

namespace envledger::cli {

struct Command {
  std::string_view name;       // one word or two: "query", "key show"
  std::string_view arguments;  // in the usage line, after the options: "ENVELOPE_ID"
  std::string_view summary;    // one line
  std::string_view text;       // paragraphs of the help
  std::string_view example;    // command lines
  OptionSpecs options;
  size_t min_arguments = 0;
  size_t max_arguments = 0;
  ExitStatus (*run)(Context&, const Options&) = nullptr;
};

// Each command is defined in the file of its name.
Command AppendCommand();
Command QueryCommand();
Command ShowCommand();
Command PrincipalsCommand();
Command AccountCommand();
Command FindingsCommand();
Command FollowCommand();
Command VerifyCommand();
Command CheckpointCommand();
Command ProofCommand();
Command ProofVerifyCommand();
Command ExportCommand();
Command ReportCommand();
Command ReportVerifyCommand();
Command StatusCommand();
Command IndexRebuildCommand();
Command KeyGenerateCommand();
Command KeyShowCommand();
Command KeyRotateCommand();
Command CompletionCommand();

const std::vector<Command>& AllCommands();

// The help of the tool, and the help of one command.
std::string OverviewText();
std::string HelpText(const Command& command);

// Runs the command line `words` (without the program's name).
ExitStatus RunTool(Context& context, const std::vector<std::string>& words);

}  // namespace envledger::cli
