// A request is sealed in two passes. The first plans every item against the heads (replay, lifecycle, revision, links)
// and remembers how to undo it; the second, which cannot fail, builds and hashes the entries. A refused item undoes
// what its request planned, so that nothing of a refused batch is left, not even an ordinal.
#include "ledger/service/sealer.h"

#include <unistd.h>

#include <algorithm>

#include "ledger/index/index_keys.h"

namespace envledger {

struct Sealer::Plan {
  bool replay = false;
  RecordMark* mark = nullptr;     // unused for a replay of the request's own items
  Acknowledgment acknowledgment;  // of a replay, or filled in when sealed
  std::optional<size_t> same_as;  // a replay of this earlier item of the request
  EnvelopeHead* head = nullptr;
  uint64_t seq = 0;
  std::optional<uint64_t> envelope_previous;
  std::vector<PrincipalLink> links;
};

struct Sealer::Undo {
  EnvelopeHead* envelope = nullptr;
  LifecycleState state;
  uint64_t last_seq = 0;
  std::optional<RoleTable> roles;  // only when they change
  PrincipalHead* principal = nullptr;
  PrincipalHead before;

  void Run() const {
    if (principal != nullptr) {
      *principal = before;
      return;
    }
    envelope->state = state;
    envelope->last_seq = last_seq;
    if (roles) envelope->roles = *roles;
    envelope->marks.pop_back();
  }
};

namespace {

ErrorInfo Refusal(Status status, size_t item, const EnvelopeHead* head) {
  ErrorInfo error;
  error.status = std::move(status);
  error.item = static_cast<int32_t>(item);
  if (head != nullptr && head->state.revisions > 0) {
    error.stage = head->state.stage;
    error.revision = head->state.revisions - 1;
  }
  return error;
}

std::string Where(const EnvelopeHead& head) {
  if (head.state.revisions == 0) return "the envelope has no record yet";
  return "the envelope is " + std::string(Name(head.state.stage)) + " at revision " +
         std::to_string(head.state.revisions - 1);
}

}  // namespace

Sealer::Sealer(const LogDb& log, const IndexReader& index, Clock& clock, const SealerOptions& options, ChainEnd end)
    : log_(log),
      index_(index),
      clock_(clock),
      options_(options),
      self_{getuid(), getgid(), static_cast<int32_t>(getpid()), "envledgerd"},
      end_(std::move(end)) {}

std::unique_ptr<Group> Sealer::NewGroup() const {
  auto group = std::make_unique<Group>();
  group->first_seq = end_.frontier.size();
  return group;
}

void Sealer::Seal(AppendWork work, Group& group, const Group* before) {
  AppendResult result = SealItems(work, group, before);
  group.waiting.push_back({std::move(work.done), std::move(result)});
}

AppendResult Sealer::SealItems(const AppendWork& work, Group& group, const Group* before) {
  const Nanos now = NextTime(group);  // may take a seq for a clock event, so it comes before any seq is planned
  std::vector<Plan> plans;
  std::vector<Undo> undo;
  plans.reserve(work.items.size());
  for (size_t i = 0; i < work.items.size(); ++i) {
    if (auto error = PlanItem(work, i, group, before, plans, undo)) {
      std::for_each(undo.rbegin(), undo.rend(), [](const Undo& step) { step.Run(); });
      return *std::move(error);
    }
  }

  AppendResponse response;
  response.acknowledgments.reserve(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) {
    Plan& plan = plans[i];
    if (plan.replay) {
      Acknowledgment first = plan.same_as ? plans[*plan.same_as].acknowledgment : plan.acknowledgment;
      first.replayed = true;
      plan.acknowledgment = first;
      response.acknowledgments.push_back(first);
      continue;
    }
    EntryHeader header = NextHeader(now);
    header.recorder = *work.recorder;
    header.envelope_revision = plan.acknowledgment.envelope_revision;
    header.envelope_previous = plan.envelope_previous;
    header.principal_links = std::move(plan.links);
    const std::string_view entry = builder_.Build(header, work.items[i].transition);
    Put(header, entry, group);
    plan.acknowledgment.seq = header.seq;
    plan.acknowledgment.leaf_hash = end_.last_leaf_hash;
    plan.acknowledgment.recorded_at = now;
    // The request's later items may have moved the head on, but a revision is a mark's place.
    plan.head->marks[plan.acknowledgment.envelope_revision].acknowledgment = plan.acknowledgment;
    response.acknowledgments.push_back(plan.acknowledgment);
  }
  return response;
}

std::optional<ErrorInfo> Sealer::PlanItem(const AppendWork& work, size_t index, const Group& group, const Group* before,
                                          std::vector<Plan>& plans, std::vector<Undo>& undo) {
  const TransitionFacts& facts = work.facts[index];
  auto found = envelopes_.Find(facts.envelope_id, [&](std::string_view id, EnvelopeHead& head) {
    return LoadEnvelopeHead(index_, log_, id, head);
  });
  if (!found.ok()) return Refusal(NoteDamage(std::move(found).status()), index, nullptr);
  EnvelopeHead& head = **found;

  Plan plan;
  plan.head = &head;
  auto replay = FindReplay(work, index, head, group, before, plans);
  if (auto* error = std::get_if<ErrorInfo>(&replay)) return std::move(*error);
  if (const size_t* revision = std::get_if<size_t>(&replay)) {
    plan.replay = true;
    plan.acknowledgment = head.marks[*revision].acknowledgment;
    for (size_t i = 0; i < plans.size(); ++i) {  // sealed only in the second pass
      if (!plans[i].replay && plans[i].head == &head && plans[i].acknowledgment.envelope_revision == *revision) {
        plan.same_as = i;
      }
    }
    plans.push_back(std::move(plan));
    return std::nullopt;
  }

  if (Status legal = CheckMove(head.state, facts); !legal.ok()) return Refusal(std::move(legal), index, &head);
  if (head.state.revisions >= options_.max_envelope_records) {
    return Refusal({Code::kResourceExhausted, "max-envelope-records",
                    "the envelope has " + std::to_string(head.state.revisions) + " records, the most that are allowed"},
                   index, &head);
  }

  const auto sealed_before = static_cast<uint64_t>(
      std::count_if(plans.begin(), plans.end(), [](const Plan& earlier) { return !earlier.replay; }));
  plan.seq = end_.frontier.size() + sealed_before;
  plan.acknowledgment.envelope_revision = head.state.revisions;
  if (head.state.revisions > 0) plan.envelope_previous = head.last_seq;

  Undo step;
  step.envelope = &head;
  step.state = head.state;
  step.last_seq = head.last_seq;
  head.marks.push_back({FingerprintOf(work.items[index].transition), {}});
  undo.push_back(std::move(step));
  if (Status linked = PlanLinks(facts, plan.seq, head, plan, undo); !linked.ok()) {
    return Refusal(NoteDamage(std::move(linked)), index, nullptr);
  }
  head.state = Advance(head.state, facts);
  head.last_seq = plan.seq;
  plans.push_back(std::move(plan));
  return std::nullopt;
}

std::variant<std::monostate, size_t, ErrorInfo> Sealer::FindReplay(const AppendWork& work, size_t index,
                                                                   const EnvelopeHead& head, const Group& group,
                                                                   const Group* before,
                                                                   const std::vector<Plan>& plans) const {
  const std::optional<uint64_t> expected = work.items[index].expected_revision;
  const uint64_t fingerprint = FingerprintOf(work.items[index].transition);
  if (expected && *expected > head.state.revisions) {
    return Refusal(Conflict(std::string(kRuleExpectedRevision),
                            "revision " + std::to_string(*expected) + " was expected, but " + Where(head)),
                   index, &head);
  }
  if (expected && *expected == head.state.revisions) return std::monostate();
  const size_t from = expected ? static_cast<size_t>(*expected) : 0;
  const size_t until = expected ? from + 1 : head.marks.size();
  for (size_t revision = from; revision < until; ++revision) {
    if (head.marks[revision].fingerprint != fingerprint) continue;
    auto same = SameBytes(head.marks[revision], work, index, group, before, plans);
    if (!same.ok()) return Refusal(std::move(same).status(), index, nullptr);
    if (*same) return revision;
  }
  if (!expected) return std::monostate();
  return Refusal(Conflict(std::string(kRuleExpectedRevision),
                          "revision " + std::to_string(*expected) + " is taken by other bytes; " + Where(head)),
                 index, &head);
}

// The bytes of a marked record are in this request, in a group that is not on disk yet, or in the log.
Result<bool> Sealer::SameBytes(const RecordMark& mark, const AppendWork& work, size_t index, const Group& group,
                               const Group* before, const std::vector<Plan>& plans) const {
  const std::string_view bytes = work.items[index].transition;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (!plans[i].replay && &plans[i].head->marks[plans[i].acknowledgment.envelope_revision] == &mark) {
      return work.items[i].transition == bytes;
    }
  }
  const uint64_t seq = mark.acknowledgment.seq;
  std::string stored;
  std::string_view entry;
  if (seq >= group.first_seq) {
    entry = group.Entry(seq - group.first_seq);
  } else if (before != nullptr && seq >= before->first_seq) {
    entry = before->Entry(seq - before->first_seq);
  } else {
    ENVLEDGER_ASSIGN_OR_RETURN(stored, log_.Read(seq));
    entry = stored;
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView view, CheckEntry(entry));
  return view.transition == bytes;
}

