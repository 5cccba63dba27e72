// The entries are what a report says, everything else on it must follow from them. So the checks go from the bottom
// up: the signature vouches for the root, the root for the entries, the entries for the envelopes, and the page made
// again from all this must be the page.
#include "cli/report_check.h"

#include <algorithm>
#include <set>

#include "cli/report_gather.h"
#include "cli/report_page.h"
#include "cli/words.h"
#include "ledger/codec/transition.h"

namespace envledger::cli {
namespace {

Result<std::string_view> EmbeddedJson(std::string_view page) {
  const size_t begin = page.find(kReportDataBegin);
  if (begin == std::string_view::npos) return InvalidArgument("it embeds no evidence: no report of this tool");
  const std::string_view rest = page.substr(begin + kReportDataBegin.size());
  const size_t end = rest.find(kReportDataEnd);
  if (end == std::string_view::npos) return InvalidArgument("its evidence is cut off");
  return rest.substr(0, end);
}

Result<Checkpoint> CheckSignature(const ReportData& data, const VerifierKey& key) {
  if (data.vkey != FormatVerifierKey(key)) {
    return Corruption("its checkpoint is said to be signed by " + data.vkey + ", not by the key given");
  }
  auto checkpoint = OpenCheckpoint(data.checkpoint, key);
  if (!checkpoint.ok()) return Corruption("its checkpoint: " + checkpoint.status().message());
  return checkpoint;
}

// Every entry belongs to one envelope, and no envelope stands there twice; each points at the one before it.
Status CheckEnvelopes(const ReportData& data, const std::vector<Story>& stories) {
  std::set<std::string_view> ids;
  size_t records = 0;
  for (const Story& story : stories) {
    const std::string& id = story.envelope.envelope_id;
    if (!ids.insert(id).second) return Corruption("envelope " + id + " stands there twice");
    if (!story.problem.empty() && data.complete) return Corruption(story.problem + ", and the report says complete");
    records += story.records.size();
    for (size_t i = 1; i < story.records.size() && story.problem.empty(); ++i) {
      const uint64_t seq = story.records[i].seq;
      ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(data.entries.at(seq)));
      if (entry.header.envelope_previous != story.records[i - 1].seq) {
        return Corruption("envelope " + id + ": entry " + std::to_string(seq) + " does not follow entry " +
                          std::to_string(story.records[i - 1].seq));
      }
    }
  }
  if (records == data.entries.size()) return Ok();
  return Corruption("the report embeds " + std::to_string(data.entries.size()) + " entries and shows " +
                    std::to_string(records));
}

bool Involves(const Story& story, const std::vector<Principal>& principals) {
  const auto is_one = [&](const Principal& one) {
    return std::find(principals.begin(), principals.end(), one) != principals.end();
  };
  for (const Record& record : story.records) {
    const Transition& transition = record.transition;
    if (transition.identity) {
      if (is_one(transition.identity->requester)) return true;
      if (transition.identity->subject && is_one(*transition.identity->subject)) return true;
      for (const DelegationHop& hop : transition.identity->delegation) {
        if (is_one(hop.actor)) return true;
      }
    }
    if (transition.decision && transition.decision->decider && is_one(*transition.decision->decider)) return true;
  }
  return false;
}

// Of the filters that the report states, those that an envelope shows by itself.
Status CheckFilters(const ReportData& data, const std::vector<Story>& stories) {
  for (const Story& story : stories) {
    const Envelope& envelope = story.envelope;
    const auto differs = [&](std::string_view name, auto is_met) -> Status {
      const std::string* value = FindFilter(data, name);
      if (value == nullptr || is_met(*value)) return Ok();
      return Corruption("envelope " + envelope.envelope_id + " is not one of --" + std::string(name) + " " + *value);
    };
    const auto time = [](const std::string& text) {
      const auto parsed = ParseTime(text);
      return parsed.ok() ? *parsed : Nanos{-1};
    };
    ENVLEDGER_RETURN_IF_ERROR(differs("envelope", [&](const auto& v) { return envelope.envelope_id == v; }));
    ENVLEDGER_RETURN_IF_ERROR(differs("tenant", [&](const auto& v) { return envelope.identity.tenant == v; }));
    ENVLEDGER_RETURN_IF_ERROR(differs("kind", [&](const auto& v) { return Name(envelope.execution.kind) == v; }));
    ENVLEDGER_RETURN_IF_ERROR(differs("since", [&](const auto& v) { return envelope.opened_at >= time(v); }));
    ENVLEDGER_RETURN_IF_ERROR(differs("until", [&](const auto& v) { return envelope.opened_at < time(v); }));
    if (!data.principals.empty()) {
      ENVLEDGER_RETURN_IF_ERROR(differs("principal", [&](const auto&) { return Involves(story, data.principals); }));
    }
  }
  return Ok();
}

// A principal's records are numbered across the ledger. Where nothing but the principal chose the envelopes, all the
// numbers up to the last must be there.
Status CheckOrdinals(const ReportData& data, std::vector<std::string>& shown) {
  const bool alone = !data.principals.empty() && !data.more &&
                     std::all_of(data.filters.begin(), data.filters.end(), [](const KeyValue& filter) {
                       return filter.key == "principal" || filter.key == "issuer" || filter.key == "order";
                     });
  if (!alone) return Ok();
  std::map<Principal, std::set<uint64_t>> ordinals;
  for (const auto& [seq, bytes] : data.entries) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
    const TransitionFacts facts = FactsOf(entry.transition);
    const auto& links = entry.header.principal_links;
    for (size_t i = 0; i < links.size() && i < facts.involved.size(); ++i) {
      const PrincipalView& view = facts.involved[i].principal;
      ordinals[{view.kind, std::string(view.issuer), std::string(view.id)}].insert(links[i].ordinal);
    }
  }
  for (const Principal& principal : data.principals) {
    const std::set<uint64_t>& of_it = ordinals[principal];
    uint64_t expected = 1;
    for (const uint64_t ordinal : of_it) {
      if (ordinal != expected) {
        return Corruption("record " + std::to_string(expected) + " of " + FullPrincipalText(principal) +
                          " is left out: the next one there is its record " + std::to_string(ordinal));
      }
      ++expected;
    }
    shown.push_back("The " + Grouped(of_it.size()) + " records of " + FullPrincipalText(principal) +
                    " are numbered without a gap, from its first on.");
  }
  return Ok();
}

