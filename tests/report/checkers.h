// Two checkers of the same things, in C++ and in the script of a report's page: what one accepts the other accepts, and
// reads the same from it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/report/checker_cases.h"
#include "tests/support/browser.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// Skipped where there is no browser.
class Checkers : public testing::Test {
 protected:
  void SetUp() override;
  // Asks the script too, all cases at once, and expects of each the same answer, or that it refuses as well. How many
  // both accept.
  size_t Compare(const CheckerCases& cases);

 private:
  nlohmann::json Verdicts(const CheckerCases& cases);

  TempDir directory_;
  const Browser browser_{directory_.path() + "/profile"};
};

// A note of this text by TestKey, and the key's verifier key.
std::string SignedByTestKey(const std::string& text);
std::string TestVkey();
// A root that is written in a checkpoint, in base64.
std::string SomeRoot();

}  // namespace envledger
