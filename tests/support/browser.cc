#include "tests/support/browser.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace envledger {
namespace {

constexpr const char* kProgram = "/usr/bin/chromium";
constexpr std::chrono::seconds kOnce(180);

}  // namespace

bool Browser::IsThere() { return access(kProgram, X_OK) == 0; }

Ended Browser::Run(const std::vector<std::string>& options, const std::string& url) const {
  const auto rest = std::chrono::duration_cast<std::chrono::seconds>(until_ - std::chrono::steady_clock::now());
  const std::string seconds = std::to_string(std::min(rest, kOnce).count());
  if (rest.count() <= 0) throw std::runtime_error("no time is left for the browser");
  // Switches off everything that the browser does in the background.
  std::vector<std::string> command = {"timeout",
                                      "--kill-after=5",
                                      seconds,
                                      kProgram,
                                      "--headless=new",
                                      "--no-sandbox",
                                      "--disable-gpu",
                                      "--disable-dev-shm-usage",
                                      "--disable-quic",
                                      "--disable-sync",
                                      "--disable-breakpad",
                                      "--disable-background-networking",
                                      "--disable-component-update",
                                      "--no-first-run",
                                      "--user-data-dir=" + profile_};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(url);
  Ended ended = RunProgram(command);
  if (ended.status != 0) {
    throw std::runtime_error("the browser ended with " + std::to_string(ended.status) + " within " + seconds +
                             " seconds: " + ended.err);
  }
  return ended;
}

std::string Browser::Dom(const std::string& url, int budget) const {
  const Ended dumped =
      Run({"--enable-logging=stderr", "--virtual-time-budget=" + std::to_string(budget), "--dump-dom"}, url);
  if (dumped.err.find(":CONSOLE") != std::string::npos) {
    throw std::runtime_error("the browser's console heard: " + dumped.err);
  }
  return dumped.out;
}

void Browser::Print(const std::string& url, const std::string& pdf) const {
  Run({"--no-pdf-header-footer", "--print-to-pdf=" + pdf}, url);
}

}  // namespace envledger
