// A request is sealed in two passes. The first plans every item against the heads (replay, lifecycle, revision, links)
// and remembers how to undo it. The second builds and hashes the entries; those that readers would refuse go no further
// (chain_writer.h). When an item is refused, everything that its request planned and built is undone, so that nothing
// of a refused batch remains, not even an ordinal.
#include "ledger/sealing/sealer.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "ledger/base/invariant.h"
#include "ledger/base/log.h"
#include "ledger/index/index_keys.h"

namespace envledger {

struct Sealer::Plan {
  bool replay = false;
  Acknowledgment acknowledgment;  // for a replay: the earlier one; otherwise filled in when sealed
  std::optional<size_t> same_as;  // this item repeats that earlier item of the request
  EnvelopeHead* head = nullptr;
  uint64_t seq = 0;
  std::optional<uint64_t> envelope_previous;
  std::vector<PrincipalLink> links;
};

// One change of a head. Changes are undone in reverse order.
struct Sealer::Undo {
  EnvelopeHead* envelope = nullptr;
  // For a record of the envelope:
  LifecycleState state;
  uint64_t last_seq = 0;
  // For a link of a principal:
  PrincipalHead* principal = nullptr;
  PrincipalHead before;
  PrincipalMark mark{};
  RoleMask held = 0;

  void Run() const {
    if (principal != nullptr) {
      *principal = before;
      envelope->roles.Set(mark, held);
      return;
    }
    envelope->state = state;
    envelope->last_seq = last_seq;
    envelope->marks.RemoveLast();
  }
};

struct Sealer::Sealed {
  const Group& group;
  const Group* before;             // null when its entries are in the log
  const std::vector<Plan>& plans;  // plans of this request
};

namespace {

// Refuses one item, with the state of its envelope (`head`) if known, or the whole request.
ErrorInfo Refusal(Status status, std::optional<size_t> item = std::nullopt, const EnvelopeHead* head = nullptr) {
  ErrorInfo error;
  error.status = std::move(status);
  error.item = item ? static_cast<int32_t>(*item) : -1;
  if (head != nullptr && head->state.revisions > 0) {
    error.stage = head->state.stage;
    error.revision = head->state.revisions - 1;
  }
  return error;
}

// REQUIRES: the envelope has a record.
std::string Where(const EnvelopeHead& head) {
  return "the envelope is " + std::string(Name(head.state.stage)) + " at revision " +
         std::to_string(head.state.revisions - 1);
}

}  // namespace

Sealer::Sealer(const LogDb& log, const IndexSource& index, Clock& clock, const SealerOptions& options, ChainEnd end)
    : log_(log),
      index_(index),
      clock_(clock),
      options_(options),
      ownership_(options.cross_producer),
      self_{getuid(), getgid(), static_cast<int32_t>(getpid()), "envledgerd"},
      chain_(std::move(end)) {}

std::unique_ptr<Group> Sealer::NewGroup() {
  heads_.reset();  // also releases files that compactions have replaced, while the ledger is idle
  auto group = std::make_unique<Group>();
  group->first_seq = chain_.size();
  return group;
}

void Sealer::Seal(AppendWork work, Group& group, const Group* before) {
  AppendResult result = SealItems(work, group, before);
  group.waiting.push_back({std::move(work.done), std::move(result)});
}

AppendResult Sealer::SealItems(const AppendWork& work, Group& group, const Group* before) {
  if (!broken_.ok()) return Refusal(Unavailable("appends have stopped: " + broken_.message()));
  auto now = NextTime(group);  // first, because a clock event takes a seq
  if (!now.ok()) return Refusal(std::move(now).status());
  std::vector<Plan> plans;
  std::vector<Undo> undo;
  plans.reserve(work.items.size());
  const Sealed sealed{group, before, plans};
  std::optional<ErrorInfo> error;
  for (size_t i = 0; i < work.items.size() && !error; ++i) error = PlanItem(work, i, sealed, plans, undo);
  if (!error) error = BuildPlanned(work, *now, plans, group);
  if (error) {
    std::for_each(undo.rbegin(), undo.rend(), [](const Undo& step) { step.Run(); });
    return *std::move(error);
  }

  AppendResponse response;
  response.acknowledgments.reserve(plans.size());
  for (Plan& plan : plans) {
    if (plan.same_as) plan.acknowledgment = plans[*plan.same_as].acknowledgment;
    plan.acknowledgment.replayed = plan.replay;
    response.acknowledgments.push_back(plan.acknowledgment);
  }
  return response;
}

// Builds all planned entries. Either all become part of the chain, or none does.
std::optional<ErrorInfo> Sealer::BuildPlanned(const AppendWork& work, Nanos now, std::vector<Plan>& plans,
                                              Group& group) {
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].replay) continue;
    if (Status built = BuildOne(work, i, now, plans[i], group); !built.ok()) {
      chain_.TakeBack(group);
      return Refusal(std::move(built), i);
    }
  }
  chain_.Keep(group);
  return std::nullopt;
}

