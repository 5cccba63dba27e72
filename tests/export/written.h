// A morning exported, by the library.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/export/export_records.h"
#include "tests/support/day.h"
#include "tests/support/fake_ledger.h"

namespace envledger {

// Three envelopes, five records.
inline FakeLedger ADay() {
  FakeLedger ledger;
  day::FillDay(ledger);
  ledger.status.origin = FakeLedger::kOrigin;
  return ledger;
}

struct Written {
  Status status;
  std::string text;
  Coverage coverage;
  uint64_t rows = 0;

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::vector<nlohmann::json> Json() const {
    std::vector<nlohmann::json> parsed;
    for (const std::string& line : Lines()) parsed.push_back(nlohmann::json::parse(line));
    return parsed;
  }
};

inline Written Write(LedgerReader& ledger, ExportForm form, ExportRows rows = ExportRows::kRecords,
                     QueryRequest query = {}) {
  Written written;
  const auto sink = [&](std::string_view lines) {
    EXPECT_EQ(lines.substr(lines.size() - 1), "\n") << "whole lines";
    written.text += lines;
    return Ok();
  };
  auto result = ExportRecords(ledger, {form, rows, std::move(query), 0, {}}, sink, {});
  written.status = result.status();
  if (result.ok()) {
    written.coverage = std::move(result->coverage);
    written.rows = result->rows;
  }
  return written;
}

}  // namespace envledger