Status Sealer::PlanLinks(const TransitionFacts& facts, uint64_t seq, EnvelopeHead& head, Plan& plan,
                         std::vector<Undo>& undo) {
  const size_t envelope_step = undo.size() - 1;
  for (const Involvement& involved : facts.involved) {
    const RoleMask held = head.roles.Held(involved.principal);
    const auto roles = static_cast<RoleMask>(involved.roles & ~held);
    if (roles == 0) continue;
    if (!undo[envelope_step].roles) undo[envelope_step].roles = head.roles;
    const std::string prefix = PrincipalPrefix(involved.principal);
    ENVLEDGER_ASSIGN_OR_RETURN(PrincipalHead * principal,
                               principals_.Find(prefix, [&](std::string_view key, PrincipalHead& loaded) {
                                 return LoadPrincipalHead(index_, key, loaded);
                               }));
    Undo step;
    step.principal = principal;
    step.before = *principal;
    undo.push_back(std::move(step));
    plan.links.push_back({roles, held, principal->ordinal + 1,
                          principal->ordinal == 0 ? std::nullopt : std::optional(principal->last_seq)});
    ++principal->ordinal;
    principal->last_seq = seq;
    head.roles.Add(involved.principal, roles);
  }
  return Ok();
}

void Sealer::SealEvent(const LedgerEvent& event, Group& group, AppendDone done) {
  EntryHeader header = NextHeader(NextTime(group));
  header.recorder = self_;
  Put(header, builder_.Build(header, event), group);
  if (!done) return;
  AppendResponse response;
  response.acknowledgments.push_back({header.seq, end_.last_leaf_hash, 0, header.recorded_at, false});
  group.waiting.push_back({std::move(done), std::move(response)});
}

