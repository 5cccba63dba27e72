// What the entries of an answer can prove once they are known to be in the signed tree, and what they cannot:
//
//   an entry is in the ledger          by its inclusion proof
//   an envelope has no hole            its revisions count from 0, and each entry names the one before it
//   a principal's list has no hole     its links count from 1, and each names the entry of the link before it, so every
//                                      entry below a known link can be found, and fetched if the answer lacks it
//   nothing follows the last entry     cannot be proven this way: only reading everything shows it (verify)
//
// A query for a principal with further filters is proven by also reading that principal's other envelopes and checking
// here that none of them passes the filters. Everything is proven for the tree of the answer's first page. Entries
// appended while later pages were fetched are accepted but not searched for.
#include "ledger/evidence/answer_proof.h"

#include <algorithm>

#include "ledger/base/message.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/json.h"
#include "ledger/json/writer.h"
#include "ledger/protocol/match.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

constexpr uint64_t kBytesAnId = 128;                      // in ids_ and number_, in addition to the id
constexpr uint64_t kBytesALink = 2 * sizeof(BookedLink);  // the vector doubles when it grows

std::string EnvelopeName(const std::string& id) { return "envelope " + id + ": "; }

// The query for all of the principal's envelopes, in the same order.
QueryRequest WithoutFilters(const QueryRequest& request) {
  QueryRequest plain;
  plain.principal = request.principal;
  plain.principal->roles = 0;
  plain.descending = request.descending;
  return plain;
}

bool IsPlain(const QueryRequest& request) {
  QueryRequest as_if = WithoutFilters(request);
  as_if.limit = request.limit;
  as_if.cursor = request.cursor;
  as_if.in_parts = request.in_parts;
  return EncodeRequest({0, as_if}) == EncodeRequest({0, request});
}

std::string Plural(uint64_t count, const std::string& one, const std::string& many) {
  return Grouped(count) + " " + (count == 1 ? one : many);
}

}  // namespace

AnswerProof::AnswerProof(LedgerReader& reader, TrustPolicy policy, bool can_sign, std::optional<QueryRequest> request,
                         uint64_t max_bytes)
    : reader_(reader),
      policy_(std::move(policy)),
      can_sign_(can_sign),
      request_(std::move(request)),
      max_bytes_(max_bytes) {
  if (request_) matcher_.emplace(*request_);
  if (request_ && request_->principal) book_.emplace(*request_->principal);
}

Status AnswerProof::Add(EnvelopeStory& story) {
  if (!holds()) return Ok();
  Status taken = Take(story, true);
  if (taken.code() != Code::kCorruption) return taken;
  failure_ = EnvelopeName(story.envelope().envelope_id) + taken.message();
  return Ok();
}

Status AnswerProof::Charge(uint64_t bytes, uint64_t for_now) {
  bytes_ += bytes;
  if (bytes_ + for_now <= max_bytes_) return Ok();
  return {Code::kResourceExhausted, "prove",
          "the answer has too many records to prove at once; stopped after " + Grouped(leaves_.size()) +
              ": narrow the filters, or prove it in parts with --limit and --cursor"};
}

// Checks what an envelope's records show on their own, and keeps what remains to be proven about them.
Status AnswerProof::Take(EnvelopeStory& story, bool of_the_answer) {
  if (!story.hole().empty()) return Corruption(story.hole());
  const std::string& id = story.envelope().envelope_id;
  const auto number = static_cast<uint32_t>(ids_.size());
  if (!number_.try_emplace(id, number).second) return Corruption("it is in the answer twice");
  ids_.push_back(id);
  ENVLEDGER_RETURN_IF_ERROR(Charge(kBytesAnId + 2 * id.size()));
  LinkReader links;
  std::optional<EnvelopeJudge> judge;
  if (of_the_answer && matcher_) judge.emplace(*matcher_);
  const auto take = [&](const Record& record, const std::string& entry) -> Status {
    ENVLEDGER_RETURN_IF_ERROR(Charge(sizeof(Leaf)));
    leaves_.push_back({record.seq, LeafHash(entry), number});
    std::vector<NamedLink> named;
    ENVLEDGER_ASSIGN_OR_RETURN(named, links.Add(entry));
    ENVLEDGER_RETURN_IF_ERROR(Charge(0, links.bytes()));
    if (book_) {
      ENVLEDGER_RETURN_IF_ERROR(Charge(named.size() * kBytesALink));
      book_->Add(named);
    }
    if (judge) judge->Add(record);
    return Ok();
  };
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachOfAll(take));
  if (!of_the_answer) return Ok();
  ++answered_;
  return judge ? CheckAnswered(*judge, story.roles()) : Ok();
}

