// The tables of a report: decisions, findings, envelopes.
#include <algorithm>
#include <map>
#include <tuple>

#include "ledger/base/message.h"
#include "ledger/report/html.h"
#include "ledger/report/record.h"
#include "ledger/report/sections.h"

namespace envledger {
namespace {

// Further rows are folded into a details element.
constexpr size_t kOpenRows = 20;
constexpr size_t kOpenFindings = 8;
// The number of envelopes in one table. A browser lays out a table as a whole, and again whenever it grows: a table of
// 10,000 rows took ten seconds. With small tables, each in a box of its own, it lays out only the visible ones.
constexpr size_t kPartRows = 100;
// The number of envelopes printed with their records, and the number printed at all: three tables, as in print.css and
// page.js. Printing 10,000 envelopes took a browser a minute and 800 pages.
constexpr size_t kPaperRecords = 50;
constexpr size_t kPaperRows = 3 * kPartRows;

std::string Tag(std::string_view style, std::string_view text) {
  return "<span class=\"tag " + std::string(style) + "\">" + Html(text) + "</span>";
}

std::string Cell(const std::string& html) { return "<td>" + html + "</td>"; }
std::string NumberCell(uint64_t number) { return "<td class=\"n\">" + Grouped(number) + "</td>"; }

std::string Head(const std::vector<std::string_view>& titles) {
  std::string html = "<thead><tr>";
  for (const std::string_view title : titles) html += "<th scope=\"col\">" + Html(title) + "</th>";
  return html + "</tr></thead>";
}

// A table whose later rows are folded.
std::string Rows(const std::vector<std::string_view>& titles, const std::vector<std::string>& rows, size_t at_once) {
  const std::string open = "<div class=\"wide\"><table class=\"list rows\">" + Head(titles) + "<tbody>\n";
  const std::string close = "</tbody></table></div>\n";
  std::string html = open;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i == at_once) {
      html += close + "<details><summary>" + Grouped(rows.size() - i) + " more</summary>\n" + open;
    }
    html += rows[i] + "\n";
  }
  return html + close + (rows.size() > at_once ? "</details>\n" : "");
}

std::string_view ClassOf(Effect effect) {
  switch (effect) {
    case Effect::kAllow:
      return "good";
    case Effect::kDeny:
      return "bad";
    case Effect::kNarrow:
      return "warn";
    default:
      return "open";
  }
}

std::string_view ClassOf(Severity severity) {
  return severity == Severity::kAlert ? "bad" : severity == Severity::kWarning ? "warn" : "open";
}

std::string RelationHtml(const Envelope& envelope) {
  const RelationWords relation = SummaryOf(envelope);
  if (relation.text.empty()) return "<span class=\"dim\">\u2013</span>";
  const bool fine = relation.worst == Relation::kAsRequested;
  const bool more = relation.worst == Relation::kWidened || relation.worst == Relation::kAdded;
  return "<span class=\"" + std::string(fine ? "dim" : "") + "\">" +
         (more   ? "\u25b2 "
          : fine ? ""
                 : "\u25bc ") +
         Html(relation.text) + "</span>";
}

std::string AmountsHtml(const Envelope& envelope) {
  const std::string asked = ResourcesText(envelope.requested);
  std::string html = asked.empty() ? "<span class=\"dim\">nothing stated</span>" : Html(asked);
  if (!envelope.granted) return html;
  const std::string granted = ResourcesText(envelope.granted->resources);
  if (asked.empty() && granted.empty()) return html;
  // The texts alone are not enough: names that look like amounts could make two maps look alike.
  const bool as_requested = std::all_of(envelope.relation.begin(), envelope.relation.end(),
                                        [](const auto& pair) { return pair.second == Relation::kAsRequested; });
  if (granted == asked && as_requested) return html + " <span class=\"arrow\">\u2192 the same</span>";
  return html + " <span class=\"arrow\">\u2192</span> " + (granted.empty() ? "nothing stated" : Html(granted));
}

std::string EnvelopeRow(const ReportContents& contents, size_t i, bool open) {
  const Story& story = contents.stories[i];
  const Envelope& envelope = story.envelope;
  const Ending ending = EndingOf(envelope.stage);
  std::string html = "<tbody id=\"e" + std::to_string(i) + "\"><tr><td class=\"t\">" + ShortTime(envelope.opened_at) +
                     "</td>" + Cell(Tag(ClassOf(ending), Name(envelope.stage))) +
                     Cell(Html(WhoText(envelope, contents.names))) + Cell(Html(WhatText(envelope.execution))) +
                     Cell(Html(ScopeText(envelope.scope))) + Cell(AmountsHtml(envelope)) +
                     Cell(RelationHtml(envelope)) + "</tr>\n<tr class=\"d\"><td colspan=\"7\"><details" +
                     (open ? " open" : "") + "><summary><code>" + Html(envelope.envelope_id) + "</code> \u00b7 " +
                     std::to_string(story.records.size()) + (story.records.size() == 1 ? " record" : " records") +
                     (story.later == 0 ? "" : " \u00b7 " + std::to_string(story.later) + " later left out") +
                     (story.problem.empty() ? "" : " \u00b7 INCOMPLETE: " + Html(story.problem)) + "</summary>\n<ol>\n";
  Nanos before = 0;
  for (size_t k = 0; k < story.records.size(); ++k) {
    const uint64_t seq = story.records[k].seq;
    html += RecordHtml(story.records[k], contents.data.entries.at(seq), k == 0 ? nullptr : &before);
    before = story.records[k].transition.occurred_at.value_or(0);
  }
  return html + "</ol></details></td></tr></tbody>\n";
}

