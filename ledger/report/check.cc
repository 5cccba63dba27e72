// A report is its entries; everything else in it must follow from them. So the checks go from the bottom up: the
// signature vouches for the root, the root for the entries, and the entries for the envelopes. The page rendered from
// all of this must then equal the given page, byte for byte.
#include "ledger/report/check.h"

#include <algorithm>
#include <set>

#include "ledger/evidence/link_book.h"
#include "ledger/evidence/proof_file.h"
#include "ledger/protocol/match.h"
#include "ledger/report/filters.h"
#include "ledger/report/gather.h"
#include "ledger/report/page.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

Result<std::string_view> EmbeddedJson(std::string_view page) {
  const size_t begin = page.find(kReportDataBegin);
  if (begin == std::string_view::npos)
    return InvalidArgument("it embeds no evidence, so it is not a report of this tool");
  const std::string_view rest = page.substr(begin + kReportDataBegin.size());
  const size_t end = rest.find(kReportDataEnd);
  if (end == std::string_view::npos) return InvalidArgument("its evidence is cut off");
  return rest.substr(0, end);
}

// The page names a key, and the auditor has one; usually they are the same. Both must have signed.
Result<CheckedTree> CheckSignature(const ReportData& data, const TrustPolicy& policy) {
  auto tree = OpenInFile(data.checkpoint, policy);
  if (!tree.ok()) return std::move(tree).status().Prepend("its checkpoint ");
  auto named = ParseVerifierKey(data.vkey);
  if (!named.ok()) return Corruption("the key in the report: " + named.status().message());
  const auto as_named = OpenInFile(data.checkpoint, TrustKey(*std::move(named)));
  if (!as_named.ok())
    return Corruption("its checkpoint, checked with the key in the report, " + as_named.status().message());
  return tree;
}

// Checks that every entry belongs to exactly one envelope and follows the one before it, and that no envelope is shown
// twice.
Status CheckEnvelopes(const ReportData& data, const std::vector<Story>& stories) {
  std::set<std::string_view> ids;
  std::set<uint64_t> shown;
  for (size_t number = 0; number < stories.size(); ++number) {
    const Story& story = stories[number];
    const ReportEnvelope& envelope = data.envelopes[number];
    const std::string name = "envelope " + envelope.id;
    if (!ids.insert(envelope.id).second) return Corruption(name + " is shown twice");
    if (!story.problem.empty() && data.complete)
      return Corruption(story.problem + ", but the report says that it is complete");
    std::optional<uint64_t> before;
    for (const uint64_t seq : envelope.seqs) {
      if (before && seq <= *before) {
        return Corruption(name + ": entry " + std::to_string(seq) + " is listed after entry " +
                          std::to_string(*before));
      }
      if (!shown.insert(seq).second)
        return Corruption(name + ": entry " + std::to_string(seq) + " belongs to another envelope as well");
      before = seq;
    }
    if (!story.problem.empty()) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(const EnvelopeRecords answer, AnswerOf(data, envelope));
    ENVLEDGER_RETURN_IF_ERROR(CheckRevisions(answer).Prepend(name + ": "));
  }
  for (const auto& [seq, bytes] : data.entries) {
    if (shown.contains(seq)) continue;
    return Corruption("the report embeds " + std::to_string(data.entries.size()) + " entries but shows only " +
                      std::to_string(shown.size()) + ": entry " + std::to_string(seq) + " is in no envelope");
  }
  return Ok();
}

// Checks that every envelope passes the filters stated in the report, in the stated order and limit. Records are judged
// by the same code that answers queries. If the report says that an envelope has a hole, the missing records may be
// what makes it pass, or what determines its place; then only the first record, which is always present, is judged.
// Returns the number of envelopes that were judged by all their records.
Result<size_t> CheckFilters(const ReportData& data, const QueryPlan& plan, const std::vector<Story>& stories) {
  const QueryRequest& request = plan.request;
  const Matcher matcher(request);
  const std::string* id = FindFilter(data, "envelope");
  if (id != nullptr && stories.size() != 1) {
    return Corruption("it holds " + Grouped(stories.size()) + " envelopes instead of the one given by --envelope " +
                      *id);
  }
  size_t judged = 0;
  std::optional<uint64_t> before;
  for (size_t i = 0; i < stories.size(); ++i) {
    const Story& story = stories[i];
    const ReportEnvelope& envelope = data.envelopes[i];
    const auto differs = [&](const std::string& how) { return Corruption("envelope " + envelope.id + how); };
    const auto passes_not = [&] { return differs(" does not match " + FiltersText(data.filters)); };
    if (id != nullptr && envelope.id != *id) return differs(" is not the one given by --envelope " + *id);
    // The filters consider all records, including those after the moment.
    std::vector<Record> all;
    if (story.later > 0) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EnvelopeRecords answer, AnswerOf(data, envelope));
      ENVLEDGER_ASSIGN_OR_RETURN(all, RecordsOf(answer.entries));
    }
    const std::vector<Record>& records = story.later > 0 ? all : story.records;
    if (story.problem.empty()) {
      const auto roles = matcher.Judge(records);
      if (!roles) return passes_not();
      // Without a principal nobody has any.
      if (*roles != envelope.roles) return differs(": the principal has other roles in it than the report says");
      ++judged;
    } else {
      if (matcher.RulesOut(records.front())) return passes_not();
      if (matcher.rule() != PlaceRule::kRequested) continue;
    }
    const auto place = matcher.PlaceOf(records);
    if (!place) return passes_not();
    if (before && (request.descending ? *place >= *before : *place <= *before)) return differs(" is out of order");
    before = place;
  }
  const bool limited = plan.limit != 0;
  if ((limited && stories.size() > plan.limit) || (data.more && !(limited && stories.size() == plan.limit))) {
    return Corruption("it holds " + Grouped(stories.size()) + " envelopes" +
                      (data.more ? " and says that there are more" : "") + ", which does not match its limit");
  }
  return judged;
}