Status Sealer::BuildOne(const AppendWork& work, size_t index, Nanos now, Plan& plan, Group& group) {
  if (Status planned = CheckPlanned(plan, group); !planned.ok()) return broken_ = std::move(planned);
  EntryHeader header;
  header.recorded_at = now;
  header.recorder = *work.recorder;
  header.envelope_revision = plan.acknowledgment.envelope_revision;
  header.envelope_previous = plan.envelope_previous;
  header.principal_links = std::move(plan.links);
  auto leaf_hash = chain_.Add(std::move(header), work.items[index].transition, group);
  if (!leaf_hash.ok()) return NoteRefused(std::move(leaf_hash).status());
  plan.acknowledgment.seq = plan.seq;
  plan.acknowledgment.leaf_hash = *leaf_hash;
  plan.acknowledgment.recorded_at = now;
  return Ok();
}

// Links and back-links of later entries already contain the planned seq, so it must be the real one.
Status Sealer::CheckPlanned(const Plan& plan, const Group& group) const {
  const uint64_t seq = chain_.next_seq();
  ENVLEDGER_INVARIANT(plan.seq == seq && seq == group.first_seq + group.entries(),
                      "entry " + std::to_string(seq) + " was planned as entry " + std::to_string(plan.seq) +
                          ", at position " + std::to_string(group.entries()) + " of the group from " +
                          std::to_string(group.first_seq));
  return Ok();
}

// A reader of the present index. It is created only if a group needs it, and again when the index has moved on: the
// cursors of an old one would step over every key that was written since, each time that they seek.
HeadReader& Sealer::Heads() {
  if (const uint64_t reach = index_.watermark(); !heads_ || reach > seen_) {
    seen_ = reach;  // read before the reader is created, which may see more
    heads_.emplace(log_, index_.Latest());
  }
  return *heads_;
}

