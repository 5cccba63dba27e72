#include "ledger/daemon/config_file.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr std::string_view kBlanks = " \t\r";  // files from other systems may have CR LF line ends

std::string_view Trimmed(std::string_view text) {
  const size_t from = std::min(text.find_first_not_of(kBlanks), text.size());
  const size_t to = text.find_last_not_of(kBlanks);
  return to == std::string_view::npos ? std::string_view() : text.substr(from, to + 1 - from);
}

bool HasControlsBesideTabs(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) < 0x20 && byte != '\t') || byte == 0x7F;
  });
}

Result<FileSetting> ParseLine(std::string_view line, size_t number) {
  const std::string where = "line " + std::to_string(number) + ": ";
  if (HasControlsBesideTabs(line)) return InvalidArgument(where + Quoted(line) + " has control characters");
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos)
    return InvalidArgument(where + Quoted(line) + " is not of the form NAME = VALUE");
  const std::string_view name = Trimmed(line.substr(0, equals));
  const std::string_view value = Trimmed(line.substr(equals + 1));
  if (name.empty()) return InvalidArgument(where + Quoted(line) + " has no name before the equals sign");
  if (value.empty()) {
    return InvalidArgument(where + Quoted(name) + " has no value; put a # before the line to leave the setting out");
  }
  return FileSetting{std::string(name), std::string(value), number};
}

}  // namespace

Result<std::vector<FileSetting>> ParseConfigText(std::string_view text) {
  std::vector<FileSetting> settings;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view said = Trimmed(line.substr(0, line.find('#')));
    if (said.empty()) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(FileSetting setting, ParseLine(said, number));
    settings.push_back(std::move(setting));
  }
  return settings;
}

Result<std::vector<FileSetting>> ReadConfigFile(const std::string& path) {
  const auto text = ReadFile(path, kMaxFileBytes);
  // Without the file, the daemon would run with a different configuration from the one asked for, so any failure to
  // read it is an error.
  if (!text.ok()) return InvalidField("config", "the configuration file: " + text.status().message());
  auto settings = ParseConfigText(*text);
  if (!settings.ok()) return InvalidField("config", path + ": " + settings.status().message());
  return settings;
}

}  // namespace envledger
