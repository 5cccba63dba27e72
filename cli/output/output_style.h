// The output format of a command, and the colour and width of tables.
#pragma once

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "cli/output/palette.h"

namespace envledger::cli {

enum class Format { kTable, kJson, kJsonl, kCsv };

struct OutputStyle {
  Format format = Format::kTable;
  Palette palette{false};
  size_t width = 0;  // 0: unlimited, because stdout is not a terminal
};

// --format and --color.
OptionSpecs OutputOptions();
// kInvalidArgument, naming the option.
Result<OutputStyle> StyleOf(const Context& context, const Options& options);

}  // namespace envledger::cli
