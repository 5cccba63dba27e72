// A query asks the planner for records of the index that may give an envelope its place in the answer, goes through the
// envelope of each, and checks every filter. So the index only proposes; the answer is read from the log. An envelope
// may be far larger than an answer, so it is judged while its records go by, and only as many records are kept as the
// answer can hold.
//
// A cursor is a place, not a position in memory, so it stays valid while the ledger grows. An envelope may also be more
// work than a page may cost. Then the page ends within it, and the cursor says how far it was judged, and what its
// records have told so far.
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
        effort_(limits.max_work, limits.unwanted),
        page_(view, request, limits),
        envelopes_(view.index->NewCursor(Table::kEnvelopes, Reach::kPrefix)) {}

  Result<QueryResponse> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(start_, StartOf(request_));
    // A hole in an index makes the answer incomplete. It is reported with what was found, and is not a failure to
    // answer.
    const Status status = Walk();
    if (status.code() == Code::kCorruption) {
      Report(status);
      page_.Problem(status.message());
    } else {
      ENVLEDGER_RETURN_IF_ERROR(status);
    }
    page_.SetScanned(effort_.reads());
    return page_.Take();
  }

 private:
  Status Walk() {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto candidates,
                               PlanCandidates(view_, request_, matcher_, start_.after, limits_, effort_));
    std::optional<uint64_t> last = start_.after;
    for (bool advanced = false; !within_; advanced = true) {
      ENVLEDGER_ASSIGN_OR_RETURN(const auto candidate, candidates->Next());
      if (!candidate) return Ok();
      if (advanced && (page_.full() || effort_.spent())) {
        page_.ContinueAfter(*last);
        return Ok();
      }
      const bool again = last == candidate->seq;  // two principals are in one record
      last = candidate->seq;
      if (candidate->none) continue;
      ENVLEDGER_ASSIGN_OR_RETURN(std::optional<StoredRecord> found, Find(*candidate));
      if (found && !again) ENVLEDGER_RETURN_IF_ERROR(Consider(candidate->seq, *std::move(found)));
    }
    page_.ContinueWithin(*within_);
    return Ok();
  }

  // Reads the record that the index names; nullopt, with the problem noted, when there is no such record. A principal's
  // list promises that nothing was left out, so it is followed only as far as the entries themselves confirm it.
  Result<std::optional<StoredRecord>> Find(const Candidate& candidate) {
    auto bytes = view_.log->Read(candidate.seq);
    effort_.Entry(bytes.ok() ? bytes->size() : 0);
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
    // A list may name records for what only others of its kind have.
    if (!matcher_.CanPlace(found.record)) return Ok();
    const std::string& id = found.record.transition.envelope_id;
    if (id == last_.envelope_id && (last_.judged || (last_.place && *last_.place < seq))) return Ok();
    Judging judging(matcher_, limits_, seq, id);
    Status walked = start_.unjudged && start_.unjudged->place == seq ? GoOn(judging) : Judge(judging, &found);
    if (walked.code() == Code::kNotFound || walked.code() == Code::kCorruption) {
      Report(walked);
      page_.Problem("entry " + std::to_string(seq) + ": " + walked.message());
      return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(std::move(walked));
    // A hole is noted as a problem, and what was found is answered.
    if (!judging.walk.problem.empty()) page_.Problem(judging.walk.problem);
    if (within_) return Ok();
    last_ = {judging.walk.envelope_id, judging.judge.place(), !judging.elsewhere};
    const auto roles = judging.elsewhere ? std::nullopt : judging.judge.Verdict();
    if (!roles) return Ok();
    page_.Add(std::move(judging.walk.envelope_id), *roles, std::move(judging.piece), judging.judge.records());
    return Ok();
  }

  struct Judging {
    Judging(const Matcher& matcher, const AnswerLimits& limits, uint64_t seq, std::string envelope_id)
        : place(seq), walk{.envelope_id = std::move(envelope_id)}, judge(matcher), piece(limits) {}
    const uint64_t place;  // the candidate's
    EnvelopeWalk walk;
    EnvelopeJudge judge;
    Piece piece;
    bool elsewhere = false;  // a list that names an envelope several times yields it only at its place
  };

  // Judges the envelope's records from walk.from_revision on, and collects them in the piece. Sets within_ when the page
  // ends before that is done. `known`: a record that has been read already, if any.
  Status Judge(Judging& judging, StoredRecord* known) {
    judging.walk.known = known;
    uint64_t judged = 0;
    std::optional<uint64_t> last_revision;  // the page never ends between two records of one revision
    return WalkEnvelope(view_, *envelopes_, judging.walk, [&](StoredRecord& stored) {
      const uint64_t revision = judging.walk.revision;
      if (judged >= limits_.records_at_once && revision != last_revision && effort_.spent()) {
        within_ = Unjudged{judging.place, revision, judging.judge.part()};
        return false;
      }
      effort_.Entry(stored.entry.size());
      judging.judge.Add(stored.record);
      judging.elsewhere = judging.judge.place() && *judging.judge.place() < judging.place;
      if (judging.elsewhere || judging.judge.ruled_out()) return false;
      judging.piece.Add(revision, std::move(stored.entry));
      last_revision = revision;
      ++judged;
      return true;
    });
  }

  // The same for an envelope whose first records were judged for an earlier page. Its piece is collected when it is
  // certain that the envelope is answered.
  Status GoOn(Judging& judging) {
    ENVLEDGER_RETURN_IF_ERROR(WalkEnvelope(view_, *envelopes_, judging.walk, [&](StoredRecord& first) {
      judging.judge.Add(first.record);
      return false;
    }));
    judging.judge.GoOn(start_.unjudged->judged);
    judging.walk.from_revision = start_.unjudged->revision;
    ENVLEDGER_RETURN_IF_ERROR(Judge(judging, nullptr));
    if (within_ || judging.elsewhere || !judging.judge.Verdict()) return Ok();
    judging.piece = Piece(limits_);
    EnvelopeWalk again{.envelope_id = judging.walk.envelope_id};
    return WalkEnvelope(view_, *envelopes_, again, [&](StoredRecord& stored) {
      effort_.Entry(stored.entry.size());
      judging.piece.Add(again.revision, std::move(stored.entry));
      return !judging.piece.next_revision();
    });
  }

  void Report(const Status& damage) const {
    if (view_.report_damage) view_.report_damage(damage);
  }

  const LedgerView& view_;
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  const Matcher matcher_;
  Effort effort_;
  Page page_;
  const std::unique_ptr<IndexCursor> envelopes_;
  PageStart start_;
  std::optional<Unjudged> within_;  // the page ends within this envelope
  // The envelope that was walked last. A list may name it by each of a hundred thousand records.
  struct {
    std::string envelope_id;
    std::optional<uint64_t> place;
    bool judged = false;
  } last_;
};

}  // namespace

