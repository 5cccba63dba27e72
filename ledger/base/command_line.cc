#include "ledger/base/command_line.h"

#include <utility>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

constexpr std::string_view kDashes = "--";

Status Refusal(std::string_view name, std::string_view problem) {
  return InvalidArgument("option " + Quoted(std::string(kDashes).append(name)) + " " + std::string(problem));
}

}  // namespace

Result<CommandLine> SplitCommandLine(const std::vector<std::string>& words,
                                     const std::function<OptionKind(std::string_view name)>& kind_of) {
  // A value may begin with dashes, but the name of an option there means that the value was forgotten.
  const auto names_option = [&](std::string_view word) {
    if (!word.starts_with(kDashes)) return false;
    word.remove_prefix(kDashes.size());
    return word.empty() || kind_of(word.substr(0, word.find('='))) != OptionKind::kUnknown;
  };
  CommandLine line;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == kDashes) {
      line.arguments.insert(line.arguments.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      return line;
    }
    if (word == "-" || !word.starts_with('-')) {
      line.arguments.emplace_back(word);
      continue;
    }
    if (!word.starts_with(kDashes)) return InvalidArgument("unknown option " + Quoted(word));
    word.remove_prefix(kDashes.size());
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const OptionKind kind = kind_of(name);
    if (kind == OptionKind::kUnknown) {
      return InvalidArgument("unknown option " + Quoted(std::string(kDashes).append(name)));
    }
    GivenOption option{std::string(name), {}};
    if (equals != std::string_view::npos) {
      if (kind == OptionKind::kFlag) return Refusal(name, "takes no value");
      option.value = word.substr(equals + 1);
    } else if (kind == OptionKind::kValue) {
      if (i + 1 == words.size() || names_option(words[i + 1])) return Refusal(name, "has no value");
      option.value = words[++i];
    }
    if (kind == OptionKind::kValue && option.value.empty()) return Refusal(name, "has an empty value");
    line.options.push_back(std::move(option));
  }
  return line;
}

}  // namespace envledger
