// Values are collected from the command line and from the file, each with its origin. Then the options take them in the
// order of their table, so that every problem is reported in the same form, wherever the value came from.
#include "ledger/daemon/config.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/command_line.h"
#include "ledger/daemon/config_file.h"
#include "ledger/daemon/options.h"
#include "ledger/store/layout.h"
#include "ledger/transport/frame.h"

namespace envledger {
namespace {

using std::string;

// Enough for all filters of a query, each a string of the longest size that the format allows.
constexpr uint32_t kMaxAuditRequestBytes = 128 << 10;

struct Given {
  string value;
  string where;  // "/etc/envledger.conf, line 3: "; empty: the command line
};
using AllGiven = std::map<string, std::vector<Given>, std::less<>>;

const DaemonOption* Find(std::string_view name) {
  const auto& all = DaemonOptions();
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const DaemonOption& option) { return option.name == name; });
  return found != all.end() ? &*found : nullptr;
}

// Adds one value to the earlier values from the same source. REQUIRES: the option exists.
Status Add(const string& name, Given given, AllGiven& all) {
  std::vector<Given>& values = all[name];
  if (!values.empty() && !Find(name)->several) {
    return InvalidField(name, given.where + name + " is given twice");
  }
  values.push_back(std::move(given));
  return Ok();
}

Result<AllGiven> OnCommandLine(int argc, const char* const* argv) {
  const auto kind_of = [](std::string_view name) {
    const DaemonOption* option = Find(name);
    if (option == nullptr) return OptionKind::kUnknown;
    return option->placeholder.empty() ? OptionKind::kFlag : OptionKind::kValue;
  };
  ENVLEDGER_ASSIGN_OR_RETURN(CommandLine line,
                             SplitCommandLine(std::vector<string>(argv + std::min(argc, 1), argv + argc), kind_of));
  if (!line.arguments.empty()) return InvalidArgument("unexpected argument " + Quoted(line.arguments.front()));
  AllGiven all;
  for (GivenOption& option : line.options) {
    ENVLEDGER_RETURN_IF_ERROR(Add(option.name, {std::move(option.value), ""}, all));
  }
  return all;
}

Result<AllGiven> InFile(const string& path) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<FileSetting> settings, ReadConfigFile(path));
  AllGiven all;
  for (FileSetting& setting : settings) {
    const string where = path + ", line " + std::to_string(setting.line) + ": ";
    const DaemonOption* option = Find(setting.name);
    if (option == nullptr) return InvalidField("config", where + "unknown setting " + Quoted(setting.name));
    if (!option->in_file)
      return InvalidField("config", where + setting.name + " can be given on the command line only");
    ENVLEDGER_RETURN_IF_ERROR(Add(setting.name, {std::move(setting.value), where}, all));
  }
  return all;
}

// Sets the options that only the command line has, or those that both sources have, to the given values or their
// defaults.
Status Apply(const AllGiven& all, bool in_file, DaemonConfig& config) {
  for (const DaemonOption& option : DaemonOptions()) {
    if (option.in_file != in_file) continue;
    const auto given = all.find(option.name);
    if (given == all.end()) {
      if (!option.standard.empty()) ENVLEDGER_RETURN_IF_ERROR(option.set(config, option.standard));
      continue;
    }
    for (const auto& [value, where] : given->second) {
      ENVLEDGER_RETURN_IF_ERROR(option.set(config, value).Prepend(where));
      if (!option.sealed || value == option.standard) continue;
      config.ledger.settings.push_back({option.name, IsUtf8(value) ? value : Quoted(value)});
    }
  }
  return Ok();
}

// Each socket has its own loop and budget, so that auditors cannot use up what producers need. On the audit socket,
// requests are small and answers large, and an answer is charged only when it is made. Therefore a connection gets one
// answer at a time, and the next one only when less than the size of the largest request remains unread of the last;
// and answers are small while much is unread in total (AuditApi).
ServerLimits AuditLimits(const ServerLimits& append) {
  ServerLimits limits = append;
  limits.max_frame_bytes = std::min(append.max_frame_bytes, kMaxAuditRequestBytes);
  limits.max_inflight_requests_per_connection = 1;
  limits.max_inflight_bytes_per_connection = size_t{limits.max_frame_bytes} + kFrameHeaderBytes;
  return limits;
}

// Every file for the checkpoint must be a different one.
Status CheckPlaces(const LedgerOptions& ledger) {
  std::set<string> places = {ledger.checkpointer.publish_path.empty() ? PublishedCheckpointPath(ledger.data_dir)
                                                                      : ledger.checkpointer.publish_path};
  for (const string& copy : ledger.checkpointer.copies) {
    if (!places.insert(copy).second) {
      return InvalidField("checkpoint-copy", "checkpoint-copy: " + copy + " is named twice, or is the checkpoint-file");
    }
  }
  return Ok();
}

// Checks that involve more than one option.
Status CheckTogether(const DaemonConfig& config) {
  if (config.mode == DaemonMode::kInit && config.origin.empty()) {
    return InvalidField("origin", "--init needs --origin, the ledger's name");
  }
  ENVLEDGER_RETURN_IF_ERROR(CheckPlaces(config.ledger));
  ENVLEDGER_RETURN_IF_ERROR(CheckServerLimits(config.append_limits));
  return CheckServerLimits(config.audit_limits);
}

}  // namespace

Result<DaemonConfig> ParseDaemonConfig(int argc, const char* const* argv) {
  ENVLEDGER_ASSIGN_OR_RETURN(AllGiven given, OnCommandLine(argc, argv));
  DaemonConfig config;
  ENVLEDGER_RETURN_IF_ERROR(Apply(given, false, config));
  if (config.mode == DaemonMode::kHelp || config.mode == DaemonMode::kVersion) return config;
  if (!config.config_path.empty()) {
    ENVLEDGER_ASSIGN_OR_RETURN(AllGiven in_file, InFile(config.config_path));
    given.merge(in_file);  // values from the command line take precedence
  }
  ENVLEDGER_RETURN_IF_ERROR(Apply(given, true, config));
  config.audit_limits = AuditLimits(config.append_limits);
  config.audit.max_unread_bytes = config.audit_limits.max_inflight_bytes;
  ENVLEDGER_RETURN_IF_ERROR(CheckTogether(config));
  return config;
}

}  // namespace envledger
