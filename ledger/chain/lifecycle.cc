// The table of legal moves is data: for each stage, the set of stages that may follow it. "No record yet" and the
// terminal stages are rows like the others. A move that is not in the table is refused, and only then is it decided
// which rule it breaks. Two rules beyond the table need more than the last stage (an earlier allow, a failed binding);
// that is all that the state carries.
#include "ledger/chain/lifecycle.h"

#include <array>
#include <initializer_list>

namespace envledger {
namespace {

using StageSet = uint16_t;  // bit n: the stage with the value n
static_assert(kStageCount <= 16);

constexpr StageSet Bit(Stage stage) { return static_cast<StageSet>(1u << static_cast<unsigned>(stage)); }

constexpr StageSet Stages(std::initializer_list<Stage> stages) {
  StageSet set = 0;
  for (const Stage stage : stages) set |= Bit(stage);
  return set;
}

constexpr std::array<StageSet, kStageCount> MakeMoves() {
  using enum Stage;
  // Any envelope that has not ended may end in these ways, and be annotated.
  constexpr StageSet kAlways = Stages({kFailed, kCancelled, kExpired, kLost, kAnnotated});
  constexpr StageSet kUndecided = kAlways | Stages({kDeferred, kAdmitted, kDenied, kRejected, kGranted});
  constexpr StageSet kRunning = kAlways | Stages({kGranted, kStarted, kRevoked});
  std::array<StageSet, kStageCount> moves{};
  const auto row = [&moves](Stage from, StageSet to) { moves[static_cast<size_t>(from)] = to; };
  row(kUnspecified, Stages({kRequested}));
  row(kRequested, kUndecided);
  row(kDeferred, kUndecided | Stages({kRevoked}));
  row(kAdmitted, kUndecided | Stages({kRevoked}));
  row(kGranted, kRunning | Stages({kDeferred, kRejected, kSuspended, kCompleted}));
  row(kStarted, kRunning | Stages({kSuspended, kCompleted}));
  row(kSuspended, kRunning | Stages({kDeferred}));
  for (const Stage terminal : {kDenied, kRejected, kCompleted, kFailed, kCancelled, kRevoked, kExpired, kLost}) {
    row(terminal, Stages({kAnnotated}));
  }
  return moves;
}
constexpr std::array<StageSet, kStageCount> kMoves = MakeMoves();

std::string NamesOf(StageSet set) {
  std::string names;
  for (int value = 0; value < kStageCount; ++value) {
    const auto stage = static_cast<Stage>(value);
    if ((set & Bit(stage)) == 0) continue;
    if (!names.empty()) names += ", ";
    names += Name(stage);
  }
  return names;
}

Status RefuseMove(std::string_view rule, Stage from, Stage to, const std::string& why) {
  return Conflict(std::string(rule), std::string(Name(to)) + " cannot follow " + std::string(Name(from)) + ": " + why);
}

// Finds the rule that a move outside the table breaks.
Status ExplainIllegalMove(Stage from, Stage to) {
  if (from == Stage::kUnspecified) {
    return Conflict(std::string(kRuleFirstIsRequested),
                    "the first record of an envelope is requested, not " + std::string(Name(to)));
  }
  if (to == Stage::kRequested) return RefuseMove(kRuleRequestedOnce, from, to, "an envelope is requested once");
  if (IsTerminal(from)) return RefuseMove(kRuleTerminalAbsorbs, from, to, "only annotated may follow a terminal stage");
  return RefuseMove(kRuleLegalMove, from, to,
                    "the stages that may follow are " + NamesOf(kMoves[static_cast<size_t>(from)]));
}

}  // namespace

bool IsLegalMove(Stage from, Stage to) {
  const auto row = static_cast<size_t>(from);
  return row < kMoves.size() && static_cast<int>(to) < kStageCount && (kMoves[row] & Bit(to)) != 0;
}

Status CheckMove(const LifecycleState& state, const TransitionFacts& facts) {
  const Stage from = state.stage;
  const Stage to = facts.stage;
  if (!IsLegalMove(from, to)) return ExplainIllegalMove(from, to);
  const bool own_allow = facts.effect == Effect::kAllow || facts.effect == Effect::kNarrow;
  if (to == Stage::kGranted && !state.allowed && !own_allow) {
    return RefuseMove(kRuleGrantNeedsAllow, from, to,
                      "the envelope was not admitted, and this record carries no decision to allow or narrow");
  }
  if ((to == Stage::kAdmitted || to == Stage::kGranted) && state.binding_failed) {
    return RefuseMove(kRuleBindingFailed, from, to, "the binding of the scope or of a delegation hop failed");
  }
  return Ok();
}

LifecycleState Advance(LifecycleState state, const TransitionFacts& facts) {
  ++state.revisions;
  if (facts.stage == Stage::kAnnotated) return state;
  state.stage = facts.stage;
  if (facts.stage == Stage::kGranted) ++state.grants;
  if (facts.stage == Stage::kAdmitted || facts.stage == Stage::kGranted) state.allowed = true;
  if (facts.binding_failed) state.binding_failed = true;
  return state;
}

}  // namespace envledger
