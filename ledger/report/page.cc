// The page begins with what was asked and how far the answer can be trusted, and ends with its evidence and how to
// check it. Everything on it comes from ReportData, so a report is checked by rendering it a second time.
#include "ledger/report/page.h"

#include <algorithm>

#include "ledger/base/message.h"
#include "ledger/crypto/sha256.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/protocol/filters.h"
#include "ledger/report/assets.h"
#include "ledger/report/html.h"
#include "ledger/report/sections.h"

namespace envledger {
namespace {

std::string Principals(const ReportData& data) {
  std::vector<std::string> names;
  for (const Principal& principal : data.principals) names.push_back(FullPrincipalText(principal));
  return Joined(names, ", ");
}

// The subject of the report, in a few words.
std::string Subject(const ReportData& data) {
  if (const std::string* id = FindFilter(data, "envelope")) return *id;
  const std::string* tenant = FindFilter(data, "tenant");
  if (!data.principals.empty()) return Principals(data) + (tenant ? ", tenant " + *tenant : "");
  if (const std::string* principal = FindFilter(data, "principal")) return *principal;
  return tenant ? "Tenant " + *tenant : "All envelopes";
}

std::string Period(const ReportData& data) {
  const std::string* since = FindFilter(data, "since");
  const std::string* until = FindFilter(data, "until");
  if (since && until) return "asked from " + *since + " until before " + *until;
  if (since) return "asked since " + *since;
  if (until) return "asked before " + *until;
  return "all times";
}

// The other filters, as given.
std::string Others(const ReportData& data) {
  std::vector<KeyValue> others = data.filters;
  std::erase_if(others, [](const KeyValue& filter) { return filter.key == "since" || filter.key == "until"; });
  return FiltersText(others);
}

// The moment that the page describes, if it is not the end of the ledger.
std::string MomentHtml(const ReportContents& contents) {
  const auto at = MomentOf(contents.data);
  if (!at) return {};
  uint64_t later = 0;
  for (const Story& story : contents.stories) later += story.later;
  std::string rest = "No envelope here has a record of a later time.";
  if (later == 1)
    rest = "1 record of a later time (occurred_at) is kept in the evidence, and left out of the rest of this page.";
  if (later > 1) {
    rest = Grouped(later) +
           " records of a later time (occurred_at) are kept in the evidence, and left out of the rest of this page.";
  }
  return "<p class=\"moment\"><b>State as of " + FullTime(*at) + " UTC.</b> " + rest + "</p>\n";
}

// How complete the answer is. The checkpoint vouches that the entries are in the ledger; only the ledger says that none
// is missing.
std::string Claim(const ReportData& data) {
  std::string text = data.complete ? "Complete" : "INCOMPLETE";
  text += " as of " + Grouped(data.answered_size) + " entries";
  if (data.complete && FindFilter(data, "envelope") == nullptr) {
    text += ", according to the ledger: ";
    text += data.envelopes.empty() ? "no envelope matches" : "every envelope that matches";
  }
  text += data.more ? ", up to the given limit; there are more." : ".";
  if (data.complete && !data.envelopes.empty()) {
    text += " Revisions are dense, so no record between an envelope's first and last is left out";
    text += MomentOf(data) ? " of the evidence." : ".";
  }
  if (!data.problem.empty()) text += " What is missing: " + data.problem + ".";
  const bool whole = data.complete && !data.more;
  return "<p class=\"claim" + std::string(whole ? "" : " hole") + "\">" + Html(text) + "</p>\n";
}

// Links to the sections that the page has; it always has the last two.
std::string Navigation(const std::string& sections) {
  static constexpr std::pair<std::string_view, std::string_view> kSections[] = {{"summary", "Summary"},
                                                                                {"timeline", "Timeline"},
                                                                                {"resources", "Resources"},
                                                                                {"decisions", "Decisions"},
                                                                                {"findings", "Findings"}};
  std::string html = "<nav aria-label=\"Sections\">";
  for (const auto& [id, name] : kSections) {
    if (sections.find("<section id=\"" + std::string(id) + "\"") == std::string::npos) continue;
    html += "<a href=\"#" + std::string(id) + "\">" + std::string(name) + "</a>";
  }
  return html + "<a href=\"#envelopes\">Envelopes</a><a href=\"#check-it\">How to check</a></nav>\n";
}

std::string Header(const ReportContents& contents, const std::string& origin, const std::string& sections) {
  const ReportData& data = contents.data;
  const bool of_one = FindFilter(data, "envelope") != nullptr;
  return "<header class=\"top\"><p class=\"eyebrow\">Audit report \u00b7 " + Html(origin) + "</p>\n<h1>" +
         Html(Subject(data)) + "</h1>\n<p class=\"sub\">Who asked for what, what was granted, under which scope" +
         (of_one ? "" : " \u2013 " + Html(Period(data))) + "</p>\n" + MomentHtml(contents) + Claim(data) +
         Navigation(sections) + "</header>\n";
}

std::string Tile(std::string_view name, uint64_t number) {
  return "<div><dt>" + std::string(name) + "</dt><dd>" + Grouped(number) + "</dd></div>";
}

// The class that the print style depends on.
std::string_view BodyClass(size_t envelopes) {
  switch (PaperUseOf(envelopes)) {
    case PaperUse::kRecords:
      return " class=\"few\"";
    case PaperUse::kSome:
      return " class=\"many\"";
    case PaperUse::kRows:
      break;
  }
  return {};
}

std::string ContentSecurityPolicy() {
  const auto hash = [](std::string_view text) { return "'sha256-" + Base64(View(Sha256(text))) + "'"; };
  return "default-src 'none'; style-src " + hash(kReportStyle) + "; script-src " + hash(kReportScript) +
         "; base-uri 'none'; form-action 'none'";
}

std::string Head(const ReportData& data) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-"
         "Policy\" content=\"" +
         ContentSecurityPolicy() +
         "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
         "content=\"no-referrer\">\n<meta name=\"generator\" content=\"envledger " +
         Html(data.tool_version) + "\">\n<title>Audit report: " + Html(Subject(data)) + "</title>\n<style>" +
         std::string(kReportStyle) + "</style>\n</head>\n";
}

std::vector<Finding> FindingsOfAll(const ReportData& data, const std::vector<Story>& stories) {
  FindingOptions options;
  options.now = NowOf(data);
  std::vector<Finding> findings;
  for (const Story& story : stories) {
    for (Finding& finding : FindingsOf(story.envelope, story.records, options)) findings.push_back(std::move(finding));
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return findings;
}

}  // namespace

Ending EndingOf(Stage stage) {
  if (stage == Stage::kCompleted) return Ending::kWell;
  return IsTerminal(stage) ? Ending::kBadly : Ending::kOpen;
}

std::string_view ClassOf(Ending ending) {
  return ending == Ending::kWell ? "good" : ending == Ending::kBadly ? "bad" : "open";
}

std::string SummarySection(const ReportContents& contents) {
  const ReportData& data = contents.data;
  uint64_t by_ending[3] = {};
  uint64_t denied = 0;
  uint64_t less = 0;
  uint64_t more = 0;
  for (const Story& story : contents.stories) {
    ++by_ending[static_cast<size_t>(EndingOf(story.envelope.stage))];
    if (story.envelope.stage == Stage::kDenied) ++denied;
    const auto has = [&story](Relation a, Relation b) {
      return std::any_of(story.envelope.relation.begin(), story.envelope.relation.end(),
                         [&](const auto& pair) { return pair.second == a || pair.second == b; });
    };
    if (has(Relation::kNarrowed, Relation::kWithheld)) ++less;
    if (has(Relation::kWidened, Relation::kWidened)) ++more;
  }
  std::string html = "<section id=\"summary\"><h2>Summary</h2>\n<dl class=\"tiles\">" +
                     Tile("envelopes", contents.stories.size()) + Tile("completed", by_ending[1]) +
                     Tile("open", by_ending[0]) + Tile("ended otherwise", by_ending[2]) +
                     Tile("of these denied", denied) + Tile("granted less", less) + Tile("granted more", more) +
                     Tile("findings", contents.findings.size()) + "</dl>\n";
  const auto fact = [&html](std::string_view term, const std::string& text) {
    if (!text.empty()) html += "<dt>" + std::string(term) + "</dt><dd>" + Html(text) + "</dd>";
  };
  html += "<dl class=\"facts\">";
  fact("About", Principals(data));
  fact("Asked with", Others(data));
  if (FindFilter(data, "envelope") == nullptr) fact("Period", Period(data));
  fact("Made", FullTime(data.generated_at) + " UTC, by envledger " + data.tool_version);
  fact("Answered from", Grouped(data.answered_size) + " entries, root " + Hex(View(data.answered_root)));
  fact("Holds", Grouped(data.entries.size()) + " sealed entries, as they are in the ledger");
  return html + "</dl></section>\n";
}

Result<std::string> ReportPage(const ReportData& data, const std::vector<Story>& stories) {
  std::string origin;
  if (!data.checkpoint.empty()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointNote(data.checkpoint));
    origin = checkpoint.origin;
  }
  NameBook names;
  for (const Story& story : stories) names.Learn(story.envelope);
  const std::vector<Finding> findings = FindingsOfAll(data, stories);
  const ReportContents contents{data, stories, findings, names};
  // Appended one after another to one string: the envelopes and the evidence are too large to hold twice.
  std::string sections = SummarySection(contents) + TimelineSection(contents);
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string resources, ResourcesSection(contents));
  sections += resources;
  sections += DecisionsSection(contents);
  sections += FindingsSection(contents);
  std::string page = Head(data) + "<body" + std::string(BodyClass(stories.size())) + ">\n";
  page += Header(contents, origin, sections) + "<main>\n" + sections;
  AddEnvelopesSection(contents, page);
  page += EvidenceSection(contents);
  page += "</main>\n<footer>All times in UTC, from the producers unless said otherwise. Made by envledger " +
          Html(data.tool_version) + ".</footer>\n";
  page += kReportDataBegin;
  AddReportDataJson(data, page);
  page += kReportDataEnd;
  page += "<script>" + std::string(kReportScript) + "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace envledger
