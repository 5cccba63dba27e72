// Waits for something that another thread or process does.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>

namespace envledger {

// Whether `condition` becomes true within `limit`. Checks it once per millisecond.
inline bool WaitUntil(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    const timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
    ppoll(nullptr, 0, &millisecond, nullptr);
  }
  return true;
}

}  // namespace envledger
