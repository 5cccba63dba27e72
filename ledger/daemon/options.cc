#include "ledger/daemon/options.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

using std::string;
using std::chrono::seconds;

constexpr uint64_t kMany = uint64_t{1} << 40;
constexpr size_t kHelpWidth = 100;
constexpr size_t kHelpColumn = 44;

// --- kinds of options ---

DaemonOption Flag(string name, string help, DaemonMode mode) {
  const auto set = [mode](DaemonConfig& config, const string&) -> Status {
    if (config.mode == DaemonMode::kHelp || config.mode == DaemonMode::kVersion) return Ok();
    const bool first = config.mode == DaemonMode::kServe;
    if (!first && mode != DaemonMode::kHelp && mode != DaemonMode::kVersion) {
      return InvalidArgument("--init and --check cannot be used together");
    }
    config.mode = mode;
    return Ok();
  };
  return {std::move(name), "", "", std::move(help), false, false, set};
}

DaemonOption Text(string name, string placeholder, string standard, string help, string DaemonConfig::*target) {
  const auto set = [target](DaemonConfig& config, const string& value) {
    config.*target = value;
    return Ok();
  };
  return {std::move(name), std::move(placeholder), std::move(standard), std::move(help), true, false, set};
}

DaemonOption Several(string name, string placeholder, string help, std::vector<string> DaemonConfig::*target) {
  const auto set = [target](DaemonConfig& config, const string& value) {
    (config.*target).push_back(value);
    return Ok();
  };
  return {std::move(name), std::move(placeholder), "", std::move(help), true, true, set};
}

using TakeNumber = void (*)(DaemonConfig& config, uint64_t number);

DaemonOption Number(string name, uint64_t least, uint64_t most, uint64_t standard, string help, TakeNumber take) {
  const auto set = [name, least, most, take](DaemonConfig& config, const string& value) -> Status {
    const auto number = ParseDecimal(value);
    if (!number || *number < least || *number > most) {
      return InvalidField(name, name + " is " + Quoted(value) + "; it must be a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most));
    }
    take(config, *number);
    return Ok();
  };
  return {std::move(name), "N", std::to_string(standard), std::move(help), true, false, set};
}

Status SetLevel(DaemonConfig& config, const string& value) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"error", LogLevel::kError},
                                                               {"warning", LogLevel::kWarning},
                                                               {"info", LogLevel::kInfo},
                                                               {"debug", LogLevel::kDebug}};
  for (const auto& [word, level] : kLevels) {
    if (value != word) continue;
    config.log_level = level;
    return Ok();
  }
  return InvalidField("log-level", "log-level is " + Quoted(value) + "; it must be error, warning, info or debug");
}

Status SetAuditQueries(DaemonConfig& config, const string& value) {
  if (value != "on" && value != "off") {
    return InvalidField("audit-queries", "audit-queries is " + Quoted(value) + "; it must be off or on");
  }
  config.audit.audit_queries = value == "on";
  return Ok();
}

Status AddCrossProducer(DaemonConfig& config, const string& value) {
  const size_t equals = value.find('=');
  CrossProducerRule rule{value.substr(0, equals), equals == string::npos ? "" : value.substr(equals + 1)};
  const auto is_name = [](const string& name) {
    return !name.empty() && name.size() <= kMaxProducerBytes && IsUtf8(name) && name.find('=') == string::npos;
  };
  if (!is_name(rule.mover) || !is_name(rule.owner)) {
    return InvalidField("cross-producer",
                        "cross-producer is " + Quoted(value) +
                            "; it must be MOVER=OWNER: two names of producers as they are recorded, or * for OWNER");
  }
  config.ledger.sealer.cross_producer.push_back(std::move(rule));
  return Ok();
}

DaemonOption Sealed(DaemonOption option) {
  option.sealed = true;
  return option;
}

// --- the table ---

