// Boost.Program_options does the splitting; its exceptions and its types end here. Abbreviated options are not guessed:
// a script must not change its meaning when an option is added.
#include "cli/arguments/options.h"

#include <algorithm>
#include <boost/program_options.hpp>

#include "ledger/base/bytes.h"

namespace envledger::cli {
namespace {

namespace po = boost::program_options;

po::options_description Describe(const OptionSpecs& specs) {
  po::options_description description;
  description.add_options()("help", "");
  for (const OptionSpec& spec : specs) {
    const std::string name(spec.name);
    if (spec.takes == Takes::kNothing) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), "");
    }
  }
  return description;
}

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
                             const std::vector<std::string>& words) try {
  const po::options_description description = Describe(specs);
  namespace style = po::command_line_style;
  const po::parsed_options parsed = po::command_line_parser(words)
                                        .options(description)
                                        .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                                        .run();
  const auto terminator = std::find(words.begin(), words.end(), "--");
  Options options;
  for (const po::option& option : parsed.options) {
    if (option.position_key >= 0) {
      for (const std::string& word : option.value) {
        const bool looks_like_option = word.size() > 1 && word[0] == '-';
        if (looks_like_option && std::find(terminator, words.end(), word) == words.end()) {
          return InvalidArgument("unrecognised option '" + word + "'");
        }
        options.arguments_.push_back(word);
      }
      continue;
    }
    auto [slot, first] = options.values_.try_emplace(option.string_key);
    const OptionSpec* spec = Find(specs, option.string_key);
    if (!first && spec != nullptr && spec->takes != Takes::kValues) {
      return InvalidArgument("option '--" + option.string_key + "' is given more than once");
    }
    for (const std::string& value : option.value) {
      if (value.empty()) return InvalidArgument("option '--" + option.string_key + "' has an empty value");
      slot->second.push_back(value);
    }
  }
  if (options.Has("help")) return options;
  if (options.arguments_.size() > max_arguments) {
    return InvalidArgument("unexpected argument '" + options.arguments_[max_arguments] + "'");
  }
  if (options.arguments_.size() < min_arguments) return InvalidArgument("an argument is missing");
  return options;
} catch (const po::error& error) {
  return InvalidArgument(error.what());
}

}  // namespace envledger::cli
