// Debian's Chromium without a window, for the pages that tests make. A browser that fails or hangs ends the test with
// an exception that says what it said.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace envledger {

class Browser {
 public:
  static bool IsThere();
  // Why a test is skipped that needs one.
  static constexpr const char* kMissing = "no /usr/bin/chromium: install Debian's chromium to run this";

  // `profile`: a directory for it alone, made when it is not there. All its runs together end within ten minutes, long
  // before ctest ends the test.
  explicit Browser(std::string profile) : profile_(std::move(profile)) {}

  // The elements of the page once it is loaded and its script has run; `budget` is how many milliseconds of its own
  // time the page may spend waiting. Whatever the console hears is an error.
  std::string Dom(const std::string& url, int budget = 60000) const;
  // Prints the page into a PDF file.
  void Print(const std::string& url, const std::string& pdf) const;

 private:
  Ended Run(const std::vector<std::string>& options, const std::string& url) const;

  const std::string profile_;
  const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + std::chrono::minutes(10);
};

}  // namespace envledger
