// The gate of every append. Three passes over one buffer, each relying on the one before: its shape (schema, limits,
// text, secrets), the FlatBuffers verifier, and the meaning (families of the stage, mandatory inner fields). The good
// path builds no path and no message and, for ordinary records, allocates nothing but the facts that it returns.
#include <array>
#include <string>

#include "ledger/codec/aligned.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/family_check.h"
#include "ledger/codec/shape.h"
#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

enum Family : uint16_t {
  kIdentity = 1 << 0,
  kExecution = 1 << 1,
  kScope = 1 << 2,
  kRequested = 1 << 3,
  kDecision = 1 << 4,
  kGranted = 1 << 5,
  kRouting = 1 << 6,
  kOutcome = 1 << 7,
  kCorrelation = 1 << 8,
  kReason = 1 << 9,
  kNote = 1 << 10,
};
constexpr std::array<std::string_view, 11> kFamilyNames = {"identity",    "execution", "scope",   "requested",
                                                           "decision",    "granted",   "routing", "outcome",
                                                           "correlation", "reason",    "note"};
constexpr uint16_t kOnlyInRequested = kIdentity | kExecution | kScope | kRequested | kCorrelation;

// The families that each stage must and may carry, by stage.
struct StageRule {
  uint16_t must = 0;
  uint16_t may = 0;
};
constexpr std::array<StageRule, kStageCount> kStageRules = {{
    {},                                                            // unspecified
    {kIdentity | kExecution | kScope | kRequested, kCorrelation},  // requested
    {kReason, kDecision},                                          // deferred
    {kDecision, 0},                                                // admitted
    {kDecision, 0},                                                // denied
    {kOutcome, 0},                                                 // rejected
    {kGranted, kRouting | kDecision},                              // granted
    {0, kRouting},                                                 // started
    {kReason, kDecision},                                          // suspended
    {0, kOutcome},                                                 // completed
    {kOutcome, 0},                                                 // failed
    {kDecision, kOutcome},                                         // cancelled
    {kDecision | kReason, 0},                                      // revoked
    {0, kOutcome},                                                 // expired
    {kReason, 0},                                                  // lost
    {kNote, kOutcome},                                             // annotated
}};

uint16_t FamiliesOf(const fb::Transition& t) {
  const auto bit = [](const void* family, Family which) { return family == nullptr ? uint16_t{0} : uint16_t{which}; };
  return bit(t.identity(), kIdentity) | bit(t.execution(), kExecution) | bit(t.scope(), kScope) |
         bit(t.requested(), kRequested) | bit(t.decision(), kDecision) | bit(t.granted(), kGranted) |
         bit(t.routing(), kRouting) | bit(t.outcome(), kOutcome) | bit(t.correlation(), kCorrelation) |
         bit(t.reason(), kReason) | bit(t.note(), kNote);
}

std::string_view FirstName(uint16_t families) {
  size_t i = 0;
  while ((families >> i & 1) == 0) ++i;
  return kFamilyNames[i];
}

bool CheckFamilies(const fb::Transition& transition, Stage stage, Fault& fault) {
  const StageRule rule = kStageRules[static_cast<size_t>(stage)];
  const uint16_t has = FamiliesOf(transition);
  if (const uint16_t missing = rule.must & ~has; missing != 0) {
    const std::string stage_name(fb::EnumNameStage(transition.stage()));
    return fault.Set(FirstName(missing), "is missing; stage " + stage_name + " requires it", "mandatory-family");
  }
  if (const uint16_t extra = has & ~(rule.must | rule.may); extra != 0) {
    const std::string stage_name(fb::EnumNameStage(transition.stage()));
    const bool restated = (extra & -extra & kOnlyInRequested) != 0;
    return fault.Set(
        FirstName(extra),
        "is not allowed in stage " + stage_name + (restated ? "; it is given once, in stage requested" : ""),
        "allowed-family");
  }
  return true;
}

bool CheckContents(const fb::Transition& t, Stage stage, Fault& fault) {
  if (t.identity() != nullptr && !CheckIdentity(*t.identity(), fault)) return fault.In("identity");
  if (t.execution() != nullptr && !CheckExecution(*t.execution(), fault)) return fault.In("execution");
  if (t.scope() != nullptr && !CheckScope(*t.scope(), fault)) return fault.In("scope");
  if (t.requested() != nullptr && !CheckRequested(t, fault)) return false;
  if (t.decision() != nullptr && !CheckDecision(*t.decision(), stage, fault)) return fault.In("decision");
  if (t.granted() != nullptr && !CheckGranted(*t.granted(), fault)) return fault.In("granted");
  if (t.routing() != nullptr && !CheckRouting(*t.routing(), fault)) return fault.In("routing");
  if (t.outcome() != nullptr && !CheckOutcome(*t.outcome(), stage, fault)) return fault.In("outcome");
  if (t.correlation() != nullptr && !CheckCorrelation(*t.correlation(), fault)) return fault.In("correlation");
  return true;
}

bool CheckMeaning(const fb::Transition& transition, Fault& fault) {
  const auto* id = transition.envelope_id();
  if (id == nullptr) return fault.Set("envelope_id", "is missing");
  if (!IsEnvelopeId({id->c_str(), id->size()})) {
    return fault.Set("envelope_id", "is not 1 to 128 printable ASCII characters without spaces");
  }
  const auto stage = static_cast<Stage>(transition.stage());
  if (stage == Stage::kUnspecified) return fault.Set("stage", "is missing");
  if (!transition.occurred_at().has_value()) return fault.Set("occurred_at", "is missing");
  if (*transition.occurred_at() < 0) return fault.Set("occurred_at", "is before 1970");
  return CheckFamilies(transition, stage, fault) && CheckContents(transition, stage, fault);
}

const Shape& TransitionShape() {
  static const Shape kShape(fb::TransitionTypeTable(), {.identifier = "ENVT",
                                                        .max_bytes = kMaxTransitionBytes,
                                                        .max_string_bytes = kMaxStringBytes,
                                                        .max_list_items = kMaxListItems,
                                                        .whole_words = true,
                                                        .strict_text = true});
  return kShape;
}

bool IsTransition(const AlignedBytes& aligned, Fault& fault) {
  if (!TransitionShape().Check(aligned.data(), aligned.size(), fault)) return false;
  flatbuffers::Verifier::Options options;
  options.max_depth = 8;                         // the schema's deepest is 4
  options.max_tables = kMaxTransitionBytes / 4;  // an item of a list of tables takes 4 bytes
  flatbuffers::Verifier verifier(aligned.data(), aligned.size(), options);
  if (!fb::VerifyTransitionBuffer(verifier)) return fault.Set("", "does not pass the FlatBuffers verifier");
  return CheckMeaning(*fb::GetTransition(aligned.data()), fault);
}

}  // namespace

Result<TransitionFacts> CheckTransition(std::string_view bytes) {
  Fault fault;
  if (!IsTransition(AlignedBytes(bytes), fault)) return fault.ToStatus(Code::kInvalidArgument, "transition");
  TransitionFacts facts = FactsOf(bytes);
  if (EntryBytesAtMost(bytes.size(), facts.involved.size()) > kMaxEntryBytes) {
    fault.Set("identity.delegation", "has too many principals for the record to fit in an entry");
    return fault.ToStatus(Code::kInvalidArgument, "transition");
  }
  return facts;
}

Result<CheckedTransition> CheckedTransition::Check(std::string_view bytes) {
  ENVLEDGER_ASSIGN_OR_RETURN(TransitionFacts facts, CheckTransition(bytes));
  return CheckedTransition(bytes, std::move(facts));
}

}  // namespace envledger
