// The fields inside each family: which are mandatory, and what they may hold. Whether a stage may have the family at
// all is decided in transition_check.cc.
#pragma once

#include <string_view>

#include "ledger/codec/model.h"
#include "ledger/codec/shape.h"

namespace envledger::fb {
struct Correlation;
struct Decision;
struct Execution;
struct Granted;
struct Identity;
struct Outcome;
struct Routing;
struct Scope;
struct Transition;
}  // namespace envledger::fb

namespace envledger {

// Each returns false, with the fault's path inside the family, when the family breaks a rule. REQUIRES: the buffer
// passed its Shape.
bool CheckIdentity(const fb::Identity& identity, Fault& fault);
bool CheckExecution(const fb::Execution& execution, Fault& fault);
bool CheckScope(const fb::Scope& scope, Fault& fault);
bool CheckRequested(const fb::Transition& transition, Fault& fault);
bool CheckDecision(const fb::Decision& decision, Stage stage, Fault& fault);
bool CheckGranted(const fb::Granted& granted, Fault& fault);
bool CheckRouting(const fb::Routing& routing, Fault& fault);
bool CheckOutcome(const fb::Outcome& outcome, Stage stage, Fault& fault);
bool CheckCorrelation(const fb::Correlation& correlation, Fault& fault);

// 1 to 128 bytes of printable ASCII without space.
bool IsEnvelopeId(std::string_view text);

}  // namespace envledger