// Where the page differs from the one made again.
Status ComparePages(std::string_view page, std::string_view made, const std::string& version) {
  if (page == made) return Ok();
  const auto [at, of_made] = std::mismatch(page.begin(), page.end(), made.begin(), made.end());
  const size_t offset = static_cast<size_t>(at - page.begin());
  const auto line = std::count(page.begin(), at, '\n') + 1;
  const auto around = [](std::string_view text, size_t from) {
    const size_t start = from < 24 ? 0 : from - 24;
    return Quoted(text.substr(std::min(start, text.size()), 60));
  };
  std::string what = "the page differs from its own evidence in line " + std::to_string(line) + ": it says " +
                     around(page, offset) + ", the evidence gives " + around(made, offset);
  if (version != ENVLEDGER_VERSION) {
    what += "; it was made by envledger " + Quoted(version) + ", and only that version can compare the page itself";
  }
  return Corruption(what);
}

}  // namespace

Result<ReportCheck> CheckReport(std::string_view page, const VerifierKey& key) {
  ReportCheck check;
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view json, EmbeddedJson(page));
  ENVLEDGER_ASSIGN_OR_RETURN(check.data, ReadReportData(json));
  const ReportData& data = check.data;
  if (!data.checkpoint.empty() || !data.entries.empty()) {
    ENVLEDGER_ASSIGN_OR_RETURN(check.checkpoint, CheckSignature(data, key));
    check.shown.push_back("The checkpoint of " + check.checkpoint.origin + " over " + Grouped(check.checkpoint.size) +
                          " entries is signed by the key.");
  }
  if (!data.entries.empty()) {
    ENVLEDGER_RETURN_IF_ERROR(CheckEvidence(data, check.checkpoint));
    check.shown.push_back(Grouped(data.entries.size()) + " entries are in its tree, each in its place.");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<Story> stories, StoriesOf(data));
  ENVLEDGER_RETURN_IF_ERROR(CheckEnvelopes(data, stories));
  ENVLEDGER_RETURN_IF_ERROR(CheckFilters(data, stories));
  check.shown.push_back(
      Grouped(stories.size()) + " envelopes follow from them" +
      (data.complete ? ", their revisions dense." : "; the report says itself that some are missing."));
  ENVLEDGER_RETURN_IF_ERROR(CheckOrdinals(data, check.shown));
  auto made = ReportPage(data, stories);
  if (!made.ok()) return Corruption("the page cannot be made again: " + made.status().message());
  ENVLEDGER_RETURN_IF_ERROR(ComparePages(page, *made, data.tool_version));
  check.shown.push_back("Every byte of the page follows from them.");
  return check;
}

}  // namespace envledger::cli
