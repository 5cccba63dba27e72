// The sections of a report's page. Each gives HTML in whole lines; what producers wrote is escaped.
#pragma once

#include <string>
#include <vector>

#include "ledger/analysis/findings.h"
#include "ledger/report/data.h"
#include "ledger/text/words.h"

namespace envledger {

// How an envelope stands, in three.
enum class Ending { kOpen, kWell, kBadly };
Ending EndingOf(Stage stage);
// The class of the page's style: "open", "good", "bad".
std::string_view ClassOf(Ending ending);

// What of the envelopes a printed report shows: all with their records, all without them, or the first without them.
enum class PaperUse { kRecords, kRows, kSome };
PaperUse PaperUseOf(size_t envelopes);

struct ReportContents {
  const ReportData& data;
  const std::vector<Story>& stories;
  const std::vector<Finding>& findings;
  const NameBook& names;
};

std::string SummarySection(const ReportContents& contents);
std::string TimelineSection(const ReportContents& contents);
// kResourceExhausted when a sum leaves 128 bits.
Result<std::string> ResourcesSection(const ReportContents& contents);
std::string DecisionsSection(const ReportContents& contents);
std::string FindingsSection(const ReportContents& contents);
void AddEnvelopesSection(const ReportContents& contents, std::string& page);  // the largest: to the end of the page
std::string EvidenceSection(const ReportContents& contents);

}  // namespace envledger