Status AnswerProof::CheckAnswered(const EnvelopeJudge& judge, RoleMask answered_roles) {
  const auto roles = judge.Verdict();
  if (!roles) return Corruption("it does not pass the filters of the query");
  if (*roles != answered_roles) {
    return Corruption("the answer gives the principal the roles \"" + RoleNames(answered_roles) +
                      "\", but its records give \"" + RoleNames(*roles) + "\"");
  }
  const auto place = judge.place();
  if (last_place_ && place && (request_->descending ? *place >= *last_place_ : *place <= *last_place_)) {
    return Corruption("it is out of order in the answer");
  }
  if (!first_place_) first_place_ = place;
  last_place_ = place;
  return Ok();
}

Status AnswerProof::Prove(const Coverage& coverage, const std::function<void(uint64_t, uint64_t)>& progress) {
  if (!holds()) return Ok();
  Status proven = ProveAll(coverage, progress);
  if (proven.code() != Code::kCorruption) return proven;
  failure_ = proven.message();
  return Ok();
}

Status AnswerProof::ProveAll(const Coverage& coverage, const std::function<void(uint64_t, uint64_t)>& progress) {
  uint64_t last = 0;
  for (const Leaf& leaf : leaves_) last = std::max(last, leaf.seq);
  ENVLEDGER_ASSIGN_OR_RETURN(tree_, SignedTree::Covering(reader_, policy_, last, can_sign_));
  ENVLEDGER_RETURN_IF_ERROR(ProveLeaves(progress));
  tree_size_ = coverage.tree_size();
  ENVLEDGER_RETURN_IF_ERROR(tree_->ProveGrowth(tree_size_, coverage.root()));
  return book_ ? ProvePrincipal(coverage) : Ok();
}

Status AnswerProof::ProveLeaves(const std::function<void(uint64_t, uint64_t)>& progress) {
  for (; proven_leaves_ < leaves_.size(); ++proven_leaves_) {
    const Leaf& leaf = leaves_[proven_leaves_];
    if (!tree_->Covers(leaf.seq)) {
      ++uncovered_;
      first_uncovered_ = std::min(first_uncovered_.value_or(leaf.seq), leaf.seq);
      continue;
    }
    ENVLEDGER_RETURN_IF_ERROR(tree_->Prove(leaf.seq, leaf.hash).Prepend(EnvelopeName(ids_[leaf.envelope])));
    if (progress) progress(proven_leaves_ + 1, leaves_.size());
  }
  return Ok();
}

// The window is the range of entries in which the answer holds every envelope that has its place there: all entries,
// unless the answer was cut at a limit or began at a cursor.
Status AnswerProof::ProvePrincipal(const Coverage& coverage) {
  cut_ = !coverage.next_cursor().empty();
  const bool resumed = !request_->cursor.empty();
  window_ = {0, tree_size_};
  if (request_->descending) {
    if (resumed) window_.end = first_place_ ? *first_place_ + 1 : 0;
    if (cut_) window_.begin = last_place_.value_or(tree_size_);
  } else {
    if (resumed) window_.begin = first_place_.value_or(tree_size_);
    // The last envelope may have been sealed after the first page was made.
    if (cut_) window_.end = last_place_ ? std::min(*last_place_ + 1, tree_size_) : 0;
  }
  if (!IsPlain(*request_)) ENVLEDGER_RETURN_IF_ERROR(ReadOthers());
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto gap, book_->NextGap(window_));
    if (!gap) break;
    ENVLEDGER_RETURN_IF_ERROR(FillGap(*gap));
  }
  reaches_ = book_->Reaches(window_);
  return window_.end == tree_size_ ? CheckHeads() : Ok();
}

