// Keeps text of any length until it is printed.
//
// Up to kInMemory bytes are held in memory. Beyond that the text goes to an unnamed file below $TMPDIR (else /tmp),
// which nobody else can read and which disappears with the process.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// One user at a time.
class Spool {
 public:
  static constexpr size_t kInMemory = 16 << 20;

  // Appends the text. kUnavailable if it cannot be written to the file; further calls then fail too.
  Status Add(std::string_view text);
  // Writes all text to `out`. kUnavailable if the file cannot be read, or if an Add failed.
  Status CopyTo(std::ostream& out);
  uint64_t bytes() const { return written_ + text_.size(); }

 private:
  Status Spill();

  Status failure_;
  std::string text_;  // follows the text in the file
  UniqueFd file_;
  uint64_t written_ = 0;
};

}  // namespace envledger
