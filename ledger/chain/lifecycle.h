// The lifecycle rules of an envelope (the invariants of FORMAT.md), as one fold: state, transition -> next state or
// refusal.
//
// The sequencer applies them before it seals, and the verifier afterwards. Nothing else decides what is legal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/codec/transition.h"

namespace envledger {

// The names of the rules, as refusals give them.
inline constexpr std::string_view kRuleFirstIsRequested = "first-is-requested";  // invariant 1
inline constexpr std::string_view kRuleRequestedOnce = "requested-once";         // invariants 1 and 2
inline constexpr std::string_view kRuleLegalMove = "legal-move";                 // invariant 4
inline constexpr std::string_view kRuleTerminalAbsorbs = "terminal-absorbs";     // invariant 4
inline constexpr std::string_view kRuleGrantNeedsAllow = "grant-needs-allow";    // invariant 5
inline constexpr std::string_view kRuleBindingFailed = "binding-failed";         // invariant 6
inline constexpr std::string_view kRuleExpectedRevision = "expected-revision";   // invariants 8 and 9

// The state of an envelope. The default is an envelope without records.
struct LifecycleState {
  Stage stage = Stage::kUnspecified;  // the last one other than annotated
  uint64_t revisions = 0;             // records so far: the next revision
  uint64_t grants = 0;                // grant revisions so far
  bool allowed = false;               // it has been admitted or granted
  bool binding_failed = false;        // of the scope or of a delegation hop
};

// Ok when `facts` may follow in `state`; otherwise kConflict with the rule and a sentence that names both stages.
Status CheckMove(const LifecycleState& state, const TransitionFacts& facts);
// The state after the transition. REQUIRES CheckMove(state, facts).ok().
LifecycleState Advance(LifecycleState state, const TransitionFacts& facts);

// Whether the table of legal moves has `to` after `from`, ignoring further conditions. kUnspecified stands for "no
// record yet": only requested follows it, and nothing leads to it.
bool IsLegalMove(Stage from, Stage to);

}  // namespace envledger