void AddCommandLine(std::vector<DaemonOption>& all) {
  all.push_back(Flag("help", "print this help", DaemonMode::kHelp));
  all.push_back(Flag("version", "print the version", DaemonMode::kVersion));
  all.push_back(Flag("init", "create a ledger in data-dir and exit", DaemonMode::kInit));
  all.push_back(Flag("check", "check the configuration and exit", DaemonMode::kCheck));
  DaemonOption accept =
      Number("accept-loss", 1, kMany, 0,
             "go on with a log that ends after N entries although more were acknowledged, and record that",
             [](DaemonConfig& c, uint64_t n) { c.ledger.accept_loss = n; });
  accept.standard.clear();
  accept.in_file = false;
  all.push_back(std::move(accept));
  DaemonOption config =
      Text("config", "FILE", "", "read options from FILE; the command line wins", &DaemonConfig::config_path);
  config.in_file = false;
  all.push_back(std::move(config));
}

void AddPlaces(std::vector<DaemonOption>& all) {
  all.push_back({"data-dir", "PATH", "/var/lib/envledger", "directory of the ledger", true, false,
                 [](DaemonConfig& config, const string& value) {
                   config.ledger.data_dir = value;
                   return Ok();
                 }});
  all.push_back(Text("key", "PATH", "",
                     "private key that signs checkpoints (default: the credential signing.key that systemd passes, "
                     "otherwise /var/lib/envledger/signing.key)",
                     &DaemonConfig::key_path));
  all.push_back(Text("origin", "NAME", "",
                     "with --init: the ledger's name, without spaces; otherwise the name that the ledger must have",
                     &DaemonConfig::origin));
  all.push_back(Text("append-socket", "PATH", "/run/envledger/append.sock", "socket for producers",
                     &DaemonConfig::append_socket));
  all.push_back(
      Text("audit-socket", "PATH", "/run/envledger/audit.sock", "socket for auditors", &DaemonConfig::audit_socket));
  all.push_back(
      Sealed(Several("append-allow", "WHO", "who may append: uid:N, gid:N, user or group; may be given several times",
                     &DaemonConfig::append_allow)));
  all.push_back(
      Sealed(Several("audit-allow", "WHO", "who may read; may be given several times", &DaemonConfig::audit_allow)));
  all.push_back(
      Sealed(Several("producer", "WHO=NAME", "name recorded for appends of uid:N or USER; may be given several times",
                     &DaemonConfig::producers)));
  all.push_back(Sealed(DaemonOption{
      "cross-producer", "MOVER=OWNER", "",
      "producer MOVER may append to envelopes that producer OWNER (*: anybody) opened; may be given several "
      "times",
      true, true, AddCrossProducer}));
  all.push_back({"checkpoint-file", "PATH", "",
                 "where the latest checkpoint is published (default: `checkpoint` in data-dir)", true, false,
                 [](DaemonConfig& config, const string& value) {
                   config.ledger.checkpointer.publish_path = value;
                   return Ok();
                 }});
  all.push_back({"checkpoint-copy", "PATH", "", "where else to publish it; may be given several times", true, true,
                 [](DaemonConfig& config, const string& value) {
                   config.ledger.checkpointer.copies.push_back(value);
                   return Ok();
                 }});
  all.push_back({"journal-socket", "PATH", "/run/systemd/journal/socket",
                 "journal socket that gets each checkpoint as fields; none: do not send them", true, false,
                 [](DaemonConfig& config, const string& value) {
                   config.journal_socket = value == "none" ? "" : value;
                   return Ok();
                 }});
}

