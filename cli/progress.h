// A progress line on stderr, shown only if stderr is a terminal and the work takes longer than a second.
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
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws the line at most ten times a second. `total` is 0 if it is not known. `what`: "entries".
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
