// Debian's Chromium without a window, for pages made by tests. If the browser fails or hangs, an exception with its
// output ends the test.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace envledger {

class Browser {
 public:
  static bool IsThere();
  // The reason for skipping a test that needs a browser.
  static constexpr const char* kMissing = "no /usr/bin/chromium: install Debian's chromium to run this";

  // `profile`: a directory for this browser alone, created if missing. All runs together end within ten minutes, long
  // before ctest ends the test.
  explicit Browser(std::string profile) : profile_(std::move(profile)) {}

  // The DOM of the page after it has loaded and its script has run. `budget` is the virtual time in milliseconds that
  // the page may spend waiting. Any console message is an error.
  std::string Dom(const std::string& url, int budget = 60000) const;
  // Prints the page into a PDF file.
  void Print(const std::string& url, const std::string& pdf) const;

 private:
  Ended Run(const std::vector<std::string>& options, const std::string& url) const;

  const std::string profile_;
  const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + std::chrono::minutes(10);
};

}  // namespace envledger
