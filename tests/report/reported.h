// What the sections of a page are made from, gathered from a morning of a ledger in memory.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ledger/analysis/findings.h"
#include "ledger/report/gather.h"
#include "ledger/report/sections.h"
#include "tests/support/day.h"
#include "tests/support/fake_ledger.h"

namespace envledger {

inline ReportData Gathered(FakeLedger& ledger, std::vector<KeyValue> filters = {}) {
  ledger.genesis = *EntryBuilder().Build({}, Genesis{FakeLedger::kOrigin, FakeLedger::key().public_key});
  ledger.true_root = true;
  if (!ledger.log.empty()) ledger.Sign();
  ReportRequest request;
  request.filters = std::move(filters);
  request.now = day::kMorning + 3600 * kSecond;
  auto data = GatherReport(ledger, request, {});
  EXPECT_TRUE(data.ok()) << data.status().ToString();
  return *std::move(data);
}

// Of a FakeLedger, with the findings that the page would have.
struct Reported {
  explicit Reported(FakeLedger& ledger) : data(Gathered(ledger)), stories(*StoriesOf(data)) {
    FindingOptions options;
    options.now = NowOf(data);
    for (const Story& story : stories) {
      names.Learn(story.envelope);
      for (Finding& finding : FindingsOf(story.envelope, story.records, options)) {
        findings.push_back(std::move(finding));
      }
    }
  }
  ReportContents contents() const { return {data, stories, findings, names}; }

  ReportData data;
  std::vector<Story> stories;
  std::vector<Finding> findings;
  NameBook names;
};

// How often a part stands in a text.
inline size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace envledger