std::optional<ErrorInfo> Sealer::PlanItem(const AppendWork& work, size_t index, const Sealed& sealed,
                                          std::vector<Plan>& plans, std::vector<Undo>& undo) {
  const TransitionFacts& facts = work.items[index].transition.facts();
  auto found = envelopes_.Find(facts.envelope_id,
                               [&](EnvelopeHead& head) { return Heads().LoadEnvelope(facts.envelope_id, head); });
  if (!found.ok()) return Refusal(std::move(found).status(), index);
  EnvelopeHead& head = **found;
  if (head.state.revisions > kShortEnvelope) {
    Heads();
    head.more_marks_in_index |= head.marks.ForgetIndexed(seen_);
  }

  if (head.state.revisions == 0) {
    if (Status first = CheckFirst(work.items[index]); !first.ok()) return Refusal(std::move(first), index);
    head.owner = OwnerOf(*work.recorder);
  } else if (!ownership_.MayAppend(*work.recorder, head.owner)) {
    Status first = CheckFirst(work.items[index]);
    return Refusal(first.ok() ? Conflict(std::string(kRuleEnvelopeTaken),
                                         "another producer has an envelope of this id: choose another id")
                              : std::move(first),
                   index);
  }

  Plan plan;
  plan.head = &head;
  auto replay = FindReplay(work, index, head, sealed);
  if (auto* error = std::get_if<ErrorInfo>(&replay)) return std::move(*error);
  if (const uint64_t* seq = std::get_if<uint64_t>(&replay)) {
    if (Status planned = PlanReplay(*seq, sealed, plan); !planned.ok()) {
      return Refusal(std::move(planned), index);
    }
    plans.push_back(std::move(plan));
    return std::nullopt;
  }

  if (Status legal = CheckMove(head.state, facts); !legal.ok()) return Refusal(std::move(legal), index, &head);
  if (head.state.revisions >= options_.max_envelope_records) {
    return Refusal({Code::kResourceExhausted, "max-envelope-records",
                    "the envelope has " + std::to_string(head.state.revisions) + " records, which is the limit"},
                   index, &head);
  }

  const auto sealed_before = static_cast<uint64_t>(
      std::count_if(plans.begin(), plans.end(), [](const Plan& earlier) { return !earlier.replay; }));
  plan.seq = chain_.size() + sealed_before;
  plan.acknowledgment.envelope_revision = head.state.revisions;
  if (head.state.revisions > 0) plan.envelope_previous = head.last_seq;

  Undo step;
  step.envelope = &head;
  step.state = head.state;
  step.last_seq = head.last_seq;
  head.marks.Add(head.state.revisions, work.items[index].transition.bytes(), plan.seq);
  undo.push_back(step);
  if (Status linked = PlanLinks(facts, plan.seq, head, plan, undo); !linked.ok()) {
    return Refusal(std::move(linked), index);
  }
  head.state = Advance(head.state, facts);
  head.last_seq = plan.seq;
  plans.push_back(std::move(plan));
  return std::nullopt;
}

// Whether the item can be the first record of an envelope. What it is refused with otherwise is the same for an envelope
// that does not exist and for one of another producer, so that nobody learns of envelopes by trying.
Status Sealer::CheckFirst(const AppendWork::Item& item) {
  constexpr char kWho[] =
      "; only the producer that opened an envelope, and those that the option cross-producer names, may append to it";
  if (item.expected_revision.value_or(0) > 0) {
    return Conflict(std::string(kRuleExpectedRevision), "revision " + std::to_string(*item.expected_revision) +
                                                            " was expected, but this producer has no such envelope" +
                                                            kWho);
  }
  const Status legal = CheckMove(LifecycleState(), item.transition.facts());
  return legal.ok() ? legal : Status(legal.code(), legal.rule(), legal.message() + kWho);
}

std::variant<std::monostate, uint64_t, ErrorInfo> Sealer::FindReplay(const AppendWork& work, size_t index,
                                                                     const EnvelopeHead& head, const Sealed& sealed) {
  const std::optional<uint64_t> expected = work.items[index].expected_revision;
  if (!expected) return FindRepeated(work, index, head, sealed);
  if (*expected > head.state.revisions) {
    return Refusal(Conflict(std::string(kRuleExpectedRevision),
                            "revision " + std::to_string(*expected) + " was expected, but " + Where(head)),
                   index, &head);
  }
  if (*expected == head.state.revisions) return std::monostate();
  const auto seq = SeqOfRevision(head, work.items[index].transition.facts().envelope_id, *expected);
  if (!seq.ok()) return Refusal(seq.status(), index);
  auto same = *seq ? SameBytes(**seq, work, index, sealed) : Result<bool>(false);
  if (!same.ok()) return Refusal(std::move(same).status(), index);
  if (*same) return **seq;
  return Refusal(Conflict(std::string(kRuleExpectedRevision),
                          "revision " + std::to_string(*expected) + " exists with other bytes; " + Where(head)),
                 index, &head);
}

