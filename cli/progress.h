// A line of progress on stderr, when that is a terminal and the work takes over a second.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "ledger/base/time.h"

namespace envledger::cli {

class Progress {
 public:
  // `ticks`: a steady clock.
  Progress(std::ostream& err, bool enabled, std::function<Nanos()> ticks);
  // Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // How far it is; `total` 0 when nobody knows. Draws at most ten times a second. `what`: "entries".
  void Update(uint64_t done, uint64_t total, std::string_view what);

 private:
  std::ostream& err_;
  const bool enabled_;
  const std::function<Nanos()> ticks_;
  const Nanos started_;
  Nanos drawn_ = 0;
  bool visible_ = false;
};

// "[######--------------]  30%  600,000 of 2,000,000 entries, 850,000/s".
std::string ProgressText(uint64_t done, uint64_t total, std::string_view what, Nanos elapsed);

}  // namespace envledger::cli
