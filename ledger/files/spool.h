// Text that is printed later than it is made, however much that is.
//
// Up to kInMemory bytes it is held; beyond that it goes to a file without a name below $TMPDIR (else /tmp), which is
// readable by nobody else and gone with the process.
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

  // Adds to the end. kUnavailable when there is no room for the file; nothing more is taken then.
  Status Add(std::string_view text);
  // All of it. kUnavailable as Add.
  Status CopyTo(std::ostream& out);
  uint64_t bytes() const { return written_ + text_.size(); }

 private:
  Status Spill();

  Status failure_;
  std::string text_;  // behind what is in the file
  UniqueFd file_;
  uint64_t written_ = 0;
};

}  // namespace envledger