// What CheckFilters has established, as a sentence.
std::string FiltersSentence(const std::vector<KeyValue>& filters, size_t judged, size_t stories) {
  const std::string of = FiltersText(filters) + ", judged by ";
  if (judged == stories) return "Each of them matches " + of + "its records.";
  return Grouped(judged) + " of " + Grouped(stories) + " match " + of +
         "all their records; the others have holes, and only their first record was judged.";
}

// A principal's records are numbered across the ledger, and each names the one before it. When the principal is the
// only filter, all of the principal's records in the tree that was queried must be in the report; records appended
// while the ledger answered may also be.
Status CheckOrdinals(const ReportData& data, const QueryPlan& plan, std::vector<std::string>& shown) {
  const bool alone =
      plan.request.principal && data.complete && !data.more &&
      std::all_of(data.filters.begin(), data.filters.end(), [](const KeyValue& filter) {
        return filter.key == "principal" || filter.key == "issuer" || filter.key == "order" || filter.key == "scan";
      });
  if (!alone) return Ok();
  LinkBook book(*plan.request.principal);
  for (const ReportEnvelope& envelope : data.envelopes) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EnvelopeRecords answer, AnswerOf(data, envelope));
    ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<NamedLink> links, LinkReader::ReadAll(answer.entries));
    book.Add(links);
  }
  const Window whole{0, data.answered_size};
  ENVLEDGER_ASSIGN_OR_RETURN(const auto gap, book.NextGap(whole));
  if (gap) {
    return Corruption("record " + std::to_string(gap->ordinal) + " of " + FullPrincipalText(gap->principal) +
                      ", entry " + std::to_string(gap->seq) + ", is left out");
  }
  const auto reaches = book.Reaches(whole);
  for (const Principal& principal : data.principals) {
    if (!reaches.contains(principal)) return Corruption("there is no record of " + FullPrincipalText(principal));
  }
  for (const auto& [principal, reach] : reaches) {
    shown.push_back("The " + Grouped(reach.last) + " records of " + FullPrincipalText(principal) +
                    " are numbered without a gap from the first one on, among the first " +
                    Grouped(data.answered_size) + " entries.");
  }
  return Ok();
}

// Finds where the page differs from the one rendered from its evidence.
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
                     around(page, offset) + ", but the evidence gives " + around(made, offset);
  if (version != ENVLEDGER_VERSION) {
    what += "; it was made by envledger " + Quoted(version) + ", and only that version can compare the page itself";
  }
  return Corruption(what);
}

}  // namespace

Result<ReportCheck> CheckReport(std::string_view page, const TrustPolicy& policy) {
  ReportCheck check;
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view json, EmbeddedJson(page));
  ENVLEDGER_ASSIGN_OR_RETURN(check.data, ReadReportData(json));
  const ReportData& data = check.data;
  if (!data.checkpoint.empty() || !data.entries.empty()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const CheckedTree tree, CheckSignature(data, policy));
    check.checkpoint = tree.checkpoint();
    check.shown.push_back("The checkpoint of " + check.checkpoint.origin + " over " + Grouped(check.checkpoint.size) +
                          " entries is signed by the key.");
    if (!data.entries.empty()) {
      ENVLEDGER_RETURN_IF_ERROR(CheckEvidence(data, tree));
      check.shown.push_back(Grouped(data.entries.size()) + " entries are in its tree, each in its place.");
    }
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<Story> stories, StoriesOf(data));
  ENVLEDGER_RETURN_IF_ERROR(CheckEnvelopes(data, stories));
  auto plan = PlanOf(data);
  if (!plan.ok()) return Corruption("its filters: " + plan.status().message());
  ENVLEDGER_ASSIGN_OR_RETURN(const size_t judged, CheckFilters(data, plan->query, stories));
  check.shown.push_back(
      Grouped(stories.size()) + " envelopes follow from them" +
      (data.complete ? ", and their revisions are dense." : "; the report itself says that some are missing."));
  if (!data.filters.empty() && !stories.empty()) {
    check.shown.push_back(FiltersSentence(data.filters, judged, stories.size()));
  }
  ENVLEDGER_RETURN_IF_ERROR(CheckOrdinals(data, plan->query, check.shown));
  auto made = ReportPage(data, stories);
  if (!made.ok()) return Corruption("no page can be rendered from its evidence: " + made.status().message());
  ENVLEDGER_RETURN_IF_ERROR(ComparePages(page, *made, data.tool_version));
  check.shown.push_back("Every byte of the page follows from them.");
  return check;
}

}  // namespace envledger
