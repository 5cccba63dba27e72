#include "ledger/daemon/config.h"

#include <boost/program_options.hpp>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "ledger/base/bytes.h"
#include "ledger/store/layout.h"
#include "ledger/transport/frame.h"

namespace envledger {
namespace {

namespace po = boost::program_options;
using std::string;

// A whole number of a named range. What the library reads itself would take "-1" for a huge one.
struct Number {
  uint64_t value = 0;
};

void validate(boost::any& target, const std::vector<string>& values, Number*, int) {
  const auto number = ParseDecimal(po::validators::get_single_string(values));
  if (!number) throw po::validation_error(po::validation_error::invalid_option_value);
  target = boost::any(Number{*number});
}

struct NumberOption {
  const char* name;
  uint64_t least;
  uint64_t most;
  uint64_t standard;
  const char* what;
};

constexpr uint64_t kMany = uint64_t{1} << 40;

constexpr NumberOption kNumbers[] = {
    {"checkpoint-entries", 1, kMany, 10'000, "sign a checkpoint after so many entries"},
    {"checkpoint-seconds", 1, 86'400, 10, "sign a checkpoint after so many seconds with new entries"},
    {"max-frame-bytes", 65'536, 1u << 30, 4 << 20, "largest request, in bytes"},
    {"max-batch-items", 1, 1 << 20, 1024, "most transitions in one request"},
    {"max-connections", 1, 1 << 20, 1024, "most connections of each socket"},
    {"max-connections-per-process", 1, 1 << 20, 64, "most connections of one process"},
    {"max-inflight-bytes-per-connection", 65'536, kMany, 8 << 20, "most bytes in flight of one connection"},
    {"max-inflight-requests-per-connection", 1, 1 << 20, 256, "most appends in flight of one connection"},
    {"max-inflight-bytes", 65'536, kMany, 64 << 20, "most bytes in flight of all connections of one socket"},
    {"frame-timeout-seconds", 1, 3600, 10, "time for a begun frame to be complete"},
    {"group-max-entries", 1, 1 << 20, 1024, "most entries in one commit"},
    {"group-max-bytes", 65'536, 1u << 30, 4 << 20, "most bytes in one commit"},
    {"max-index-lag", 1, kMany, 131'072, "entries that the indexes may be behind before appends wait"},
    {"max-envelope-records", 1, kMany, 100'000, "most records of one envelope"},
    {"head-cache-bytes", 1 << 20, kMany, 64 << 20,
     "memory for the state of envelopes and principals; what the indexes do not hold yet may take as much again"},
    {"query-workers", 1, 256, 2, "threads that answer the audit socket"},
    {"query-max-records", 1, 1 << 20, 4096, "most records in one page of an answer"},
    {"block-cache-bytes", 1 << 20, kMany, 64 << 20, "memory for blocks of the database"},
    {"min-free-bytes", 0, kMany, 256 << 20, "refuse appends when the disk has less room than this"},
    {"refusals-note-seconds", 1, 86'400, 60, "note refused appends in the chain at most this often"},
    {"clock-tolerance-seconds", 0, 86'400, 1, "a step back of the clock beyond it is noted in the chain"},
};

po::options_description CommandLineOptions() {
  po::options_description options("Command line");
  options.add_options()("help", "print this help")("version", "print the version")(
      "init", "create a ledger in data-dir and exit")("check", "check the configuration and exit")(
      "config", po::value<string>()->value_name("FILE"), "read options from FILE; the command line wins");
  return options;
}

po::options_description SharedOptions() {
  po::options_description options("Command line and configuration file");
  const auto path = [](const char* standard) {
    return po::value<string>()->value_name("PATH")->default_value(standard);
  };
  const auto several = [](const char* form) { return po::value<std::vector<string>>()->value_name(form); };
  options.add_options()("data-dir", path("/var/lib/envledger"), "directory of the ledger")(
      "key", po::value<string>()->value_name("PATH"),
      "private key that signs checkpoints (default: the credential signing.key that systemd hands over, else "
      "/var/lib/envledger/signing.key)")(
      "origin", po::value<string>()->value_name("NAME"),
      "with --init: the ledger's name, a line without spaces; else the name that the ledger must have")(
      "append-socket", path("/run/envledger/append.sock"), "socket for producers")(
      "audit-socket", path("/run/envledger/audit.sock"), "socket for auditors")(
      "append-allow", several("WHO"), "who may append: uid:N, gid:N, user or group; may stand several times")(
      "audit-allow", several("WHO"), "who may read; may stand several times")(
      "producer", several("WHO=NAME"), "name recorded for what uid:N or USER appends; may stand several times")(
      "checkpoint-file", po::value<string>()->value_name("PATH"),
      "where the latest checkpoint is published (default: `checkpoint` in data-dir)")(
      "checkpoint-copy", several("PATH"), "where it is published as well; may stand several times")(
      "journal-socket", path("/run/systemd/journal/socket"),
      "socket of the journal, which takes each checkpoint as fields; none: do not send them");
  for (const NumberOption& number : kNumbers) {
    options.add_options()(
        number.name,
        po::value<Number>()->value_name("N")->default_value(Number{number.standard}, std::to_string(number.standard)),
        number.what);
  }
  options.add_options()("audit-queries", po::value<string>()->value_name("off|on")->default_value("off"),
                        "on: seal a query_served event for what auditors read, before they get it");
  options.add_options()("log-level", po::value<string>()->value_name("LEVEL")->default_value("info"),
                        "error, warning, info or debug");
  return options;
}

Result<uint64_t> Get(const po::variables_map& values, const char* name) {
  const uint64_t value = values[name].as<Number>().value;
  for (const NumberOption& number : kNumbers) {
    if (string(number.name) != name) continue;
    if (value >= number.least && value <= number.most) return value;
    return InvalidField(name, string(name) + " is " + std::to_string(value) + "; it must be from " +
                                  std::to_string(number.least) + " to " + std::to_string(number.most));
  }
  return Internal(string("no such number: ") + name);
}

Status SetNumbers(const po::variables_map& values, DaemonConfig& config) {
  std::map<string, uint64_t> n;
  for (const NumberOption& number : kNumbers) {
    ENVLEDGER_ASSIGN_OR_RETURN(n[number.name], Get(values, number.name));
  }
  using std::chrono::seconds;
  LedgerOptions& ledger = config.ledger;
  ledger.checkpointer.every_entries = n["checkpoint-entries"];
  ledger.checkpointer.every = seconds(n["checkpoint-seconds"]);
  ledger.sequencer.group_max_entries = n["group-max-entries"];
  ledger.sequencer.group_max_bytes = n["group-max-bytes"];
  ledger.sequencer.queue_max_bytes = n["max-inflight-bytes"];
  ledger.sequencer.max_index_lag = n["max-index-lag"];
  ledger.sealer.max_envelope_records = n["max-envelope-records"];
  ledger.sealer.head_cache_bytes = n["head-cache-bytes"];
  ledger.sealer.clock_tolerance = static_cast<Nanos>(n["clock-tolerance-seconds"]) * kSecond;
  ledger.indexer.writer.totals_bytes = n["head-cache-bytes"] / 4;
  ledger.log.block_cache_bytes = n["block-cache-bytes"] / 2;
  ledger.indexer.index.block_cache_bytes = n["block-cache-bytes"] - n["block-cache-bytes"] / 2;
  ledger.min_free_bytes = n["min-free-bytes"];
  ledger.refusals_every = seconds(n["refusals-note-seconds"]);
  config.max_batch_items = n["max-batch-items"];
  config.audit.workers = static_cast<unsigned>(n["query-workers"]);
  config.audit.limits.max_records = n["query-max-records"];
  config.server.max_frame_bytes = static_cast<uint32_t>(n["max-frame-bytes"]);
  config.server.max_connections = n["max-connections"];
  config.server.max_connections_per_process = n["max-connections-per-process"];
  config.server.max_inflight_bytes_per_connection = n["max-inflight-bytes-per-connection"];
  config.server.max_inflight_requests_per_connection = n["max-inflight-requests-per-connection"];
  config.server.max_inflight_bytes = n["max-inflight-bytes"];
  config.server.frame_timeout = seconds(n["frame-timeout-seconds"]);
  if (n["max-inflight-bytes-per-connection"] < n["max-frame-bytes"] + kFrameHeaderBytes) {
    return InvalidField("max-inflight-bytes-per-connection",
                        "max-inflight-bytes-per-connection must hold one frame of max-frame-bytes and its header");
  }
  if (n["max-inflight-bytes"] < n["max-inflight-bytes-per-connection"]) {
    return InvalidField("max-inflight-bytes", "max-inflight-bytes must be at least max-inflight-bytes-per-connection");
  }
  return Ok();
}

Result<LogLevel> ParseLevel(const string& word) {
  if (word == "error") return LogLevel::kError;
  if (word == "warning") return LogLevel::kWarning;
  if (word == "info") return LogLevel::kInfo;
  if (word == "debug") return LogLevel::kDebug;
  return InvalidField("log-level", "log-level is \"" + word + "\"; it must be error, warning, info or debug");
}

std::vector<string> List(const po::variables_map& values, const char* name) {
  return values.count(name) > 0 ? values[name].as<std::vector<string>>() : std::vector<string>();
}

// Each file that holds the checkpoint is another one.
Status CheckPlaces(const LedgerOptions& ledger) {
  std::set<string> places = {ledger.checkpointer.publish_path.empty() ? PublishedCheckpointPath(ledger.data_dir)
                                                                      : ledger.checkpointer.publish_path};
  for (const string& copy : ledger.checkpointer.copies) {
    if (copy.empty()) return InvalidField("checkpoint-copy", "checkpoint-copy is empty");
    if (!places.insert(copy).second) {
      return InvalidField("checkpoint-copy", "checkpoint-copy: " + copy + " is named twice, or is the checkpoint-file");
    }
  }
  return Ok();
}

Status ReadValues(int argc, const char* const* argv, po::variables_map& values) {
  po::options_description all;
  all.add(CommandLineOptions()).add(SharedOptions());
  try {
    po::store(po::command_line_parser(argc, argv)
                  .options(all)
                  .positional(po::positional_options_description())
                  .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
                  .run(),
              values);
    if (values.count("config") > 0) {
      const string path = values["config"].as<string>();
      std::ifstream file(path);
      if (!file) return InvalidField("config", "cannot read the configuration file " + path);
      const po::options_description shared = SharedOptions();
      try {
        po::store(po::parse_config_file(file, shared), values);
      } catch (const po::error& error) {
        return InvalidField("config", path + ": " + error.what());
      }
    }
    po::notify(values);
  } catch (const po::error& error) {
    return InvalidArgument(error.what());
  }
  return Ok();
}

}  // namespace

Result<DaemonConfig> ParseDaemonConfig(int argc, const char* const* argv) {
  po::variables_map values;
  ENVLEDGER_RETURN_IF_ERROR(ReadValues(argc, argv, values));
  DaemonConfig config;
  if (values.count("help") > 0) {
    config.mode = DaemonMode::kHelp;
    return config;
  }
  if (values.count("version") > 0) {
    config.mode = DaemonMode::kVersion;
    return config;
  }
  const bool init = values.count("init") > 0;
  const bool check = values.count("check") > 0;
  if (init && check) return InvalidArgument("--init and --check exclude each other");
  config.mode = init ? DaemonMode::kInit : check ? DaemonMode::kCheck : DaemonMode::kServe;
  config.ledger.data_dir = values["data-dir"].as<string>();
  if (values.count("key") > 0) config.key_path = values["key"].as<string>();
  config.journal_socket = values["journal-socket"].as<string>();
  if (config.journal_socket == "none") config.journal_socket.clear();
  if (values.count("origin") > 0) config.origin = values["origin"].as<string>();
  if (init && config.origin.empty()) return InvalidField("origin", "--init needs --origin, the ledger's name");
  config.append_socket = values["append-socket"].as<string>();
  config.audit_socket = values["audit-socket"].as<string>();
  config.append_allow = List(values, "append-allow");
  config.audit_allow = List(values, "audit-allow");
  config.producers = List(values, "producer");
  if (values.count("checkpoint-file") > 0) {
    config.ledger.checkpointer.publish_path = values["checkpoint-file"].as<string>();
  }
  config.ledger.checkpointer.copies = List(values, "checkpoint-copy");
  ENVLEDGER_RETURN_IF_ERROR(CheckPlaces(config.ledger));
  ENVLEDGER_ASSIGN_OR_RETURN(config.log_level, ParseLevel(values["log-level"].as<string>()));
  ENVLEDGER_RETURN_IF_ERROR(SetNumbers(values, config));
  const string& audit_queries = values["audit-queries"].as<string>();
  if (audit_queries != "on" && audit_queries != "off") {
    return InvalidField("audit-queries", "audit-queries is on or off, not \"" + audit_queries + "\"");
  }
  config.audit.audit_queries = audit_queries == "on";
  return config;
}

std::vector<DaemonOption> DaemonOptions() {
  std::vector<DaemonOption> all;
  const auto add = [&all](const po::options_description& options, bool in_file) {
    for (const auto& option : options.options()) {
      const bool takes = option->semantic()->max_tokens() > 0;
      all.push_back({option->long_name(), takes ? option->format_parameter() : "", option->description(), in_file});
    }
  };
  add(CommandLineOptions(), false);
  add(SharedOptions(), true);
  return all;
}

std::string DaemonHelp() {
  std::ostringstream text;
  text << "envledgerd: the daemon of envledger, an append-only audit ledger for AI backends\n\n"
          "  envledgerd --init --data-dir DIR --origin NAME --key FILE    create a ledger\n"
          "  envledgerd --data-dir DIR --key FILE --append-socket PATH --audit-socket PATH\n"
          "                                                               serve it, in the foreground\n"
          "  envledgerd --config FILE --check                             check a configuration\n\n"
          "SIGTERM and SIGINT end it in order. Exit status: 0 fine; 1 the ledger does not verify;\n"
          "2 wrong usage or configuration; 3 no ledger there; 5 unavailable (socket, disk, key).\n\n";
  text << CommandLineOptions() << "\n" << SharedOptions();
  return text.str();
}

}  // namespace envledger
