#include "ledger/query/candidates.h"

#include <unordered_set>

#include "ledger/base/siphash.h"
#include "ledger/index/index_keys.h"

namespace envledger {
namespace {

constexpr uint64_t kPartForPrincipals = 4;  // of the work for a page, to find where the links of each continue

// One principal's links, by ordinal. Seqs grow with ordinals, so the place of a seq is found by bisection. `at` is a
// cursor of the table of principals that a query's walks share; the next ordinal is mostly the next key.
class PrincipalWalk {
 public:
  static Result<PrincipalWalk> Start(const LedgerView& view, IndexCursor& at, std::string prefix,
                                     const PrincipalSummary& summary, bool descending, std::optional<uint64_t> after,
                                     Effort& effort) {
    PrincipalWalk walk(at, std::move(prefix), summary.principal, descending, effort);
    uint64_t low = 1;  // the least ordinal whose seq is beyond `after`, or last + 1
    uint64_t high = summary.links + 1;
    while (after && low < high) {
      const uint64_t middle = low + (high - low) / 2;
      ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, walk.SeqOfOrdinal(middle));
      const bool beyond = descending ? seq >= *after : seq > *after;
      if (beyond) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (descending) {
      walk.ordinal_ = (after ? low : summary.links + 1) - 1;
      walk.end_ = 0;
    } else {
      walk.ordinal_ = low;
      walk.end_ = summary.links + 1;
    }
    // Checks the last ordinal of the previous page: if its posting were wrong, its neighbours could be skipped
    // unnoticed.
    const uint64_t before = descending ? low : low - 1;
    if (after && before >= 1 && before <= summary.links) {
      ENVLEDGER_RETURN_IF_ERROR(walk.CheckOrdinal(*view.log, before));
    }
    ENVLEDGER_RETURN_IF_ERROR(walk.Load());
    return walk;
  }

  bool done() const { return ordinal_ == end_; }
  uint64_t seq() const { return seq_; }
  Candidate Get() const {
    Candidate candidate;
    candidate.seq = seq_;
    candidate.principal = principal_.get();
    candidate.ordinal = ordinal_;
    return candidate;
  }
  Status Advance() {
    ordinal_ += descending_ ? -1 : 1;
    return Load();
  }

 private:
  PrincipalWalk(IndexCursor& at, std::string prefix, Principal principal, bool descending, Effort& effort)
      : at_(&at),
        effort_(&effort),
        prefix_(std::move(prefix)),
        principal_(std::make_unique<Principal>(std::move(principal))),
        descending_(descending) {}

  Result<uint64_t> SeqOfOrdinal(uint64_t ordinal) const {
    const std::string key = PrincipalKey(prefix_, ordinal);
    // While the cursor's key has this prefix, no other walk has moved it, and mostly the next key is the right one.
    const bool near = at_->Valid() && at_->key().size() == key.size() && at_->key().starts_with(prefix_) &&
                      ReadU64(at_->key().substr(prefix_.size())) + (descending_ ? -1 : 1) == ordinal;
    if (near) {
      effort_->Step();
      descending_ ? at_->Prev() : at_->Next();
    }
    if (!near || !at_->Valid() || at_->key() != key) {
      effort_->Search();
      descending_ ? at_->SeekForPrev(key) : at_->Seek(key);
    }
    ENVLEDGER_RETURN_IF_ERROR(at_->status());
    if (!at_->Valid() || at_->key() != key) {
      return Corruption("the index has no ordinal " + std::to_string(ordinal) + " of principal " + principal_->id);
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalPosting posting, DecodePosting(at_->value()));
    return posting.seq;
  }
  Status CheckOrdinal(const LogDb& log, uint64_t ordinal) const {
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOfOrdinal(ordinal));
    const auto bytes = log.Read(seq);
    effort_->Entry(bytes.ok() ? bytes->size() : 0);
    const auto record = bytes.ok() ? DecodeRecord(*bytes) : Result<Record>(bytes.status());
    if (record.ok() && CarriesLink(*record, *principal_, ordinal)) return Ok();
    return MisplacedOrdinal(principal_->id, ordinal, seq);
  }
  Status Load() {
    if (done()) return Ok();
    ENVLEDGER_ASSIGN_OR_RETURN(seq_, SeqOfOrdinal(ordinal_));
    return Ok();
  }

