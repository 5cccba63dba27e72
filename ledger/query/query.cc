// A query asks the planner for records of the index that may give an envelope its place in the answer, goes through the
// envelope of each, and checks every filter. So the index only proposes; the answer is read from the log. An envelope
// may be far larger than an answer, so it is judged while its records go by, and only as many records are kept as the
// answer can hold.
//
// A cursor is a place, not a position in memory, so it stays valid while the ledger grows.
#include <algorithm>

#include "ledger/protocol/envelope_pages.h"
#include "ledger/query/answer.h"
#include "ledger/query/candidates.h"

namespace envledger {
namespace {

class QueryRun {
 public:
  QueryRun(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
      : view_(view),
        request_(request),
        limits_(limits),
        matcher_(request),
        page_(view, request, limits),
        envelopes_(view.index->NewCursor(Table::kEnvelopes, Reach::kPrefix)) {}

  Result<QueryResponse> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto after, PlaceAsked(request_));
    // A hole in an index makes the answer incomplete. It is reported with what was found, and is not a failure to
    // answer.
    const Status status = Walk(after);
    if (status.code() == Code::kCorruption) {
      Report(status);
      page_.Problem(status.message());
    } else {
      ENVLEDGER_RETURN_IF_ERROR(status);
    }
    return page_.Take();
  }

 private:
  Status Walk(std::optional<uint64_t> after) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto candidates,
                               PlanCandidates(view_, request_, matcher_, after, limits_, &page_.scanned()));
    const uint64_t planned = page_.scanned();
    std::optional<uint64_t> last = after;
    for (bool advanced = false;; advanced = true) {
      ENVLEDGER_ASSIGN_OR_RETURN(const auto candidate, candidates->Next());
      if (!candidate) return Ok();
      if (advanced && (page_.full() || page_.scanned() - planned >= limits_.max_scanned)) {
        page_.ContinueAfter(*last);
        return Ok();
      }
      const bool again = last == candidate->seq;  // two principals are in one record
      last = candidate->seq;
      if (candidate->none) continue;
      ENVLEDGER_ASSIGN_OR_RETURN(std::optional<StoredRecord> found, Find(*candidate));
      if (found && !again) ENVLEDGER_RETURN_IF_ERROR(Consider(candidate->seq, *std::move(found)));
    }
  }

  // Reads the record that the index names; nullopt, with the problem noted, when there is no such record. A principal's
  // list promises that nothing was left out, so it is followed only as far as the entries themselves confirm it.
  Result<std::optional<StoredRecord>> Find(const Candidate& candidate) {
    ++page_.scanned();
    auto bytes = view_.log->Read(candidate.seq);
    if (!bytes.ok() && bytes.status().code() != Code::kNotFound) return bytes.status();
    auto record = bytes.ok() ? DecodeRecord(*bytes) : Result<Record>(bytes.status());
    if (candidate.principal != nullptr) {
      if (record.ok() && CarriesLink(*record, *candidate.principal, candidate.ordinal))
        return std::optional(StoredRecord{*std::move(record), *std::move(bytes)});
      return MisplacedOrdinal(candidate.principal->id, candidate.ordinal, candidate.seq);
    }
    if (record.ok()) return std::optional(StoredRecord{*std::move(record), *std::move(bytes)});
    page_.Problem("the index gives entry " + std::to_string(candidate.seq) + ": " + record.status().message());
    return std::optional<StoredRecord>();
  }

  Status Consider(uint64_t seq, StoredRecord found) {
    // The `requested` record can rule an envelope out before the rest of it is read.
    if (found.record.revision == 0 && matcher_.RulesOut(found.record)) return Ok();
    EnvelopeWalk walk{.envelope_id = found.record.transition.envelope_id, .known = &found};
    if (walk.envelope_id == last_.envelope_id && (last_.judged || (last_.place && *last_.place < seq))) return Ok();
    EnvelopeJudge judge(matcher_);
    Piece piece(limits_);
    // A list that names an envelope several times yields it only at its place.
    bool elsewhere = false;
    const Status walked = WalkEnvelope(view_, *envelopes_, walk, [&](StoredRecord& stored) {
      ++page_.scanned();
      judge.Add(stored.record);
      elsewhere = judge.place() && *judge.place() < seq;
      if (elsewhere || judge.ruled_out()) return false;
      piece.Add(walk.revision, std::move(stored.entry));
      return true;
    });
    if (walked.code() == Code::kNotFound || walked.code() == Code::kCorruption) {
      Report(walked);
      page_.Problem("entry " + std::to_string(seq) + ": " + walked.message());
      return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(walked);
    // A hole is noted as a problem, and what was found is answered.
    if (!walk.problem.empty()) page_.Problem(walk.problem);
    last_ = {walk.envelope_id, judge.place(), !elsewhere};
    const auto roles = elsewhere ? std::nullopt : judge.Verdict();
    if (roles) page_.Add(std::move(walk.envelope_id), *roles, std::move(piece), judge.records());
    return Ok();
  }

  void Report(const Status& damage) const {
    if (view_.report_damage) view_.report_damage(damage);
  }

  const LedgerView& view_;
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  const Matcher matcher_;
  Page page_;
  const std::unique_ptr<IndexCursor> envelopes_;
  // The envelope that was walked last. A list may name it by each of a hundred thousand records.
  struct {
    std::string envelope_id;
    std::optional<uint64_t> place;
    bool judged = false;
  } last_;
};

}  // namespace