// "PLACE", or within an envelope "PLACE.REVISION.RECORDS.FIRST.FOUND.ROLES.STAGE.RELATIONS", where FIRST is the place that
// its records give it, plus one, or 0.
void Page::ContinueWithin(const Unjudged& unjudged) {
  const JudgedPart& part = unjudged.judged;
  std::string place = std::to_string(unjudged.place);
  for (const uint64_t number : {unjudged.revision, part.records, part.place ? *part.place + 1 : 0, uint64_t{part.found},
                                uint64_t{part.roles}, static_cast<uint64_t>(part.stage), uint64_t{part.relations}}) {
    place += "." + std::to_string(number);
  }
  response_.completeness.next_cursor = CursorAfter(QuestionOf(request_), place);
}

Result<PageStart> StartOf(const QueryRequest& request) {
  if (request.cursor.empty()) return PageStart();
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string place, PlaceOfCursor(QuestionOf(request), request.cursor));
  const Status no_cursor = InvalidField("cursor", "not a cursor of a query: " + Quoted(request.cursor));
  std::vector<uint64_t> numbers;
  for (size_t begin = 0; begin <= place.size();) {
    const size_t end = std::min(place.find('.', begin), place.size());
    const auto number = ParseDecimal(std::string_view(place).substr(begin, end - begin));
    if (!number) return no_cursor;
    numbers.push_back(*number);
    begin = end + 1;
  }
  if (numbers.size() == 1) return PageStart{numbers[0], std::nullopt};
  constexpr uint64_t kSmall = UINT8_MAX;
  const bool whole = numbers.size() == 8 && numbers[0] > 0 && numbers[0] < UINT64_MAX && numbers[4] <= kSmall &&
                     numbers[5] <= kSmall && numbers[6] < kStageCount && numbers[7] <= kSmall;
  if (!whole) return no_cursor;
  PageStart start;
  start.after = request.descending ? numbers[0] + 1 : numbers[0] - 1;
  start.unjudged = Unjudged{numbers[0], numbers[1], {}};
  JudgedPart& part = start.unjudged->judged;
  part.records = numbers[2];
  if (numbers[3] > 0) part.place = numbers[3] - 1;
  part.found = static_cast<uint32_t>(numbers[4]);
  part.roles = static_cast<RoleMask>(numbers[5]);
  part.stage = static_cast<Stage>(numbers[6]);
  part.relations = static_cast<uint32_t>(numbers[7]);
  return start;
}

Page::Page(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
    : request_(request), limits_(limits) {
  max_envelopes_ = request.limit == 0 ? limits.max_envelopes : std::min(request.limit, limits.max_envelopes);
  response_.completeness = CompletenessOf(view);
  response_.completeness.unindexed = request.scan;
}

void Piece::Add(uint64_t revision, std::string entry, bool enough) {
  if (next_revision_) return;
  const bool full = enough || bytes_ + entry.size() > max_bytes_ || entries_.size() >= max_records_;
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
