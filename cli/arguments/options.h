// Command line options: what a command takes, and what it was given.
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
  // The values that it may have, where they are a fixed set: for the completion of shells.
  std::vector<std::string_view> (*choices)() = nullptr;
};
using OptionSpecs = std::vector<OptionSpec>;

class Options {
 public:
  bool Has(std::string_view name) const { return values_.contains(name); }
  // The value given; empty when it was not (a given value is never empty).
  const std::string& Get(std::string_view name) const;
  // All the values given, in order.
  const std::vector<std::string>& All(std::string_view name) const;
  // The values given, each split at its commas.
  std::vector<std::string> Split(std::string_view name) const;
  // A decimal number from `low` to `high`, `fallback` when not given. kInvalidArgument naming the option.
  Result<uint64_t> Number(std::string_view name, uint64_t fallback, uint64_t low, uint64_t high) const;
  // What stands beside the options, in order.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  friend Result<Options> ParseOptions(const OptionSpecs&, size_t, size_t, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> arguments_;
};

// The words of an enum, for OptionSpec::choices: from `first` on, because 0 is "not stated" in the enums of the model.
template <typename Enum, int first = 1>
std::vector<std::string_view> WordsOf() {
  std::vector<std::string_view> words;
  for (int value = first; Name(static_cast<Enum>(value)) != "unknown"; ++value) {
    words.push_back(Name(static_cast<Enum>(value)));
  }
  return words;
}

// Reads `words`. Every specification also has --help, with which the number of arguments is not checked.
// kInvalidArgument with the option or argument in the message: unknown, repeated, without a value, one too many, one
// missing.
Result<Options> ParseOptions(const OptionSpecs& specs, size_t min_arguments, size_t max_arguments,
                             const std::vector<std::string>& words);

}  // namespace envledger::cli
