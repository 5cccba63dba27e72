// What the benchmarks share: a clock, and traffic of a real shape.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/json.h"
#include "tests/support/traffic.h"

namespace envledger {

// Seconds.
inline double Time(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Ends the benchmark, with the reason, when something that it needs has failed.
inline void Must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  Must(result.status());
  return *std::move(result);
}

// Stories of four records by 1,000 users: the shape of real traffic, 300 to 700 bytes a record.
inline void WriteLines(const std::string& path, uint64_t transitions) {
  std::ofstream file(path, std::ios::binary);
  uint64_t written = 0;
  for (uint64_t story = 0; written < transitions; ++story) {
    const std::string id =
        "env-" + Hex(U64Key(story * 0x9E3779B97F4A7C15u)).substr(0, 12) + "-" + std::to_string(story);
    const Nanos at = kTestMorning + static_cast<Nanos>(story) * 50'000'000;
    for (Transition& transition : WholeStory(id, "user-" + std::to_string(story % 1000), at)) {
      if (transition.stage == Stage::kRequested) {
        transition.correlation = Correlation{};
        transition.correlation->request_id = "req-" + std::to_string(story);
        transition.execution->targets = {{"model", "model-" + std::to_string(story % 50), "7", ""}};
      }
      file << TransitionJson(transition) << '\n';
      if (++written == transitions) return;
    }
  }
}

}  // namespace envledger
