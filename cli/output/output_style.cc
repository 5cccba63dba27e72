#include "cli/output/output_style.h"

namespace envledger::cli {
namespace {

Result<Format> ParseFormat(const std::string& word) {
  if (word.empty() || word == "table") return Format::kTable;
  if (word == "json") return Format::kJson;
  if (word == "jsonl") return Format::kJsonl;
  if (word == "csv") return Format::kCsv;
  return InvalidArgument("--format is table, json, jsonl or csv, not \"" + word + "\"");
}

Result<bool> ParseColor(const Context& context, const std::string& word) {
  if (word == "always") return true;
  if (word == "never") return false;
  if (!word.empty() && word != "auto") {
    return InvalidArgument("--color is auto, always or never, not \"" + word + "\"");
  }
  return context.out_is_terminal && context.variable("NO_COLOR").empty() && context.variable("TERM") != "dumb";
}

}  // namespace

OptionSpecs OutputOptions() {
  return {
      {"format", Takes::kValue, "FORMAT", "table (the default), json, jsonl or csv",
       [] {
         return std::vector<std::string_view>{"table", "json", "jsonl", "csv"};
       }},
      {"color", Takes::kValue, "WHEN", "auto (the default: on a terminal, unless NO_COLOR is set), always or never",
       [] {
         return std::vector<std::string_view>{"auto", "always", "never"};
       }},
  };
}

Result<OutputStyle> StyleOf(const Context& context, const Options& options) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Format format, ParseFormat(options.Get("format")));
  ENVLEDGER_ASSIGN_OR_RETURN(const bool color, ParseColor(context, options.Get("color")));
  return OutputStyle{.format = format, .palette = Palette(color), .width = context.out_is_terminal ? context.width : 0};
}

}  // namespace envledger::cli
