#include "ledger/query/view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/index/index_keys.h"
#include "ledger/protocol/envelope_pages.h"
#include "ledger/query/answer.h"
#include "ledger/query/cursor.h"

namespace envledger {
namespace {

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::string LastKeyOf(std::string_view prefix) { return PrincipalKey(prefix, UINT64_MAX); }

bool IsPrincipalPrefix(std::string_view prefix) {
  const auto principal = PrincipalOfKey(LastKeyOf(prefix));
  return principal && principal->issuer.find('\0') == std::string::npos &&
         PrincipalPrefix({principal->kind, principal->issuer, principal->id}) == prefix;
}

PrincipalSummary SummaryOf(Principal principal, uint64_t ordinal, const PrincipalPosting& posting) {
  PrincipalSummary summary;
  summary.principal = std::move(principal);
  summary.links = ordinal;
  summary.by_role = posting.by_role;
  summary.envelopes = posting.envelopes;
  summary.first_seen = posting.first_seen;
  summary.last_seen = posting.last_seen;
  return summary;
}

bool Matches(const PrincipalFilter& filter, const PrincipalSummary& summary) {
  if (filter.kind != PrincipalKind::kUnspecified && summary.principal.kind != filter.kind) return false;
  if (filter.issuer && summary.principal.issuer != *filter.issuer) return false;
  if (!filter.id.empty() && summary.principal.id != filter.id) return false;
  if (filter.roles == 0) return true;
  for (size_t role = 0; role < summary.by_role.size(); ++role) {
    if ((filter.roles >> role & 1) != 0 && summary.by_role[role] > 0) return true;
  }
  return false;
}

// The parts of the table of principals that VisitPrincipals goes through, ascending.
std::vector<std::string> RangesOf(const PrincipalFilter& filter) {
  if (filter.id.empty()) return {std::string()};
  const std::string of_id = filter.id + '\0';
  if (!filter.issuer && filter.kind == PrincipalKind::kUnspecified) return {of_id};
  if (!filter.issuer) return {of_id + static_cast<char>(filter.kind)};
  std::vector<std::string> ranges;
  for (int number = 0; Name(static_cast<PrincipalKind>(number)) != "unknown"; ++number) {
    const auto kind = static_cast<PrincipalKind>(number);
    if (filter.kind != PrincipalKind::kUnspecified && filter.kind != kind) continue;
    ranges.push_back(PrincipalPrefix({kind, *filter.issuer, filter.id}));
  }
  return ranges;
}

// What the index says of the principal whose first key `at` is at; nullopt when all its links are beyond the view.
// Moves on to the next principal.
Result<std::optional<PrincipalSummary>> TakeSummary(const LedgerView& view, IndexCursor& at, const Principal& principal,
                                                    const std::string& prefix, Effort& effort) {
  const auto here = [&] { return at.Valid() && StartsWith(at.key(), prefix); };
  std::optional<PrincipalSummary> summary;
  const auto read = [&]() -> Status {
    ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalPosting posting, DecodePosting(at.value()));
    if (posting.seq < view.tree_size) {
      summary = SummaryOf(principal, ReadU64(at.key().substr(prefix.size())), posting);
    }
    return Ok();
  };
  ENVLEDGER_RETURN_IF_ERROR(read());
  effort.Step();
  at.Next();
  if (!here()) return summary;  // many have only one link
  effort.Search();
  summary.reset();
  for (at.SeekForPrev(LastKeyOf(prefix)); here() && !summary; at.Prev()) {
    effort.Step();
    ENVLEDGER_RETURN_IF_ERROR(read());
  }
  effort.Search();
  at.Seek(LastKeyOf(prefix));
  if (here()) at.Next();
  return summary;
}

std::string CheckRevision(const Record& record, uint64_t due, std::optional<uint64_t> before,
                          std::string_view envelope_id) {
  if (record.transition.envelope_id != envelope_id) {
    return "the index gives entry " + std::to_string(record.seq) + ", which belongs to another envelope";
  }
  if (record.revision != due) {
    return "revision " + std::to_string(due) + " is missing (entry " + std::to_string(record.seq) + " is revision " +
           std::to_string(record.revision) + ")";
  }
  if (before && *before >= record.seq) return "revisions are out of order";
  return {};
}

}  // namespace

Completeness CompletenessOf(const LedgerView& view) {
  Completeness completeness;
  completeness.tree_size = view.tree_size;
  completeness.root = view.root;
  completeness.checkpoint = view.checkpoint;
  completeness.complete = true;
  return completeness;
}

