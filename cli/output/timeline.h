// The story of one envelope, printed for people.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

#include "cli/output/output_style.h"
#include "ledger/codec/envelope.h"

namespace envledger::cli {

class Timeline {
 public:
  // Prints the heading (who, for whom, through whom, what, under which scope), and the resources requested, granted and
  // used side by side. All arguments must outlive the object.
  Timeline(std::ostream& out, const OutputStyle& style, const Envelope& envelope);
  // The next record and its sealed bytes. REQUIRES: no more than envelope.revisions of them.
  void Add(const Record& record, std::string_view entry);

 private:
  std::ostream& out_;
  const OutputStyle& style_;
  const Envelope& envelope_;
  uint64_t added_ = 0;
  std::optional<Nanos> before_;  // occurred_at of the previous record
};

}  // namespace envledger::cli
