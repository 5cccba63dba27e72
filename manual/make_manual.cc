// envledger_manual VERSION PAGE.in PAGE: writes a manual page. A line @NAME@ of the input is replaced with text from
// the programs' own tables of commands and options; all other lines are copied.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "cli/commands/commands.h"
#include "ledger/daemon/options.h"
#include "manual/roff.h"

namespace envledger::manual {
namespace {

std::string OptionItem(const cli::OptionSpec& spec) {
  std::string text(spec.help);
  const bool says_repeated = text.find("may be repeated") != std::string::npos;
  if (spec.takes == cli::Takes::kValues && !says_repeated) text += ". May be repeated";
  if (spec.choices != nullptr) {
    std::string words;
    for (const std::string_view word : spec.choices()) words += (words.empty() ? "" : ", ") + std::string(word);
    text += ". One of: " + words;
  }
  return Item("--" + std::string(spec.name), spec.takes == cli::Takes::kNothing ? "" : spec.placeholder, text + ".");
}

std::string CommandSections() {
  std::string text;
  for (const cli::Command& command : cli::AllCommands()) {
    text += ".SS \"" + Roff(command.name) + "\"\n";
    text += "\\fBenvledger " + Roff(command.name) + "\\fR [\\fIOPTIONS\\fR]";
    if (!command.arguments.empty()) text += " \\fI" + Roff(command.arguments) + "\\fR";
    text += "\n.PP\n" + Paragraphs(command.text);
    for (const cli::OptionSpec& spec : command.options) text += OptionItem(spec);
    text += Example(command.example);
  }
  return text;
}

std::string CommandList() {
  std::string text;
  for (const cli::Command& command : cli::AllCommands()) text += Item(command.name, "", command.summary);
  return text + Item("help", "[COMMAND]", "list the commands, or the options and an example of one command");
}

std::string DaemonItems(bool in_file, const std::string& dashes) {
  std::string text;
  for (const DaemonOption& option : DaemonOptions()) {
    if (option.in_file != in_file) continue;
    const std::string standard = option.standard.empty() ? "" : " Default: " + option.standard + ".";
    text += Item(dashes + option.name, option.placeholder, option.help + "." + standard);
  }
  return text;
}

std::map<std::string, std::string> Parts() {
  return {{"@COMMAND_LIST@", CommandList()},
          {"@COMMANDS@", CommandSections()},
          {"@COMMAND_LINE_OPTIONS@", DaemonItems(false, "--")},
          {"@SHARED_OPTIONS@", DaemonItems(true, "--")},
          {"@SETTINGS@", DaemonItems(true, "")}};
}

int Main(const std::string& version, const std::string& from, const std::string& to) {
  std::ifstream in(from);
  std::ofstream out(to);
  const auto parts = Parts();
  std::string line;
  while (std::getline(in, line)) {
    const size_t at = line.find("@VERSION@");
    if (at != std::string::npos) line.replace(at, 9, version);
    const auto part = parts.find(line);
    if (part == parts.end() && !line.empty() && line.front() == '@') {
      std::cerr << from << ": unknown part " << line << '\n';
      return 1;
    }
    out << (part == parts.end() ? line + "\n" : part->second);
  }
  out.close();
  if (in.eof() && out) return 0;
  std::cerr << "cannot write " << to << " from " << from << '\n';
  return 1;
}

}  // namespace
}  // namespace envledger::manual

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: envledger_manual VERSION PAGE.in PAGE\n";
    return 2;
  }
  return envledger::manual::Main(argv[1], argv[2], argv[3]);
}
