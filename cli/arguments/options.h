// Command line options: the specifications of a command, and the values given.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"

namespace envledger::cli {

enum class Takes { kNothing, kValue, kValues };  // kValues: may be repeated

struct OptionSpec {
  std::string_view name;  // without the dashes
  Takes takes = Takes::kValue;
  std::string_view placeholder;  // of its value, for the help
  std::string_view help;
  // All possible values, for shell completion, if they are a fixed set.
  std::vector<std::string_view> (*choices)() = nullptr;
};
using OptionSpecs = std::vector<OptionSpec>;

class Options {
 public:
  bool Has(std::string_view name) const { return values_.contains(name); }
  // The given value; empty if the option was not given (a given value is never empty).
  const std::string& Get(std::string_view name) const;
  // All given values, in order.
  const std::vector<std::string>& All(std::string_view name) const;
  // All given values, each split at its commas.
  std::vector<std::string> Split(std::string_view name) const;
  // A decimal number from `low` to `high`, or `fallback` if the option was not given. kInvalidArgument, naming the
  // option.
  Result<uint64_t> Number(std::string_view name, uint64_t fallback, uint64_t low, uint64_t high) const;
  // The arguments that are not options, in order.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  friend Result<Options> ParseOptions(const OptionSpecs&, size_t, size_t, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> arguments_;
};

// The names of an enum's values, for OptionSpec::choices. Starts at `first`, because 0 means "not stated" in the enums
// of the model.
template <typename Enum, int first = 1>
std::vector<std::string_view> WordsOf() {
  std::vector<std::string_view> words;
  for (int value = first; Name(static_cast<Enum>(value)) != "unknown"; ++value) {
    words.push_back(Name(static_cast<Enum>(value)));
  }
  return words;
}

// Parses `words`. --help is always accepted, and with it the number of arguments is not checked. kInvalidArgument, with
// the option or argument in the message, if one is unknown, repeated, without a value, superfluous or missing.
Result<Options> ParseOptions(const OptionSpecs& specs, size_t min_arguments, size_t max_arguments,
                             const std::vector<std::string>& words);

}  // namespace envledger::cli
