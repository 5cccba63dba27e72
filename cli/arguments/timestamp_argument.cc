#include "cli/arguments/timestamp_argument.h"

namespace envledger::cli {

OptionSpecs TimestampOptions() {
  return {
      {"timestamp-request", Takes::kValue, "FILE",
       "write an RFC 3161 query for the checkpoint, and the checkpoint to FILE.checkpoint"},
      {"attach-timestamp", Takes::kValue, "FILE", "keep the authority's answer, with the checkpoint that it is of"},
      {"checkpoint", Takes::kValue, "FILE", "with --attach-timestamp: the checkpoint as it was stamped"},
      {"tsa-ca", Takes::kValues, "FILE",
       "with --attach-timestamp: certificates in PEM that the authority must chain to; repeatable"},
      {"timestamps", Takes::kValue, "DIR",
       "with --attach-timestamp: where they are kept (default: timestamps in --data-dir)"},
  };
}

Status CheckTimestampUsage(const Options& options, const LedgerSource& source) {
  if (!options.Has("attach-timestamp")) {
    for (const char* name : {"checkpoint", "tsa-ca", "timestamps"}) {
      if (options.Has(name)) return InvalidArgument("--" + std::string(name) + " is for --attach-timestamp");
    }
    return Ok();
  }
  for (const char* name : {"timestamp-request", "sign-now", "size", "format"}) {
    if (options.Has(name))
      return InvalidArgument("--attach-timestamp and --" + std::string(name) + " exclude each other");
  }
  if (!TimestampsDirectory(options, source).empty()) return Ok();
  return InvalidArgument("--attach-timestamp needs --timestamps DIR (or --data-dir): where to keep it");
}

std::string TimestampsDirectory(const Options& options, const LedgerSource& source) {
  if (options.Has("timestamps")) return options.Get("timestamps");
  return source.data_dir.empty() ? "" : source.data_dir + "/timestamps";
}

}  // namespace envledger::cli