// recorded_at never decreases. A clock that went back is held at the last time, and noted once.
Nanos Sealer::NextTime(Group& group) {
  const Nanos now = clock_.Now();
  if (now >= end_.last_recorded_at) {
    clock_is_back_ = false;
    return now;
  }
  if (!clock_is_back_ && end_.last_recorded_at - now > options_.clock_tolerance) {
    clock_is_back_ = true;
    EntryHeader header = NextHeader(end_.last_recorded_at);
    header.recorder = self_;
    Put(header, builder_.Build(header, ClockStepped{end_.last_recorded_at, now}), group);
  }
  return end_.last_recorded_at;
}

EntryHeader Sealer::NextHeader(Nanos now) const {
  EntryHeader header;
  header.seq = end_.frontier.size();
  header.recorded_at = now;
  header.previous = end_.last_leaf_hash;
  return header;
}

void Sealer::Put(const EntryHeader& header, std::string_view entry, Group& group) {
  group.bytes.append(entry);
  group.ends.push_back(group.bytes.size());
  end_.last_leaf_hash = LeafHash(entry);
  end_.last_recorded_at = header.recorded_at;
  group.before_last = end_.frontier;
  end_.frontier.Append(end_.last_leaf_hash);
  group.last_leaf_hash = end_.last_leaf_hash;
  group.last_recorded_at = end_.last_recorded_at;
}

Status Sealer::NoteDamage(Status status) {
  if (status.code() == Code::kCorruption && index_damage_.ok()) index_damage_ = status;
  return status;
}

void Sealer::Trim(uint64_t watermark) {
  envelopes_.Trim(options_.envelope_cache, watermark);
  principals_.Trim(options_.principal_cache, watermark);
}

}  // namespace envledger