// Reads the principal's envelopes that the filters excluded, within the range of the answer.
Status AnswerProof::ReadOthers() {
  QueryRequest request = WithoutFilters(*request_);
  request.in_parts = true;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(QueryResponse page, reader_.Query(request));
    if (!page.completeness.complete) return Corruption(page.completeness.problem);
    for (EnvelopeRecords& records : page.envelopes) {
      EnvelopePages pages(reader_, std::move(records), page.completeness.tree_size);
      ENVLEDGER_ASSIGN_OR_RETURN(EnvelopeStory other, EnvelopeStory::Read(std::move(pages)));
      ENVLEDGER_ASSIGN_OR_RETURN(const auto place, PlaceOf(other));
      if (place && cut_ && (request.descending ? *place < window_.begin : *place >= window_.end)) return Ok();
      if (!number_.contains(other.envelope().envelope_id)) ENVLEDGER_RETURN_IF_ERROR(CheckOther(other));
    }
    const std::string& next = page.completeness.next_cursor;
    if (next.empty()) return Ok();
    if (next == request.cursor) return Internal("the ledger returned the same cursor twice");
    request.cursor = next;
  }
}

Result<std::optional<uint64_t>> AnswerProof::PlaceOf(EnvelopeStory& story) const {
  std::optional<uint64_t> place;
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachOfAll([&](const Record& record, const std::string&) {
    if (!place && matcher_->CanPlace(record)) place = record.seq;
    return Ok();
  }));
  return place;
}

// Fetches the envelope of a link that no record has shown yet. The link after it proves that it exists.
Status AnswerProof::FillGap(const LinkBook::Gap& gap) {
  const std::string link = FullPrincipalText(gap.principal) + " has its link " + std::to_string(gap.ordinal) +
                           " in entry " + std::to_string(gap.seq);
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string bytes, Entry(gap.seq));
  const auto record = DecodeRecord(bytes);
  if (!record.ok()) return Corruption(link + ", which does not hold a record: " + record.status().message());
  const std::string& id = record->transition.envelope_id;
  if (number_.contains(id)) return Corruption(EnvelopeName(id) + link + ", but the answer leaves this record out");
  auto pages = EnvelopePages::Open(reader_, id);
  if (!pages.ok() && pages.status().code() == Code::kUnavailable) return std::move(pages).status();
  if (!pages.ok()) return Corruption(EnvelopeName(id) + link + ", but the ledger says: " + pages.status().message());
  auto other = EnvelopeStory::Read(*std::move(pages));
  if (!other.ok()) return std::move(other).status().Prepend(link + ": ");
  ENVLEDGER_RETURN_IF_ERROR(CheckOther(*other).Prepend(link + ": "));
  bool found = false;
  ENVLEDGER_RETURN_IF_ERROR(other->ForEachOfAll([&](const Record&, const std::string& entry) {
    found = found || entry == bytes;
    return Ok();
  }));
  return found ? Ok() : Corruption(EnvelopeName(id) + link + ", but the ledger leaves this record out of the envelope");
}

// An entry, proven to be in the tree if the checkpoint covers it, and otherwise as the ledger gives it.
Result<std::string> AnswerProof::Entry(uint64_t seq) {
  if (tree_->Covers(seq)) return tree_->Fetch(seq);
  ENVLEDGER_ASSIGN_OR_RETURN(EntriesResponse response, reader_.Entries({seq, 1}));
  if (response.entries.empty()) return Corruption("the ledger does not give entry " + std::to_string(seq));
  return std::move(response.entries.front());
}

// Checks that an envelope is rightly not in the answer.
Status AnswerProof::CheckOther(EnvelopeStory& other) {
  ENVLEDGER_RETURN_IF_ERROR(Take(other, false).Prepend(EnvelopeName(other.envelope().envelope_id)));
  ENVLEDGER_RETURN_IF_ERROR(ProveLeaves({}));
  // It is only missing wrongly if it passed at every moment since the answer was begun, because its page may have been
  // made later.
  EnvelopeJudge judge(*matcher_);
  bool failed = false;
  const auto look = [&] { failed = failed || !judge.place() || !window_.Holds(*judge.place()) || !judge.Verdict(); };
  ENVLEDGER_RETURN_IF_ERROR(other.ForEachOfAll([&](const Record& record, const std::string&) {
    if (record.seq >= tree_size_) look();
    judge.Add(record);
    return Ok();
  }));
  look();
  if (failed) return Ok();
  return Corruption(EnvelopeName(other.envelope().envelope_id) +
                    "it passes the filters but is not in the answer (entry " + std::to_string(*judge.place()) + ")");
}