void AddClientLimits(std::vector<DaemonOption>& all) {
  using C = DaemonConfig;
  all.push_back(Number("max-frame-bytes", 65'536, 1u << 30, 4 << 20, "largest request, in bytes",
                       [](C& c, uint64_t n) { c.append_limits.max_frame_bytes = static_cast<uint32_t>(n); }));
  all.push_back(Number("max-batch-items", 1, 1 << 20, 1024, "maximum number of transitions in one request",
                       [](C& c, uint64_t n) { c.max_batch_items = n; }));
  all.push_back(Number("max-connections", 1, 1 << 20, 1024,
                       "maximum number of connections per socket; one user may hold half of them",
                       [](C& c, uint64_t n) { c.append_limits.max_connections = n; }));
  all.push_back(Number("max-connections-per-process", 1, 1 << 20, 64, "maximum number of connections per process",
                       [](C& c, uint64_t n) { c.append_limits.max_connections_per_process = n; }));
  all.push_back(Number("max-inflight-bytes-per-connection", 65'536, kMany, 8 << 20,
                       "maximum bytes in flight per connection",
                       [](C& c, uint64_t n) { c.append_limits.max_inflight_bytes_per_connection = n; }));
  all.push_back(Number("max-inflight-requests-per-connection", 1, 1 << 20, 256,
                       "maximum number of appends in flight per connection",
                       [](C& c, uint64_t n) { c.append_limits.max_inflight_requests_per_connection = n; }));
  all.push_back(Number("max-inflight-bytes", 65'536, kMany, 64 << 20,
                       "maximum bytes in flight on all connections of a socket", [](C& c, uint64_t n) {
                         c.append_limits.max_inflight_bytes = n;
                         c.ledger.sequencer.queue_max_bytes = n;
                       }));
  all.push_back(Number("frame-timeout-seconds", 1, 3600, 10, "time allowed to complete a frame once it has begun",
                       [](C& c, uint64_t n) { c.append_limits.frame_timeout = seconds(n); }));
  all.push_back(Number("idle-timeout-seconds", 1, 86'400, 3600,
                       "close a connection on which nothing was sent for this long",
                       [](C& c, uint64_t n) { c.append_limits.idle_timeout = seconds(n); }));
}

void AddLedgerNumbers(std::vector<DaemonOption>& all) {
  using C = DaemonConfig;
  all.push_back(Number("group-max-entries", 1, 1 << 20, 1024, "maximum number of entries in one commit",
                       [](C& c, uint64_t n) { c.ledger.sequencer.group_max_entries = n; }));
  all.push_back(Number("group-max-bytes", 65'536, 1u << 30, 4 << 20, "maximum bytes in one commit",
                       [](C& c, uint64_t n) { c.ledger.sequencer.group_max_bytes = n; }));
  all.push_back(Number("max-index-lag", 1, kMany, 131'072, "entries that the index may be behind before appends wait",
                       [](C& c, uint64_t n) { c.ledger.sequencer.max_index_lag = n; }));
  all.push_back(Sealed(Number("max-envelope-records", 1, kMany, 100'000, "maximum number of records in one envelope",
                              [](C& c, uint64_t n) { c.ledger.sealer.max_envelope_records = n; })));
  all.push_back(
      Number("head-cache-bytes", 1 << 20, kMany, 64 << 20,
             "memory for the state of envelopes and principals; state not yet in the index may take as much again",
             [](C& c, uint64_t n) {
               c.ledger.sealer.head_cache_bytes = n;
               c.ledger.indexer.writer.totals_bytes = n / 4;
             }));
  all.push_back(Number("query-workers", 1, 256, 2, "threads that answer the audit socket",
                       [](C& c, uint64_t n) { c.audit.workers = static_cast<unsigned>(n); }));
  all.push_back(Number("query-max-records", 1, 1 << 20, 4096, "maximum number of records in one page of an answer",
                       [](C& c, uint64_t n) { c.audit.limits.max_records = n; }));
  all.push_back(Number("query-max-work", 1000, kMany, 100'000,
                       "most work for one page of an answer, in units of about a microsecond",
                       [](C& c, uint64_t n) { c.audit.limits.max_work = n; }));
  all.push_back(
      Number("block-cache-bytes", 1 << 20, kMany, 64 << 20, "memory for blocks of the database", [](C& c, uint64_t n) {
        c.ledger.log.block_cache_bytes = n / 2;
        c.ledger.indexer.index.block_cache_bytes = n - n / 2;
      }));
  all.push_back(Number("min-free-bytes", 0, kMany, 256 << 20,
                       "refuse appends when the disk has less free space than this",
                       [](C& c, uint64_t n) { c.ledger.min_free_bytes = n; }));
  all.push_back(Sealed(Number("refusals-note-seconds", 1, 86'400, 60,
                              "shortest interval between events that record refused appends",
                              [](C& c, uint64_t n) { c.ledger.refusals_every = seconds(n); })));
  all.push_back(
      Sealed(Number("clock-tolerance-seconds", 0, 86'400, 1, "a larger step back of the clock is recorded in the chain",
                    [](C& c, uint64_t n) { c.ledger.sealer.clock_tolerance = static_cast<Nanos>(n) * kSecond; })));
}