Status WalkEnvelope(const LedgerView& view, IndexCursor& at, EnvelopeWalk& walk,
                    const std::function<bool(StoredRecord&)>& visit) {
  const std::string prefix = EnvelopePrefix(walk.envelope_id);
  uint64_t due = walk.from_revision;
  std::optional<uint64_t> before;
  bool stopped = false;
  for (at.Seek(EnvelopeSeekKey(walk.envelope_id, due)); !stopped && at.Valid() && StartsWith(at.key(), prefix);
       at.Next()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kEnvelopes, at.key(), at.value()));
    if (seq >= view.tree_size) break;
    ENVLEDGER_ASSIGN_OR_RETURN(walk.revision, RevisionOf(at.key()));
    StoredRecord stored;
    if (walk.known != nullptr && walk.known->record.seq == seq) {
      stored = std::move(*std::exchange(walk.known, nullptr));
    } else {
      ENVLEDGER_ASSIGN_OR_RETURN(stored.entry, view.log->Read(seq));
      ENVLEDGER_ASSIGN_OR_RETURN(stored.record, DecodeRecord(stored.entry));
    }
    if (due == 0 && stored.record.transition.stage != Stage::kRequested) {
      return Corruption("the index gives no `requested` record for envelope " + walk.envelope_id);
    }
    const std::string problem = CheckRevision(stored.record, due, before, walk.envelope_id);
    if (walk.problem.empty() && !problem.empty()) walk.problem = "envelope " + walk.envelope_id + ": " + problem;
    ++due;
    before = seq;
    stopped = !visit(stored);
  }
  ENVLEDGER_RETURN_IF_ERROR(at.status());
  if (before) return Ok();
  if (walk.from_revision > 0) {
    at.Seek(prefix);
    ENVLEDGER_RETURN_IF_ERROR(at.status());
    if (at.Valid() && StartsWith(at.key(), prefix)) {
      ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t first, SeqOf(Table::kEnvelopes, at.key(), at.value()));
      if (first < view.tree_size) return Ok();
    }
  }
  return NotFound("no envelope " + walk.envelope_id);
}

