// Any number of crashes, for a machine that has the time (CONTRIBUTING.md). The tests run some of the same rounds.
//
//   crash_rounds kill|power-cut|power-cut-any-order ROUNDS [--seed N] [--verbose]
//
// Exit status 1 when anything failed. A failure names its seed: `crash_rounds MODE 10 --seed N` runs its rounds again.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/trial.h"

namespace envledger {
namespace {

int Usage() {
  std::fputs("usage: crash_rounds kill|power-cut|power-cut-any-order ROUNDS [--seed N] [--verbose]\n", stderr);
  return 2;
}

std::optional<CrashMode> ModeOf(const std::string& word) {
  if (word == "kill") return CrashMode::kKill;
  if (word == "power-cut") return CrashMode::kPowerCut;
  if (word == "power-cut-any-order") return CrashMode::kPowerCutAnyOrder;
  return std::nullopt;
}

int Main(const std::vector<std::string>& words) {
  const std::optional<CrashMode> mode = words.size() < 2 ? std::nullopt : ModeOf(words[0]);
  if (!mode) return Usage();
  const auto rounds = static_cast<unsigned>(std::strtoul(words[1].c_str(), nullptr, 10));
  uint64_t seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1'000'000'000;
  bool verbose = false;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--seed" && i + 1 < words.size()) {
      seed = std::strtoull(words[++i].c_str(), nullptr, 10);
    } else if (words[i] == "--verbose") {
      verbose = true;
    } else {
      return Usage();
    }
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%s, seeds from %llu on\n", words[0].c_str(), static_cast<unsigned long long>(seed));
  const Tally tally = RunTrials(*mode, seed, rounds, verbose);
  std::printf("%s: %s\n", words[0].c_str(), tally.Summary().c_str());
  return tally.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) {
  try {
    return envledger::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crash_rounds: %s\n", error.what());
    return 1;
  }
}