std::variant<std::monostate, uint64_t, ErrorInfo> Sealer::FindRepeated(const AppendWork& work, size_t index,
                                                                       const EnvelopeHead& head, const Sealed& sealed) {
  const std::string_view bytes = work.items[index].transition.bytes();
  std::vector<uint64_t> candidates = head.marks.Candidates(bytes);
  if (head.more_marks_in_index) {
    const Status visited = Heads().VisitBytes(work.items[index].transition.facts().envelope_id, FingerprintOf(bytes),
                                              [&candidates](uint64_t seq) {
                                                candidates.push_back(seq);
                                                return true;
                                              });
    if (!visited.ok()) return Refusal(visited, index);
  }
  for (const uint64_t seq : candidates) {
    auto same = SameBytes(seq, work, index, sealed);
    if (!same.ok()) return Refusal(std::move(same).status(), index);
    if (*same) return seq;
  }
  return std::monostate();
}

Result<std::optional<uint64_t>> Sealer::SeqOfRevision(const EnvelopeHead& head, std::string_view envelope_id,
                                                      uint64_t revision) {
  const auto held = head.marks.SeqOf(revision);
  if (held || !head.more_marks_in_index) return held;
  return Heads().SeqOfRevision(envelope_id, revision);
}

// A record's entry, from a group that is not on disk yet or from the log.
Result<std::string> Sealer::BytesOf(uint64_t seq, const Sealed& sealed) const {
  if (seq >= sealed.group.first_seq) return std::string(sealed.group.Entry(seq - sealed.group.first_seq));
  if (sealed.before != nullptr && seq >= sealed.before->first_seq) {
    return std::string(sealed.before->Entry(seq - sealed.before->first_seq));
  }
  return log_.Read(seq);
}

Result<bool> Sealer::SameBytes(uint64_t seq, const AppendWork& work, size_t index, const Sealed& sealed) const {
  const std::string_view bytes = work.items[index].transition.bytes();
  for (size_t i = 0; i < sealed.plans.size(); ++i) {
    if (!sealed.plans[i].replay && sealed.plans[i].seq == seq) return work.items[i].transition.bytes() == bytes;
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string entry, BytesOf(seq, sealed));
  const auto view = CheckEntry(entry);
  if (!view.ok()) return LogDamage("entry " + std::to_string(seq) + ": " + view.status().message());
  return view->transition == bytes;
}

// REQUIRES: SameBytes(seq, ...) was true.
Status Sealer::PlanReplay(uint64_t seq, const Sealed& sealed, Plan& plan) const {
  plan.replay = true;
  for (size_t i = 0; i < sealed.plans.size(); ++i) {
    if (sealed.plans[i].replay || sealed.plans[i].seq != seq) continue;
    plan.same_as = i;  // sealed only in the second pass
    return Ok();
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string entry, BytesOf(seq, sealed));
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView view, CheckEntry(entry));
  plan.acknowledgment = {seq, LeafHash(entry), view.header.envelope_revision.value_or(0), view.header.recorded_at,
                         true};
  return Ok();
}

Result<RoleMask> Sealer::HeldBy(const std::string& principal_prefix, const PrincipalMark& principal,
                                std::string_view envelope_id, const EnvelopeHead& head) {
  const RoleMask held = head.roles.Held(principal);
  if (!head.more_roles_in_index) return held;
  ENVLEDGER_ASSIGN_OR_RETURN(const RoleMask more, Heads().HeldIn(envelope_id, principal_prefix));
  return static_cast<RoleMask>(held | more);
}

