// Chooses the lists of the index from which a query is answered.
//
// The query alone determines the order of the answer (PlaceRule). The planner only chooses how to find the places in
// that order with the least work. Each filter on the `requested` record (tenant, kind, target, scope, request id, trace
// id, parent, time) has a list of such records, so these lists are intersected by leapfrog: they take turns seeking to
// the seq that another list has reached, and a seq on which all agree is a candidate. Principals, native ids, nodes and
// recorders name later records too; their lists are walked if they give the places, and only filter otherwise.
//
// Every list is counted up to AnswerLimits::short_list before any is walked; a principal's links need no counting. The
// shortest list leads the leapfrog. If another list is short and the one that gives the places is not, the envelopes in
// the short list are loaded at once and sorted by their places: a request id together with a principal of a million
// links costs one envelope.
//
// If a principal has no more links than that, they are walked in any case, because only they show an auditor that
// nothing was left out: each is numbered in the entry itself. If very many principals have the id that a query names,
// their lists cannot be walked side by side in bounded time and memory. Then the one list of all records that name a
// principal of this id is walked.
//
// What the planner reads is bounded, because it is read again for each page: a few parts of the work for a page, beyond
// which it chooses a list that can be walked from any place on.
#include <algorithm>
#include <limits>

#include "ledger/index/index_keys.h"
#include "ledger/query/candidates.h"
#include "ledger/query/postings.h"

namespace envledger {
namespace {

struct FacetChoice {
  std::string prefix;
  std::optional<std::vector<uint64_t>> all;  // if it is short
  size_t count() const { return all ? all->size() : std::numeric_limits<size_t>::max(); }
};

constexpr uint64_t kPartForPlaces = 2;  // of the work for a page

bool ShorterThan(const FacetChoice& a, const FacetChoice& b) { return a.count() < b.count(); }

class Leapfrog : public Candidates {
 public:
  Leapfrog(std::vector<std::unique_ptr<Postings>> lists, bool descending, std::optional<uint64_t> first, Effort& effort)
      : lists_(std::move(lists)), descending_(descending), effort_(effort), from_(first) {}

  Result<std::optional<Candidate>> Next() override {
    Candidate candidate;
    size_t agreed = 0;
    const size_t least = 2 * lists_.size();  // with fewer steps the lists may never agree
    for (size_t steps = 0; from_ && (steps < least || !effort_.spent()); ++steps) {
      ENVLEDGER_ASSIGN_OR_RETURN(const std::optional<uint64_t> seq, lists_[turn_]->Seek(*from_));
      agreed = seq == from_ ? agreed + 1 : 1;
      from_ = seq;
      turn_ = (turn_ + 1) % lists_.size();
      if (!seq || agreed < lists_.size()) continue;
      candidate.seq = *seq;
      turn_ = 0;
      Step();
      return std::optional<Candidate>(candidate);
    }
    if (!from_) return std::optional<Candidate>();
    candidate.none = true;  // none before from_, where the search continues
    candidate.seq = descending_ ? *from_ + 1 : *from_ - 1;
    return std::optional<Candidate>(candidate);
  }

 private:
  void Step() {
    if (descending_ && *from_ == 0) {
      from_.reset();
    } else {
      from_ = descending_ ? *from_ - 1 : *from_ + 1;
    }
  }

  const std::vector<std::unique_ptr<Postings>> lists_;
  const bool descending_;
  Effort& effort_;
  std::optional<uint64_t> from_;  // the next seq to look at; nullopt at the end
  size_t turn_ = 0;
};

class InOrder : public Candidates {
 public:
  explicit InOrder(std::vector<uint64_t> seqs) : seqs_(std::move(seqs)) {}
  Result<std::optional<Candidate>> Next() override {
    if (next_ == seqs_.size()) return std::optional<Candidate>();
    Candidate candidate;
    candidate.seq = seqs_[next_++];
    return std::optional<Candidate>(candidate);
  }

 private:
  const std::vector<uint64_t> seqs_;
  size_t next_ = 0;
};

class Planner {
 public:
  Planner(const LedgerView& view, const QueryRequest& query, const Matcher& matcher, std::optional<uint64_t> after,
          const AnswerLimits& limits, Effort& effort)
      : view_(view), q_(query), matcher_(matcher), after_(after), limits_(limits), effort_(effort) {}