Status VisitPrincipals(const LedgerView& view, const PrincipalFilter& filter, std::string_view cursor, Effort& effort,
                       const std::function<bool(const std::string&, const PrincipalSummary&)>& visit) {
  const auto at = view.index->NewCursor(Table::kPrincipals, Reach::kTable);
  for (const std::string& range : RangesOf(filter)) {
    const bool begun = !cursor.empty() && cursor > range;
    if (begun && !StartsWith(cursor, range)) continue;  // the cursor is beyond this range
    at->Seek(begun ? LastKeyOf(cursor) : range);
    effort.Search();
    while (at->Valid() && StartsWith(at->key(), range)) {
      const auto principal = PrincipalOfKey(at->key());
      if (!principal) return Corruption("the index of principals has a malformed key");
      const std::string prefix(at->key().substr(0, at->key().size() - 8));
      if (prefix == cursor) {  // the last key of the principal that the cursor names
        at->Next();
        continue;
      }
      ENVLEDGER_ASSIGN_OR_RETURN(const auto summary, TakeSummary(view, *at, *principal, prefix, effort));
      if (summary && !visit(prefix, *summary)) return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(at->status());
  }
  return Ok();
}

Result<EnvelopeResponse> RunEnvelope(const LedgerView& view, const EnvelopeRequest& request,
                                     const AnswerLimits& limits) {
  const uint64_t max_bytes =
      request.max_bytes == 0 ? limits.max_bytes : std::min<uint64_t>(request.max_bytes, limits.max_bytes);
  EnvelopeResponse response;
  response.envelope.envelope_id = request.envelope_id;
  Piece piece(max_bytes, limits.max_records);
  Effort effort(limits.max_work, limits.unwanted);
  EnvelopeWalk walk{.envelope_id = request.envelope_id, .from_revision = request.from_revision.value_or(0)};
  const auto at = view.index->NewCursor(Table::kEnvelopes, Reach::kPrefix);
  ENVLEDGER_RETURN_IF_ERROR(WalkEnvelope(view, *at, walk, [&](StoredRecord& stored) {
    const bool enough = effort.spent();
    effort.Entry(stored.entry.size());
    piece.Add(walk.revision, std::move(stored.entry), enough);
    return !piece.next_revision();
  }));
  if (request.from_revision) {
    response.envelope.next_revision = piece.next_revision();
  } else if (piece.next_revision() && walk.problem.empty()) {
    walk.problem = TooLargeForOneAnswer(request.envelope_id);
  }
  response.envelope.entries = piece.Take();
  response.completeness = CompletenessOf(view);
  response.completeness.scanned = response.envelope.entries.size();
  response.completeness.complete = walk.problem.empty();
  response.completeness.problem = std::move(walk.problem);
  return response;
}

Result<PrincipalsResponse> RunPrincipals(const LedgerView& view, const PrincipalsRequest& request,
                                         const AnswerLimits& limits) {
  const uint32_t limit = request.limit == 0 ? limits.max_envelopes : std::min(request.limit, limits.max_envelopes);
  const std::string question = QuestionOf(request);
  std::string place;
  if (!request.cursor.empty()) {
    ENVLEDGER_ASSIGN_OR_RETURN(place, PlaceOfCursor(question, request.cursor));
  }
  const auto cursor = ParseHex(place);
  if (!cursor || (!cursor->empty() && !IsPrincipalPrefix(*cursor))) {
    return InvalidField("cursor", "not a cursor of this command: " + Quoted(request.cursor));
  }
  PrincipalsResponse response;
  response.completeness = CompletenessOf(view);
  Effort effort(limits.max_work, limits.unwanted);
  std::string last = *cursor;
  uint64_t bytes = 0;
  const auto visit = [&](const std::string& prefix, const PrincipalSummary& summary) {
    const bool matches = Matches(request.filter, summary);
    if (matches) bytes += sizeof summary + prefix.size();
    const bool full = response.principals.size() == limit || (!response.principals.empty() && bytes > limits.max_bytes);
    if ((matches && full) || (last != *cursor && effort.spent())) {
      response.completeness.next_cursor = CursorAfter(question, Hex(last));
      return false;
    }
    if (matches) response.principals.push_back(summary);
    last = prefix;
    return true;
  };
  ENVLEDGER_RETURN_IF_ERROR(VisitPrincipals(view, request.filter, *cursor, effort, visit));
  response.completeness.scanned = effort.reads();
  return response;
}

Result<EntriesResponse> RunEntries(const LedgerView& view, const EntriesRequest& request, const AnswerLimits& limits) {
  const uint64_t limit =
      request.limit == 0 ? limits.max_records : std::min<uint64_t>(request.limit, limits.max_records);
  EntriesResponse response;
  response.tree_size = view.tree_size;
  Effort effort(limits.max_work, limits.unwanted);
  uint64_t bytes = 0;
  uint64_t expected = request.from_seq;
  Status gap;
  ENVLEDGER_RETURN_IF_ERROR(view.log->Scan(request.from_seq, view.tree_size, [&](uint64_t seq, std::string_view entry) {
    if (seq != expected++) {
      gap = Corruption("entry " + std::to_string(expected - 1) + " is missing");
      return false;
    }
    bytes += entry.size();
    if (!response.entries.empty() && (bytes > limits.max_bytes || effort.spent())) return false;
    effort.Entry(entry.size());
    response.entries.emplace_back(entry);
    return response.entries.size() < limit;
  }));
  // What is before the gap is answered first. The gap itself is the answer to a request that begins at it.
  if (!gap.ok() && response.entries.empty()) return gap;
  if (response.entries.empty() && request.from_seq < view.tree_size) {
    return Corruption("entry " + std::to_string(request.from_seq) + " is missing");
  }
  return response;
}

Result<CheckpointsResponse> RunCheckpoints(const LedgerView& view, const CheckpointsRequest& request,
                                           const AnswerLimits& limits) {
  CheckpointsResponse response;
  if (request.latest) {
    if (!view.checkpoint.empty()) response.notes.push_back(view.checkpoint);
    return response;
  }
  const uint32_t limit = request.limit == 0 ? limits.max_envelopes : std::min(request.limit, limits.max_envelopes);
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<StoredCheckpoint> stored, view.log->Checkpoints(request.from_size, limit));
  uint64_t bytes = 0;
  for (StoredCheckpoint& checkpoint : stored) {
    bytes += checkpoint.note.size();
    if (!response.notes.empty() && bytes > limits.max_bytes) break;
    response.notes.push_back(std::move(checkpoint.note));
  }
  return response;
}

}  // namespace envledger