// Printed only: says what the paper does not show of the envelopes.
std::string OnPaper(size_t envelopes) {
  const PaperUse use = PaperUseOf(envelopes);
  if (use == PaperUse::kRecords) return {};
  std::string text = "The records of each envelope are in the file of this report, not on paper.";
  if (use == PaperUse::kSome) {
    text += " Only the first " + std::to_string(kPaperRows) + " or so of its " + Grouped(envelopes) +
            " envelopes are on paper; after a search in the file, those that it found are printed.";
  }
  return "<p class=\"dim on-paper\">" + text + "</p>\n";
}

}  // namespace

PaperUse PaperUseOf(size_t envelopes) {
  if (envelopes <= kPaperRecords) return PaperUse::kRecords;
  return envelopes <= kPaperRows ? PaperUse::kRows : PaperUse::kSome;
}

std::string DecisionsSection(const ReportContents& contents) {
  struct Group {
    Effect effect;
    std::string reasons;
    std::string policy;
    auto operator<=>(const Group&) const = default;
  };
  std::map<Group, uint64_t> groups;
  for (const Story& story : contents.stories) {
    for (const Record& record : story.records) {
      if (!record.transition.decision || record.transition.decision->effect == Effect::kUnspecified) continue;
      const Decision& decision = *record.transition.decision;
      std::string policy = decision.policy ? decision.policy->id : "";
      if (decision.policy && !decision.policy->version.empty()) policy += "@" + decision.policy->version;
      ++groups[{decision.effect, Joined(decision.reasons, "; "), policy}];
    }
  }
  if (groups.empty()) return {};
  std::vector<std::pair<Group, uint64_t>> ordered(groups.begin(), groups.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> rows;
  for (const auto& [group, count] : ordered) {
    rows.push_back("<tr>" + NumberCell(count) + Cell(Tag(ClassOf(group.effect), Name(group.effect))) +
                   Cell(group.reasons.empty() ? "<span class=\"dim\">no reason stated</span>" : Html(group.reasons)) +
                   Cell(group.policy.empty() ? "<span class=\"dim\">not stated</span>"
                                             : "<code>" + Html(group.policy) + "</code>") +
                   "</tr>");
  }
  return "<section id=\"decisions\"><h2>Decisions</h2>\n" +
         Rows({"Count", "Effect", "Reasons", "Policy"}, rows, kOpenRows) + "</section>\n";
}

std::string FindingsSection(const ReportContents& contents) {
  std::string html = "<section id=\"findings\"><h2>Findings</h2>\n";
  if (contents.findings.empty()) {
    return html + "<p>None from the rules that judge a single envelope.</p></section>\n";
  }
  std::map<std::string_view, size_t> index;
  for (size_t i = 0; i < contents.stories.size(); ++i) index[contents.stories[i].envelope.envelope_id] = i;
  // The most severe kinds come first; the findings are sorted by severity.
  std::vector<std::pair<FindingKind, std::vector<std::string>>> kinds;
  for (const Finding& finding : contents.findings) {
    const std::string id = "<code>" + Html(finding.envelope_id) + "</code>";
    const auto found = index.find(finding.envelope_id);
    const std::string link =
        found == index.end() ? id : "<a href=\"#e" + std::to_string(found->second) + "\">" + id + "</a>";
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) { return one.first == finding.kind; });
    if (kind == kinds.end()) kind = kinds.insert(kind, {finding.kind, {}});
    kind->second.push_back("<tr>" + Cell(Tag(ClassOf(finding.severity), Name(finding.severity))) +
                           Cell(Html(finding.text)) + Cell(finding.who ? Html(contents.names.Name(*finding.who)) : "") +
                           Cell(link) + "</tr>");
  }
  for (const auto& [kind, rows] : kinds) {
    html += "<h3><code>" + Html(Name(kind)) + "</code> \u00b7 " + Grouped(rows.size()) + "</h3>\n<p class=\"dim\">" +
            Html(ExplanationOf(kind)) + "</p>\n" + Rows({"Severity", "What", "Who", "Envelope"}, rows, kOpenFindings);
  }
  return html + "</section>\n";
}

void AddEnvelopesSection(const ReportContents& contents, std::string& page) {
  page += "<section id=\"envelopes\"><h2>Envelopes</h2>\n";
  if (contents.stories.empty()) {
    page += "<p>None match.</p></section>\n";
    return;
  }
  page +=
      OnPaper(contents.stories.size()) +
      "<div class=\"search\"><input type=\"search\" id=\"q\" placeholder=\"Search who, what, scope, reason, id\u2026\" "
      "aria-label=\"Search the envelopes\" autocomplete=\"off\" spellcheck=\"false\"><span class=\"dim\" id=\"shown\" "
      "role=\"status\"></span></div>\n<div class=\"wide\" id=\"list\">\n";
  const std::string begin =
      "<table class=\"list\"><colgroup><col class=\"w1\"><col class=\"w2\"><col><col class=\"w4\"><col><col "
      "class=\"w6\"><col class=\"w7\"></colgroup>" +
      Head({"Asked (UTC)", "Stage", "Who", "What", "Scope", "Requested \u2192 granted", "Relation"}) + "\n";
  const std::string end = "</table></div>\n";
  const bool open = contents.stories.size() <= 3;
  for (size_t i = 0; i < contents.stories.size(); ++i) {
    if (i % kPartRows == 0) {
      const bool full = contents.stories.size() - i >= kPartRows;
      page += (i == 0 ? "" : end) + "<div class=\"part" + (full ? " full" : "") + "\">" + begin;
    }
    page += EnvelopeRow(contents, i, open);
  }
  page += end + "</div></section>\n";
}

}  // namespace envledger