  Result<std::unique_ptr<Candidates>> Plan() {
    ENVLEDGER_RETURN_IF_ERROR(ListFacets());
    switch (matcher_.rule()) {
      case PlaceRule::kPrincipal:
        return PlanByPrincipal();
      case PlaceRule::kRequested:
        return PlanByRequested();
      default:
        return PlanByCarrier();
    }
  }

 private:
  Result<FacetChoice> Count(Facet facet, std::string_view value) const {
    FacetChoice list;
    list.prefix = FacetPrefix(facet, value);
    ENVLEDGER_ASSIGN_OR_RETURN(list.all,
                               TakeAll(*FacetPostings(view_, list.prefix, false, effort_), limits_.short_list));
    return list;
  }
  Status AddTo(std::vector<FacetChoice>& lists, Facet facet, std::string_view value) {
    if (value.empty()) return Ok();
    ENVLEDGER_ASSIGN_OR_RETURN(FacetChoice list, Count(facet, value));
    lists.push_back(std::move(list));
    return Ok();
  }

  Status ListFacets() {
    const std::string_view kind = q_.kind == ExecutionKind::kUnspecified ? std::string_view() : Name(q_.kind);
    const std::pair<Facet, std::string_view> of_requested[] = {{Facet::kRequestId, q_.request_id},
                                                               {Facet::kTraceId, q_.trace_id},
                                                               {Facet::kParent, q_.parent},
                                                               {Facet::kTarget, q_.target},
                                                               {Facet::kTenant, q_.tenant},
                                                               {Facet::kScope, q_.scope},
                                                               {Facet::kKind, kind}};
    for (const auto& [facet, value] : of_requested) ENVLEDGER_RETURN_IF_ERROR(AddTo(requested_, facet, value));
    const std::pair<Facet, std::string_view> of_any[] = {
        {Facet::kNativeId, q_.native_id}, {Facet::kNode, q_.node}, {Facet::kRecorder, q_.recorder}};
    for (const auto& [facet, value] : of_any) ENVLEDGER_RETURN_IF_ERROR(AddTo(later_, facet, value));
    std::stable_sort(requested_.begin(), requested_.end(), ShorterThan);
    return Ok();
  }

  // The shortest of all lists, if there is a short one.
  const FacetChoice* Shortest() const {
    const FacetChoice* best = nullptr;
    for (const auto* lists : {&requested_, &later_}) {
      for (const FacetChoice& list : *lists) {
        if (list.all && (best == nullptr || ShorterThan(list, *best))) best = &list;
      }
    }
    return best;
  }

  Result<std::unique_ptr<Candidates>> PlanByPrincipal() {
    if (const FacetChoice* shortest = Shortest()) {
      ENVLEDGER_ASSIGN_OR_RETURN(const bool many, HasMoreLinks(view_, *q_.principal, limits_.short_list, effort_));
      if (many) {
        if (auto placed = Place(*shortest->all)) return placed;
      }
    }
    ENVLEDGER_ASSIGN_OR_RETURN(auto links,
                               PrincipalCandidates(view_, *q_.principal, q_.descending, after_, limits_, effort_));
    if (links) return links;
    std::vector<std::unique_ptr<Postings>> lists;
    lists.push_back(FacetPostings(view_, FacetPrefix(kFacetPrincipal, q_.principal->id), q_.descending, effort_));
    return Walk(std::move(lists));
  }

  Result<std::unique_ptr<Candidates>> PlanByCarrier() {
    // ListFacets adds native id, node and recorder in the order in which they take precedence in giving places.
    const FacetChoice& carrier = later_.front();
    const FacetChoice* shortest = Shortest();
    if (!carrier.all && shortest != nullptr) {
      if (auto placed = Place(*shortest->all)) return placed;
    }
    return Walk(Facets({carrier}));
  }

