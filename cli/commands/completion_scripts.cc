// What can be completed at a place is described once, as a Slot: nothing that is known, one of some words, or a file.
// The rest expresses slots in the language of each shell. A command is the first word, or the first two ("key show").
#include "cli/commands/completion_scripts.h"

#include <algorithm>

#include "ledger/base/message.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

struct Slot {
  std::vector<std::string> choices;
  bool file = false;
  bool list = false;  // several choices, separated by commas
};

std::vector<std::string> Owned(const std::vector<std::string_view>& words) { return {words.begin(), words.end()}; }

Slot SlotOf(const OptionSpec& spec) {
  Slot slot;
  if (spec.choices != nullptr) slot.choices = Owned(spec.choices());
  slot.list = spec.takes == Takes::kValues && !slot.choices.empty();
  // A verifier key may be given as the name of a file.
  for (const std::string_view word : {"FILE", "DIR", "PATH", "VKEY"}) slot.file = slot.file || spec.placeholder == word;
  return slot;
}

// The slot of a command's first argument: "FILE", "[FILE or -]", "DIR", or words in lower case: "bash | zsh | fish".
Slot ArgumentSlot(const Command& command) {
  Slot slot;
  const std::string_view text = command.arguments;
  slot.file = text.find("FILE") != std::string_view::npos || text.find("DIR") != std::string_view::npos;
  const bool words = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == ' ' || c == '|' || (c >= 'a' && c <= 'z');
  });
  for (size_t from = 0; words && from < text.size();) {
    const size_t end = std::min(text.find_first_of(" |", from), text.size());
    if (end > from) slot.choices.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return slot;
}

// The first word of a command of two words: "key" of "key show".
std::string FirstWord(const Command& command) { return std::string(command.name.substr(0, command.name.find(' '))); }
std::string SecondWord(const Command& command) {
  const size_t space = command.name.find(' ');
  return space == std::string_view::npos ? "" : std::string(command.name.substr(space + 1));
}

std::vector<std::string> FirstWords(const std::vector<Command>& commands) {
  std::vector<std::string> words;
  for (const Command& command : commands) {
    if (std::find(words.begin(), words.end(), FirstWord(command)) == words.end()) words.push_back(FirstWord(command));
  }
  words.emplace_back("help");
  return words;
}

std::vector<std::string> SecondWords(const std::vector<Command>& commands, const std::string& first) {
  std::vector<std::string> words;
  for (const Command& command : commands) {
    if (FirstWord(command) == first && !SecondWord(command).empty()) words.push_back(SecondWord(command));
  }
  return words;
}

// Quotes `text` for a Bourne shell, and for fish, where a backslash is special inside single quotes too.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}
std::string FishQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += (c == '\'' || c == '\\') ? std::string{'\\', c} : std::string(1, c);
  return quoted + "'";
}

std::string BashSlot(const Slot& slot) {
  if (!slot.choices.empty()) return (slot.list ? "list=" : "choices=") + Quoted(Joined(slot.choices, " "));
  return slot.file ? "files=yes" : "";
}

// The end of the script, which compares the words of the command with what is typed.
constexpr const char* kBashEnd =
    "  esac; fi\n"
    "  if [[ -z $value && $word == -* ]]; then\n"
    "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
    "  elif [[ -n $list ]]; then\n"
    "    local done=''\n"
    "    [[ $word == *,* ]] && done=\"${word%,*},\"\n"
    "    COMPREPLY=($(compgen -P \"$done\" -W \"$list\" -- \"${word##*,}\"))\n"
    "    compopt -o nospace 2>/dev/null\n"
    "  else\n"
    "    [[ -n $choices ]] && COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
    "    if [[ -n $files ]]; then\n"
    "      local file\n"
    "      while IFS= read -r file; do COMPREPLY+=(\"$file\"); done < <(compgen -f -- \"$word\")\n"
    "      compopt -o filenames 2>/dev/null\n"
    "    fi\n"
    "  fi\n"
    "  return 0\n"
    "}\n"
    "complete -F _envledger envledger\n";

