#include "cli/arguments/timestamp_argument.h"

namespace envledger::cli {

OptionSpecs TimestampOptions() {
  return {
      {"timestamp-request", Takes::kValue, "FILE",
       "write an RFC 3161 query for the checkpoint to FILE, and the checkpoint to FILE.checkpoint"},
      {"attach-timestamp", Takes::kValue, "FILE",
       "store the authority's response, together with the checkpoint that it stamps"},
      {"checkpoint", Takes::kValue, "FILE", "with --attach-timestamp: the checkpoint that was stamped"},
      {"tsa-ca", Takes::kValues, "FILE",
       "with --attach-timestamp: certificates in PEM that the authority must chain to; may be repeated"},
      {"timestamps", Takes::kValue, "DIR",
       "with --attach-timestamp: the directory for timestamps (default: timestamps in --data-dir)"},
  };
}

Status CheckTimestampUsage(const Options& options, const LedgerSource& source) {
  if (!options.Has("attach-timestamp")) {
    for (const char* name : {"checkpoint", "tsa-ca", "timestamps"}) {
      if (options.Has(name)) {
        return InvalidArgument("--" + std::string(name) + " can only be used with --attach-timestamp");
      }
    }
    return Ok();
  }
  for (const char* name : {"timestamp-request", "sign-now", "size", "format"}) {
    if (options.Has(name))
      return InvalidArgument("--attach-timestamp and --" + std::string(name) + " cannot be used together");
  }
  if (!TimestampsDirectory(options, source).empty()) return Ok();
  return InvalidArgument("--attach-timestamp needs --timestamps DIR or --data-dir, where the timestamp is stored");
}

std::string TimestampsDirectory(const Options& options, const LedgerSource& source) {
  if (options.Has("timestamps")) return options.Get("timestamps");
  return source.data_dir.empty() ? "" : source.data_dir + "/timestamps";
}

}  // namespace envledger::cli