  Result<std::unique_ptr<Candidates>> PlanByRequested() {
    const FacetChoice* shortest = Shortest();
    const bool later_is_shortest = shortest != nullptr && !later_.empty() && shortest == &later_.front();
    if (later_is_shortest) {
      if (auto placed = Place(*shortest->all)) return placed;
    }
    auto lists = Facets(requested_);
    const bool short_enough = !requested_.empty() && requested_.front().all;
    if (!short_enough && (q_.since || q_.until || q_.at)) {
      constexpr Nanos kEver = std::numeric_limits<Nanos>::max();
      const Nanos until = std::min(q_.until.value_or(kEver), q_.at && *q_.at < kEver ? *q_.at + 1 : kEver);
      const Nanos since = std::max<Nanos>(0, q_.since.value_or(0));
      ENVLEDGER_ASSIGN_OR_RETURN(auto opened, OpenedPostings(view_, since, until, q_.descending, effort_));
      lists.push_back(std::move(opened));
    }
    if (lists.empty()) lists.push_back(FacetPostings(view_, FacetPrefix(kFacetOpened, {}), q_.descending, effort_));
    return Walk(std::move(lists));
  }

  std::vector<std::unique_ptr<Postings>> Facets(const std::vector<FacetChoice>& lists) const {
    std::vector<std::unique_ptr<Postings>> postings;
    postings.reserve(lists.size());
    for (const FacetChoice& list : lists) postings.push_back(FacetPostings(view_, list.prefix, q_.descending, effort_));
    return postings;
  }

  Result<std::unique_ptr<Candidates>> Walk(std::vector<std::unique_ptr<Postings>> lists) const {
    return std::unique_ptr<Candidates>(std::make_unique<Leapfrog>(
        std::move(lists), q_.descending, FirstBeyond(after_, view_.tree_size, q_.descending), effort_));
  }

  // The places of the envelopes that these records belong to, if they match and are beyond `after`. Null when to find
  // them is too much work: an envelope's place may be behind any number of its records.
  std::unique_ptr<Candidates> Place(const std::vector<uint64_t>& seqs) const {
    std::vector<uint64_t> places;
    for (const uint64_t seq : seqs) {
      // A record that cannot be read keeps its own seq, and is reported when its turn comes.
      const std::optional<uint64_t> place = PlaceOf(seq);
      if (effort_.SpentPart(kPartForPlaces)) return nullptr;
      if (!place || (after_ && (q_.descending ? *place >= *after_ : *place <= *after_))) continue;
      places.push_back(*place);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    if (q_.descending) std::reverse(places.begin(), places.end());
    return std::make_unique<InOrder>(std::move(places));
  }

  // The place of the envelope of an entry; nullopt when it is not in the answer.
  std::optional<uint64_t> PlaceOf(uint64_t seq) const {
    const auto bytes = view_.log->Read(seq);
    effort_.Entry(bytes.ok() ? bytes->size() : 0);
    const auto record = bytes.ok() ? DecodeRecord(*bytes) : Result<Record>(bytes.status());
    if (!record.ok()) return seq;
    if (record->revision == 0 && matcher_.RulesOut(*record)) return std::nullopt;
    EnvelopeWalk walk{.envelope_id = record->transition.envelope_id};
    std::optional<uint64_t> place;
    const auto at = view_.index->NewCursor(Table::kEnvelopes, Reach::kPrefix);
    const Status walked = WalkEnvelope(view_, *at, walk, [&](StoredRecord& stored) {
      effort_.Entry(stored.entry.size());
      if (matcher_.CanPlace(stored.record)) place = stored.record.seq;
      return !place && !effort_.SpentPart(kPartForPlaces);
    });
    return walked.ok() ? place : seq;
  }

  const LedgerView& view_;
  const QueryRequest& q_;
  const Matcher& matcher_;
  const std::optional<uint64_t> after_;
  const AnswerLimits& limits_;
  Effort& effort_;
  std::vector<FacetChoice> requested_;  // for filters on the `requested` record, the shortest first
  std::vector<FacetChoice> later_;      // for filters on any record: native id, node, recorder
};

}  // namespace

Result<std::unique_ptr<Candidates>> PlanCandidates(const LedgerView& view, const QueryRequest& query,
                                                   const Matcher& matcher, std::optional<uint64_t> after,
                                                   const AnswerLimits& limits, Effort& effort) {
  return Planner(view, query, matcher, after, limits, effort).Plan();
}

}  // namespace envledger