  IndexCursor* at_;
  Effort* effort_;
  std::string prefix_;
  std::unique_ptr<const Principal> principal_;
  bool descending_;
  uint64_t ordinal_ = 0;
  uint64_t end_ = 0;
  uint64_t seq_ = 0;
};

class PrincipalWalks : public Candidates {
 public:
  // `at`: the cursor that the walks share.
  PrincipalWalks(std::unique_ptr<IndexCursor> at, std::vector<PrincipalWalk> walks, bool descending)
      : at_(std::move(at)), walks_(std::move(walks)), descending_(descending) {}

  Result<std::optional<Candidate>> Next() override {
    if (current_ != nullptr) {
      ENVLEDGER_RETURN_IF_ERROR(current_->Advance());
      current_ = nullptr;
    }
    for (PrincipalWalk& walk : walks_) {
      if (walk.done()) continue;
      if (current_ == nullptr || (descending_ ? walk.seq() > current_->seq() : walk.seq() < current_->seq())) {
        current_ = &walk;
      }
    }
    if (current_ == nullptr) return std::optional<Candidate>();
    return std::optional<Candidate>(current_->Get());
  }

 private:
  const std::unique_ptr<IndexCursor> at_;
  std::vector<PrincipalWalk> walks_;
  const bool descending_;
  PrincipalWalk* current_ = nullptr;
};

// The principals of a transition in the order of their links, each once.
std::vector<const Principal*> InvolvedIn(const Transition& transition) {
  std::vector<const Principal*> involved;
  std::unordered_set<std::string, KeyedHash> known;
  const auto add = [&](const Principal& principal) {
    if (known.insert(PrincipalPrefix({principal.kind, principal.issuer, principal.id})).second) {
      involved.push_back(&principal);
    }
  };
  if (transition.identity) {
    add(transition.identity->requester);
    if (transition.identity->subject) add(*transition.identity->subject);
    for (const DelegationHop& hop : transition.identity->delegation) add(hop.actor);
  }
  if (transition.decision && transition.decision->decider) add(*transition.decision->decider);
  return involved;
}

// An envelope's place is where the principal first appears, in whatever role, even if the query names a role.
PrincipalFilter AnyRole(PrincipalFilter filter) {
  filter.roles = 0;
  return filter;
}

}  // namespace

// In the first record every principal has a link; in a later one only a decider can, so the order determines which link
// belongs to which principal.
bool CarriesLink(const Record& record, const Principal& principal, uint64_t ordinal) {
  const std::vector<const Principal*> involved = InvolvedIn(record.transition);
  for (size_t i = 0; i < record.links.size() && i < involved.size(); ++i) {
    if (*involved[i] == principal) return record.links[i].ordinal == ordinal;
  }
  return false;
}

Status MisplacedOrdinal(const std::string& principal_id, uint64_t ordinal, uint64_t seq) {
  return Corruption("principal " + principal_id + ": the index gives entry " + std::to_string(seq) + " for ordinal " +
                    std::to_string(ordinal) + ", but the entry says otherwise");
}

Result<std::unique_ptr<Candidates>> PrincipalCandidates(const LedgerView& view, const PrincipalFilter& filter,
                                                        bool descending, std::optional<uint64_t> after,
                                                        const AnswerLimits& limits, Effort& effort) {
  auto at = view.index->NewCursor(Table::kPrincipals, Reach::kTable);
  std::vector<PrincipalWalk> walks;
  bool too_many = false;
  Status problem;
  const auto visit = [&](const std::string& prefix, const PrincipalSummary& summary) {
    too_many = !walks.empty() && (walks.size() >= limits.max_principals || effort.SpentPart(kPartForPrincipals));
    if (too_many) return false;
    auto walk = PrincipalWalk::Start(view, *at, prefix, summary, descending, after, effort);
    if (!walk.ok()) {
      problem = std::move(walk).status();
      return false;
    }
    walks.push_back(*std::move(walk));
    return true;
  };
  ENVLEDGER_RETURN_IF_ERROR(VisitPrincipals(view, AnyRole(filter), {}, effort, visit));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  if (too_many) return std::unique_ptr<Candidates>();
  return std::unique_ptr<Candidates>(std::make_unique<PrincipalWalks>(std::move(at), std::move(walks), descending));
}

Result<bool> HasMoreLinks(const LedgerView& view, const PrincipalFilter& filter, uint64_t than, Effort& effort) {
  uint64_t links = 0;
  const auto visit = [&](const std::string&, const PrincipalSummary& summary) {
    links += summary.links;
    return links <= than;
  };
  ENVLEDGER_RETURN_IF_ERROR(VisitPrincipals(view, AnyRole(filter), {}, effort, visit));
  return links > than;
}

}  // namespace envledger
