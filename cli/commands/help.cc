#include <algorithm>

#include "cli/commands/commands.h"

namespace envledger::cli {
namespace {

constexpr size_t kWidth = 100;

// Wraps `text` and indents every line by `indent` spaces, except the first, which is already indented. Line breaks in
// `text` count as spaces; an empty line separates paragraphs.
std::string Wrap(std::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += ' ';
    column += word.size() + (column > indent ? 1 : 0);
    out += word;
    const bool paragraph = text.substr(end).starts_with("\n\n");
    if (paragraph) {
      out += "\n\n" + std::string(indent, ' ');
      column = indent;
    }
    text.remove_prefix(std::min(end + (paragraph ? 2 : 1), text.size()));
  }
  return out + "\n";
}

std::string Label(const OptionSpec& spec) {
  std::string label = "--" + std::string(spec.name);
  if (spec.takes != Takes::kNothing) label += " " + std::string(spec.placeholder);
  return label;
}

}  // namespace

std::string OverviewText() {
  std::string text =
      "envledger: queries and appends to an append-only audit ledger of requests to AI backends.\n\n"
      "Usage: envledger COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n";
  for (const Command& command : AllCommands()) {
    std::string line = "  " + std::string(command.name);
    line.resize(std::max<size_t>(line.size() + 2, 18), ' ');
    text += line + std::string(command.summary) + "\n";
  }
  text +=
      "  help [COMMAND]  show this, or the options and an example of a command (also: envledger COMMAND --help)\n\n"
      "A ledger is read through its daemon's audit socket (--socket, $ENVLEDGER_AUDIT_SOCKET, then\n"
      "/run/envledger/audit.sock) or from its directory (--data-dir); verify and show also read an export (--tiles).\n"
      "Answers are tables for people, or --format json, jsonl or csv for programs. Times are RFC 3339, a date, or a\n"
      "span ago (24h, 7d); output is in UTC. Hashes are in lower-case hexadecimal.\n\n"
      "Exit status: 0 success; 1 the ledger or a proof failed verification, or an answer is incomplete; 2 wrong\n"
      "usage; 3 not found; 4 refused by the ledger; 5 unavailable (socket, disk, key).\n";
  return text;
}

std::string HelpText(const Command& command) {
  std::string usage = "Usage: envledger " + std::string(command.name) + " [OPTIONS]";
  if (!command.arguments.empty()) usage += " " + std::string(command.arguments);
  std::string text = usage + "\n\n" + Wrap(command.text, 0) + "\nOptions:\n";
  size_t widest = std::string_view("--help").size();
  for (const OptionSpec& spec : command.options) widest = std::max(widest, Label(spec).size());
  const auto add = [&](std::string label, std::string_view help) {
    label.resize(widest, ' ');
    text += "  " + label + "  " + Wrap(help, widest + 4);
  };
  for (const OptionSpec& spec : command.options) add(Label(spec), spec.help);
  add("--help", "show this help");
  return text + "\nExample:\n" + std::string(command.example);
}

}  // namespace envledger::cli
