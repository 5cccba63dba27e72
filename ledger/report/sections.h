// The sections of a report's page. Each function gives HTML in whole lines; producers' text is escaped.
#pragma once

#include <string>
#include <vector>

#include "ledger/analysis/findings.h"
#include "ledger/base/status.h"
#include "ledger/report/data.h"
#include "ledger/text/words.h"

namespace envledger {

// How an envelope ended, or that it is open.
enum class Ending { kOpen, kWell, kBadly };
Ending EndingOf(Stage stage);
// The CSS class: "open", "good", "bad".
std::string_view ClassOf(Ending ending);

// What a printed report shows of its envelopes: all with their records, all without records, or only the first ones,
// without records.
enum class PaperUse { kRecords, kRows, kSome };
PaperUse PaperUseOf(size_t envelopes);

// What the sections are made from. Holds references only.
struct ReportContents {
  const ReportData& data;
  const std::vector<Story>& stories;
  const std::vector<Finding>& findings;
  const NameBook& names;
};

std::string SummarySection(const ReportContents& contents);
std::string TimelineSection(const ReportContents& contents);
Result<std::string> ResourcesSection(const ReportContents& contents);
std::string DecisionsSection(const ReportContents& contents);
std::string FindingsSection(const ReportContents& contents);
// By far the largest section, so it is appended to `page` and not copied.
void AddEnvelopesSection(const ReportContents& contents, std::string& page);
std::string EvidenceSection(const ReportContents& contents);

}  // namespace envledger
