#include "cli/arguments/ledger_source.h"

namespace envledger::cli {

OptionSpecs SourceOptions() {
  return {
      {"socket", Takes::kValue, "PATH",
       "audit socket of the daemon (default: $ENVLEDGER_AUDIT_SOCKET, then /run/envledger/audit.sock)"},
      {"data-dir", Takes::kValue, "DIR",
       "read the database itself, read-only, even while a daemon is running; entries that its index does not cover yet "
       "are indexed in memory or below $TMPDIR"},
      {"timeout", Takes::kValue, "SECONDS", "how long to wait for one answer of the daemon (default 60)"},
  };
}

OptionSpecs TilesOption() {
  return {{"tiles", Takes::kValue, "DIR", "read an exported directory (envledger export), without a ledger"}};
}

Result<LedgerSource> SourceOf(const Context& context, const Options& options) {
  if (options.Has("socket") && options.Has("data-dir")) {
    return InvalidArgument("--socket and --data-dir cannot be used together");
  }
  if (options.Has("tiles") && (options.Has("socket") || options.Has("data-dir"))) {
    return InvalidArgument("--tiles cannot be used together with --socket or --data-dir");
  }
  LedgerSource source;
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seconds, options.Number("timeout", 60, 1, 86400));
  source.timeout = std::chrono::seconds(seconds);
  source.data_dir = options.Get("data-dir");
  source.tiles = options.Get("tiles");
  if (!source.data_dir.empty() || !source.tiles.empty()) return source;
  source.socket = options.Get("socket");
  if (source.socket.empty()) source.socket = context.variable("ENVLEDGER_AUDIT_SOCKET");
  if (source.socket.empty()) source.socket = "/run/envledger/audit.sock";
  return source;
}

OptionSpecs Join(std::initializer_list<OptionSpecs> sets) {
  OptionSpecs all;
  for (const OptionSpecs& set : sets) all.insert(all.end(), set.begin(), set.end());
  return all;
}

}  // namespace envledger::cli