std::vector<DaemonOption> MakeTable() {
  using C = DaemonConfig;
  std::vector<DaemonOption> all;
  AddCommandLine(all);
  AddPlaces(all);
  all.push_back(Number("checkpoint-entries", 1, kMany, 10'000, "sign a checkpoint after this many entries",
                       [](C& c, uint64_t n) { c.ledger.checkpointer.every_entries = n; }));
  all.push_back(Number("checkpoint-seconds", 1, 86'400, 10,
                       "sign a checkpoint after this many seconds if there are new entries",
                       [](C& c, uint64_t n) { c.ledger.checkpointer.every = seconds(n); }));
  AddClientLimits(all);
  AddLedgerNumbers(all);
  all.push_back(Sealed(DaemonOption{"audit-queries", "off|on", "off",
                                    "on: before auditors get an answer, seal a query_served event about it", true,
                                    false, SetAuditQueries}));
  all.push_back(Number("audit-queries-per-second", 1, 1'000'000, 50,
                       "with audit-queries, the events that one user may cause per second; beyond it, queries wait",
                       [](C& c, uint64_t n) { c.audit.recorded_per_second = n; }));
  all.push_back({"log-level", "LEVEL", "info", "error, warning, info or debug", true, false, SetLevel});
  return all;
}

// --- the help ---

// One option: its name, its value and its description, wrapped in a column of its own.
string HelpLines(const DaemonOption& option) {
  string line = "  --" + option.name;
  if (!option.placeholder.empty()) line += " " + option.placeholder;
  if (!option.standard.empty()) line += " (=" + option.standard + ")";
  string text;
  if (line.size() + 1 > kHelpColumn) {
    text = line + "\n";
    line.clear();
  }
  line.resize(kHelpColumn, ' ');
  for (std::string_view rest = option.help; !rest.empty();) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (line.size() > kHelpColumn && line.size() + 1 + end > kHelpWidth) {
      text += line + "\n";
      line.assign(kHelpColumn, ' ');
    }
    if (line.size() > kHelpColumn) line += ' ';
    line += rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text + line + "\n";
}

}  // namespace

const std::vector<DaemonOption>& DaemonOptions() {
  static const std::vector<DaemonOption> all = MakeTable();
  return all;
}

string DaemonHelp() {
  string text =
      "envledgerd: the daemon of envledger, an append-only audit ledger for AI backends\n\n"
      "  envledgerd --init --data-dir DIR --origin NAME --key FILE    create a ledger\n"
      "  envledgerd --data-dir DIR --key FILE --append-socket PATH --audit-socket PATH\n"
      "                                                               serve it, in the foreground\n"
      "  envledgerd --config FILE --check                             check a configuration\n\n"
      "SIGTERM and SIGINT stop it cleanly. Exit status: 0 success; 1 the ledger does not verify;\n"
      "2 wrong usage or configuration; 3 no ledger in data-dir; 5 unavailable (socket, disk, key, memory).\n";
  for (const bool in_file : {false, true}) {
    text += in_file ? "\nCommand line and configuration file:\n" : "\nCommand line:\n";
    for (const DaemonOption& option : DaemonOptions()) {
      if (option.in_file == in_file) text += HelpLines(option);
    }
  }
  return text;
}

}  // namespace envledger