// Escapes brackets and colons, which separate the parts of a specification for _arguments.
std::string ZshText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string ZshAction(const Slot& slot) {
  if (slot.list) return "_values -s , value " + Joined(slot.choices, " ");
  if (!slot.choices.empty()) return "(" + Joined(slot.choices, " ") + ")";
  return slot.file ? "_files" : " ";
}

std::string ZshCommand(const Command& command) {
  std::string text = "    (" + Quoted(command.name) + ")\n      _arguments \\\n";
  for (const OptionSpec& spec : command.options) {
    std::string line = spec.takes == Takes::kValues ? "*" : "";
    line += "--" + std::string(spec.name) + (spec.takes == Takes::kNothing ? "" : "=");
    line += "[" + ZshText(spec.help) + "]";
    if (spec.takes != Takes::kNothing) line += ":" + ZshText(spec.placeholder) + ":" + ZshAction(SlotOf(spec));
    text += "        " + Quoted(line) + " \\\n";
  }
  text += "        '--help[show its help]'";
  if (command.max_arguments > 0) text += " \\\n        " + Quoted("*:argument:" + ZshAction(ArgumentSlot(command)));
  return text + " ;;\n";
}

}  // namespace

std::string BashCompletion(const std::vector<Command>& commands) {
  std::string text =
      "# bash completion for envledger, written by: envledger completion bash\n"
      "_envledger() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" one=\"${COMP_WORDS[1]}\"\n"
      "  local command=\"$one\" options='' choices='' list='' files='' at=2\n"
      "  COMPREPLY=()\n"
      "  # bash breaks --option=value into three words.\n"
      "  if [[ $word == = ]]; then word=''; elif [[ $before == = ]]; then before=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
      "  if (( COMP_CWORD == 1 )); then\n"
      "    COMPREPLY=($(compgen -W " +
      Quoted(Joined(FirstWords(commands), " ") + " --help --version") +
      " -- \"$word\"))\n    return\n  fi\n  case \"$one ${COMP_WORDS[2]}\" in\n";
  std::string cases;
  std::string seconds;
  for (const Command& command : commands) {
    if (!SecondWord(command).empty()) {
      text += "    " + Quoted(command.name) + ") (( COMP_CWORD > 2 )) && { command=" + Quoted(command.name) +
              "; at=3; } ;;\n";
    }
    std::string options;
    for (const OptionSpec& spec : command.options) {
      options += "--" + std::string(spec.name) + " ";
      if (spec.takes == Takes::kNothing) continue;
      cases += "    " + Quoted(std::string(command.name) + " --" + std::string(spec.name)) + ") value=yes " +
               BashSlot(SlotOf(spec)) + " ;;\n";
    }
    seconds += "    " + Quoted(command.name) + ") options=" + Quoted(options + "--help");
    if (command.max_arguments > 0)
      seconds += "; " + (BashSlot(ArgumentSlot(command)).empty() ? ":" : BashSlot(ArgumentSlot(command)));
    seconds += " ;;\n";
  }
  text += "  esac\n  local value=''\n  case \"$command $before\" in\n" + cases + "  esac\n";
  text += "  if [[ -z $value ]]; then case \"$command\" in\n" + seconds +
          "    help) choices=" + Quoted(Joined(FirstWords(commands), " ")) + " ;;\n  esac; fi\n";
  text += "  if (( COMP_CWORD == 2 )); then case \"$one\" in\n";
  for (const std::string& first : FirstWords(commands)) {
    const std::vector<std::string> words = SecondWords(commands, first);
    if (!words.empty()) text += "    " + Quoted(first) + ") choices+=" + Quoted(" " + Joined(words, " ")) + " ;;\n";
  }
  return text + kBashEnd;
}