Result<std::optional<uint64_t>> PlaceAsked(const QueryRequest& request) {
  if (request.cursor.empty()) return std::optional<uint64_t>();
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string place, PlaceOfCursor(QuestionOf(request), request.cursor));
  const auto seq = ParseDecimal(place);
  if (!seq) return InvalidField("cursor", "not a cursor of a query: " + Quoted(request.cursor));
  return std::optional<uint64_t>(*seq);
}

Page::Page(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
    : request_(request), limits_(limits) {
  max_envelopes_ = request.limit == 0 ? limits.max_envelopes : std::min(request.limit, limits.max_envelopes);
  response_.completeness = CompletenessOf(view);
  response_.completeness.unindexed = request.scan;
}

void Piece::Add(uint64_t revision, std::string entry) {
  if (next_revision_) return;
  const bool full = bytes_ + entry.size() > max_bytes_ || entries_.size() >= max_records_;
  if (full && !entries_.empty() && revision != last_revision_) {
    next_revision_ = revision;
    return;
  }
  last_revision_ = revision;
  bytes_ += entry.size();
  entries_.push_back(std::move(entry));
}

void Page::Add(std::string envelope_id, RoleMask roles, Piece piece, uint64_t records) {
  records_ += piece.entries().size();
  bytes_ += piece.bytes();
  EnvelopeRecords& answered = response_.envelopes.emplace_back();
  if (request_.in_parts) {
    answered.next_revision = piece.next_revision();
    if (piece.next_revision()) answered.records = records;
  } else if (piece.next_revision()) {
    Problem(TooLargeForOneAnswer(envelope_id));
  }
  answered.envelope_id = std::move(envelope_id);
  answered.roles = roles;
  answered.entries = piece.Take();
}

void Page::Problem(std::string text) {
  Completeness& completeness = response_.completeness;
  if (completeness.problem.empty()) completeness.problem = std::move(text);
  completeness.complete = false;
}

bool Page::full() const {
  return response_.envelopes.size() >= max_envelopes_ || records_ >= limits_.max_records || bytes_ >= limits_.max_bytes;
}

Result<QueryResponse> RunQuery(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits) {
  if (request.principal && request.principal->id.empty())
    return InvalidField("principal.id", "a principal needs an id");
  return request.scan ? RunScan(view, request, limits) : QueryRun(view, request, limits).Run();
}

}  // namespace envledger
