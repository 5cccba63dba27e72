#include "cli/arguments/options.h"

#include <algorithm>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/command_line.h"

namespace envledger::cli {
namespace {

const OptionSpec* Find(const OptionSpecs& specs, std::string_view name) {
  for (const OptionSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace

const std::string& Options::Get(std::string_view name) const {
  static const std::string kNone;
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? kNone : found->second.front();
}

const std::vector<std::string>& Options::All(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

std::vector<std::string> Options::Split(std::string_view name) const {
  std::vector<std::string> parts;
  for (const std::string& value : All(name)) {
    size_t from = 0;
    while (from <= value.size()) {
      const size_t comma = std::min(value.find(',', from), value.size());
      parts.push_back(value.substr(from, comma - from));
      from = comma + 1;
    }
  }
  return parts;
}

Result<uint64_t> Options::Number(std::string_view name, uint64_t fallback, uint64_t low, uint64_t high) const {
  if (!Has(name)) return fallback;
  const auto number = ParseDecimal(Get(name));
  if (!number || *number < low || *number > high) {
    return InvalidArgument("--" + std::string(name) + " takes a number from " + std::to_string(low) + " to " +
                           std::to_string(high) + ", not \"" + Get(name) + "\"");
  }
  return *number;
}

Result<Options> ParseOptions(const OptionSpecs& specs, size_t min_arguments, size_t max_arguments,
                             const std::vector<std::string>& words) {
  const auto kind_of = [&](std::string_view name) {
    if (name == "help") return OptionKind::kFlag;
    const OptionSpec* spec = Find(specs, name);
    if (spec == nullptr) return OptionKind::kUnknown;
    return spec->takes == Takes::kNothing ? OptionKind::kFlag : OptionKind::kValue;
  };
  ENVLEDGER_ASSIGN_OR_RETURN(CommandLine line, SplitCommandLine(words, kind_of));
  Options options;
  options.arguments_ = std::move(line.arguments);
  for (GivenOption& given : line.options) {
    auto [slot, first] = options.values_.try_emplace(given.name);
    const OptionSpec* spec = Find(specs, given.name);
    if (!first && spec != nullptr && spec->takes != Takes::kValues) {
      return InvalidArgument("option \"--" + given.name + "\" is given more than once");
    }
    if (!given.value.empty()) slot->second.push_back(std::move(given.value));
  }
  if (options.Has("help")) return options;
  if (options.arguments_.size() > max_arguments) {
    return InvalidArgument("unexpected argument " + Quoted(options.arguments_[max_arguments]));
  }
  if (options.arguments_.size() < min_arguments) return InvalidArgument("an argument is missing");
  return options;
}

}  // namespace envledger::cli