std::string ZshCompletion(const std::vector<Command>& commands) {
  std::string text =
      "#compdef envledger\n"
      "# zsh completion for envledger, written by: envledger completion zsh\n"
      "_envledger() {\n"
      "  local -a first second\n"
      "  local command=$words[2]\n"
      "  first=(\n";
  for (const std::string& first : FirstWords(commands)) {
    std::string about = "commands that begin with " + first;
    for (const Command& command : commands) {
      if (command.name == first) about = command.summary;
    }
    if (first == "help") about = "the options of a command";
    text += "    " + Quoted(first + ":" + ZshText(about)) + "\n";
  }
  text += "  )\n  if (( CURRENT == 2 )); then\n    _describe command first\n    return\n  fi\n  case $words[2] in\n";
  for (const std::string& first : FirstWords(commands)) {
    std::vector<std::string> described;
    for (const Command& command : commands) {
      if (FirstWord(command) != first || SecondWord(command).empty()) continue;
      described.push_back(Quoted(SecondWord(command) + ":" + ZshText(command.summary)));
    }
    if (!described.empty()) text += "    (" + first + ") second=(" + Joined(described, " ") + ") ;;\n";
  }
  text +=
      "    (help) second=($first) ;;\n  esac\n"
      "  (( CURRENT == 3 && $#second )) && _describe command second\n"
      "  case \"$words[2] $words[3]\" in\n";
  for (const Command& command : commands) {
    if (SecondWord(command).empty()) continue;
    text += "    (" + Quoted(command.name) + ") (( CURRENT > 3 )) && { command=" + Quoted(command.name) +
            "; shift words; (( CURRENT-- )); } ;;\n";
  }
  text += "  esac\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const Command& command : commands) text += ZshCommand(command);
  return text + "  esac\n}\n_envledger \"$@\"\n";
}

std::string FishCompletion(const std::vector<Command>& commands) {
  std::string two;
  for (const Command& command : commands) {
    if (!SecondWord(command).empty()) two += (two.empty() ? "" : " ") + FishQuoted(command.name);
  }
  std::string text =
      "# fish completion for envledger, written by: envledger completion fish\n"
      "function __envledger_command\n"
      "    set -l words (commandline -opc)\n"
      "    set -e words[1]\n"
      "    test (count $words) -gt 0; or return 1\n"
      "    if test (count $words) -gt 1; and contains -- \"$words[1] $words[2]\" " +
      two +
      "\n"
      "        echo \"$words[1] $words[2]\"\n"
      "    else\n"
      "        echo $words[1]\n"
      "    end\n"
      "end\n"
      "function __envledger_is\n"
      "    test (__envledger_command) = \"$argv\" 2>/dev/null\n"
      "end\n"
      "function __envledger_begins\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -eq (math 1 + (count $argv)); and test \"$words[2..-1]\" = \"$argv\"\n"
      "end\n"
      "complete -c envledger -f\n";
  for (const std::string& first : FirstWords(commands)) {
    std::string about;
    for (const Command& command : commands) {
      if (command.name == first) about = command.summary;
    }
    text += "complete -c envledger -n __envledger_begins -a " + first +
            (about.empty() ? "" : " -d " + FishQuoted(about)) + "\n";
  }
  for (const Command& command : commands) {
    if (!SecondWord(command).empty()) {
      text += "complete -c envledger -n '__envledger_begins " + FirstWord(command) + "' -a " + SecondWord(command) +
              " -d " + FishQuoted(command.summary) + "\n";
    }
    text += "complete -c envledger -n '__envledger_begins help' -a " + FirstWord(command) + "\n";
    const std::string is = "complete -c envledger -n " + FishQuoted("__envledger_is " + std::string(command.name));
    for (const OptionSpec& spec : command.options) {
      const Slot slot = SlotOf(spec);
      text += is + " -l " + std::string(spec.name);
      if (spec.takes != Takes::kNothing) text += slot.file ? " -r -F" : " -x";
      if (!slot.choices.empty()) {
        const std::string words = Joined(slot.choices, " ");
        text += " -a " + FishQuoted(slot.list ? "(__fish_append , " + words + ")" : words);
      }
      text += " -d " + FishQuoted(spec.help) + "\n";
    }
    text += is + " -l help -d 'show its help'\n";
    const Slot argument = ArgumentSlot(command);
    if (argument.file) text += is + " -F\n";
    if (!argument.choices.empty()) text += is + " -a " + FishQuoted(Joined(argument.choices, " ")) + "\n";
  }
  return text;
}

}  // namespace envledger::cli