// Compares the number of links that the ledger states for each principal with the records. The number is only the
// ledger's word, but it must not contradict the records.
Status AnswerProof::CheckHeads() {
  PrincipalsRequest request;
  request.filter = *request_->principal;
  request.filter.roles = 0;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalsResponse page, reader_.Principals(request));
    for (const PrincipalSummary& summary : page.principals) {
      const auto reach = reaches_.find(summary.principal);
      // In a part of an answer, a principal may have no record: then all its links are in another part.
      if (reach == reaches_.end() && window_.begin > 0) {
        ENVLEDGER_RETURN_IF_ERROR(Charge(sizeof summary.principal + summary.principal.issuer.size()));
        unseen_.push_back(summary.principal);
        continue;
      }
      const uint64_t last = reach == reaches_.end() ? 0 : reach->second.last;
      const bool grown = page.completeness.tree_size > window_.end;
      if (summary.links == last || (grown && summary.links > last)) continue;
      return Corruption(FullPrincipalText(summary.principal) + ": the ledger counts " +
                        Plural(summary.links, "link", "links") + ", but its records end at " + std::to_string(last));
    }
    if (page.completeness.next_cursor.empty()) return Ok();
    request.cursor = page.completeness.next_cursor;
  }
}

std::vector<std::string> AnswerProof::Unproven() const {
  std::vector<std::string> unproven;
  if (uncovered_ > 0) {
    unproven.push_back(Plural(uncovered_, "entry", "entries") + " from " + std::to_string(*first_uncovered_) +
                       " on: beyond the checkpoint, and only the daemon could sign a newer one");
  }
  for (const auto& [principal, reach] : reaches_) {
    if (window_.end == tree_size_) {
      unproven.push_back("that " + FullPrincipalText(principal) + " has no link after ordinal " +
                         std::to_string(reach.last));
    }
  }
  for (const Principal& principal : unseen_) {
    unproven.push_back("that " + FullPrincipalText(principal) + " has no link in this part of the answer");
  }
  if (book_ && reaches_.empty()) unproven.emplace_back("that the principal has no record here");
  if (book_ && cut_) unproven.emplace_back("what lies beyond the answer's last envelope, where it was cut");
  if (request_ && !request_->principal) {
    unproven.emplace_back("that no other envelope matches (only an answer about a principal can show that)");
  }
  if (answered_ > 0) {
    unproven.emplace_back(request_ ? "that no envelope has a record after its last one here"
                                   : "that the envelope has no record after its last one here");
  }
  return unproven;
}

std::string AnswerProof::Json() const {
  JsonObject json;
  json.Bool("holds", holds());
  if (!holds() || !tree_) return json.TextOrNull("failure", failure_).str();
  json.Number("tree_size", tree_->checkpoint().size).Text("root", Hex(View(tree_->checkpoint().root)));
  json.Text("checkpoint", tree_->note()).Text("key", FormatVerifierKey(tree_->signer()));
  json.Number("envelopes", answered_).Number("envelopes_beside", ids_.size() - answered_);
  json.Number("entries", leaves_.size() - uncovered_).Number("entries_not_covered", uncovered_);
  json.NumberOrNull("first_not_covered", first_uncovered_);
  std::vector<std::string> principals;
  for (const auto& [principal, reach] : reaches_) {
    JsonObject one;
    one.Raw("principal", PrincipalJson(principal)).Number("first_ordinal", reach.first);
    principals.push_back(one.Number("last_ordinal", reach.last).str());
  }
  return json.Raw("principals", JsonArray(principals)).Raw("unproven", JsonStrings(Unproven())).str();
}

std::string AnswerProof::Sentence() const {
  if (!holds() || !tree_) return "NOT PROVEN: " + failure_ + ".";
  const size_t beside = ids_.size() - answered_;
  std::string text = "Proven: " + Plural(leaves_.size() - uncovered_, "entry", "entries") + " of " +
                     Plural(answered_, "envelope", "envelopes");
  if (beside > 0) text += " (and of " + Plural(beside, "other", "others") + " that the answer rightly leaves out)";
  text += ", without a gap in their revisions, in the checkpoint over " +
          Plural(tree_->checkpoint().size, "entry", "entries") + " signed by " + FormatVerifierKey(tree_->signer());
  for (const auto& [principal, reach] : reaches_) {
    text += "; " + FullPrincipalText(principal) + ": all links from ordinal " + std::to_string(reach.first) + " to " +
            std::to_string(reach.last);
  }
  text += ".";
  const std::vector<std::string> unproven = Unproven();
  if (unproven.empty()) return text;
  return text + "\nThe ledger's word, which only verify checks: " + Joined(unproven, "; ") + ".";
}

}  // namespace envledger