Status Sealer::PlanLinks(const TransitionFacts& facts, uint64_t seq, EnvelopeHead& head, Plan& plan,
                         std::vector<Undo>& undo) {
  for (const Involvement& involved : facts.involved) {
    const std::string prefix = PrincipalPrefix(involved.principal);
    const PrincipalMark mark = MarkOf(prefix);
    ENVLEDGER_ASSIGN_OR_RETURN(const RoleMask held, HeldBy(prefix, mark, facts.envelope_id, head));
    const auto roles = static_cast<RoleMask>(involved.roles & ~held);
    if (roles == 0) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(
        PrincipalHead * principal,
        principals_.Find({reinterpret_cast<const char*>(mark.data()), sizeof mark},
                         [&](PrincipalHead& loaded) { return Heads().LoadPrincipal(prefix, loaded); }));
    Undo step;
    step.envelope = &head;
    step.principal = principal;
    step.before = *principal;
    step.mark = mark;
    step.held = head.roles.Held(mark);
    undo.push_back(step);
    plan.links.push_back({roles, held, principal->ordinal + 1,
                          principal->ordinal == 0 ? std::nullopt : std::optional(principal->last_seq)});
    ++principal->ordinal;
    principal->last_seq = seq;
    head.roles.Set(mark, static_cast<RoleMask>(held | roles));
  }
  return Ok();
}

void Sealer::SealEvent(const LedgerEvent& event, Group& group, AppendDone done) {
  const auto now = broken_.ok() ? NextTime(group) : Result<Nanos>(broken_);
  Status sealed = now.ok() ? SealOwn(event, *now, group) : now.status();
  if (!done) return;
  if (!sealed.ok()) {
    group.waiting.push_back({std::move(done), Refusal(std::move(sealed))});
    return;
  }
  AppendResponse response;
  response.acknowledgments.push_back({chain_.size() - 1, chain_.last_leaf_hash(), 0, *now, false});
  group.waiting.push_back({std::move(done), std::move(response)});
}

Status Sealer::SealOwn(const LedgerEvent& event, Nanos now, Group& group) {
  EntryHeader header;
  header.recorded_at = now;
  header.recorder = self_;
  auto added = chain_.Add(std::move(header), event, group);
  if (!added.ok())
    return NoteRefused(std::move(added).status().Prepend("event " + std::string(EventName(event)) + ": "));
  chain_.Keep(group);
  return Ok();
}

// recorded_at never decreases. When the clock goes back, the last time is used again, and the step is recorded once.
Result<Nanos> Sealer::NextTime(Group& group) {
  const Nanos now = clock_.Now();
  const Nanos last = chain_.last_recorded_at();
  // Once sealed, a time like that would be every later entry's.
  ENVLEDGER_RETURN_IF_ERROR(CheckClock(now));
  if (now >= last) {
    clock_is_back_ = false;
    return now;
  }
  if (!clock_is_back_ && last - now > options_.clock_tolerance) {
    ENVLEDGER_RETURN_IF_ERROR(SealOwn(ClockStepped{last, now}, last, group));
    clock_is_back_ = true;
  }
  return last;
}

// The gate refuses an entry because of a bug, or because of an account name that no reader accepts. Only the first
// refusal is logged: a producer that keeps trying must not fill the journal, and its refusals are counted.
Status Sealer::NoteRefused(Status status) {
  if (!std::exchange(refused_one_, true)) {
    Log(LogLevel::kError,
        "nothing was sealed: " + status.ToString() + " (further refusals are counted but not logged)");
  }
  return status;
}

void Sealer::Trim() {
  // Heads that this group's reader may not see in the index must be kept.
  const uint64_t covered = heads_ ? seen_ : index_.watermark();
  envelopes_.Trim(options_.head_cache_bytes / 4 * 3, covered);
  principals_.Trim(options_.head_cache_bytes / 4, covered);
}

bool Sealer::HoldsTooMuch() const {
  return envelopes_.MemoryBytes() + principals_.MemoryBytes() > 2 * options_.head_cache_bytes;
}

}  // namespace envledger
