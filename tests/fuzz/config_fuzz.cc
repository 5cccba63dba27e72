// Configuration files: the settings that are read, written again, are the same; and what the daemon accepts are limits
// that it can serve with.
#include "ledger/daemon/config.h"
#include "ledger/daemon/config_file.h"
#include "tests/fuzz/scratch_file.h"

namespace envledger {
namespace {

bool Same(const FileSetting& a, const FileSetting& b) { return a.name == b.name && a.value == b.value; }

void CheckSettings(std::string_view text) {
  const auto settings = ParseConfigText(text);
  if (!settings.ok()) return;
  std::string again;
  for (const FileSetting& setting : *settings) again += setting.name + " = " + setting.value + "\n";
  const auto back = fuzz::RequireOk(ParseConfigText(again), "settings can be written");
  fuzz::Require(std::equal(settings->begin(), settings->end(), back.begin(), back.end(), Same), "they are the same");
}

void CheckConfig(std::string_view text) {
  const std::string& path = fuzz::ScratchFile(text);
  const char* const argv[] = {"envledgerd", "--config", path.c_str()};
  const auto config = ParseDaemonConfig(3, argv);
  if (!config.ok()) {
    fuzz::Require(config.status().code() == Code::kInvalidArgument, "a refusal is the author's fault");
    fuzz::Require(!config.status().message().empty(), "and says why");
    return;
  }
  fuzz::Require(ParseConfigText(text).ok(), "an accepted file is well-formed");
  fuzz::RequireOk(CheckServerLimits(config->append_limits), "the append socket can be served");
  fuzz::RequireOk(CheckServerLimits(config->audit_limits), "the audit socket can be served");
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  envledger::CheckSettings(envledger::fuzz::View(data, size));
  envledger::CheckConfig(envledger::fuzz::View(data, size));
  return 0;
}
