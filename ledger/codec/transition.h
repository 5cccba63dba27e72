// The binary form of a transition (schema/transition.fbs): encode, check, decode.
//
// CheckTransition is the gate that every appended buffer passes before anything else reads it. Its result borrows from
// the buffer, costs no allocation beyond two short vectors, and holds all that the lifecycle rules need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/model.h"

namespace envledger {

// Limits of the format (FORMAT.md). They are part of what a valid ledger is, so they are not configurable.
inline constexpr size_t kMaxTransitionBytes = 60 * 1024;
inline constexpr size_t kMaxStringBytes = 16 * 1024;
inline constexpr size_t kMaxListItems = 4096;
inline constexpr size_t kMaxEnvelopeIdBytes = 128;

// A principal whose strings lie in a transition's buffer.
struct PrincipalView {
  PrincipalKind kind = PrincipalKind::kUnspecified;
  std::string_view issuer;
  std::string_view id;
  bool operator==(const PrincipalView&) const = default;
};

// A principal and all the roles it holds in one record.
struct Involvement {
  PrincipalView principal;
  RoleMask roles = 0;
};

// What the lifecycle rules, the links and the chain need to know of a transition. Views borrow from the checked buffer.
struct TransitionFacts {
  std::string_view envelope_id;
  Stage stage = Stage::kUnspecified;
  Nanos occurred_at = 0;
  Effect effect = Effect::kUnspecified;  // of its decision; kUnspecified when it has none
  bool binding_failed = false;           // of the scope, or of a delegation hop
  std::vector<Involvement> involved;     // in the order of first appearance: requester, subject, actors, decider
};

// Checks that `bytes` is exactly one well-formed transition: size, FlatBuffers verification, nothing after the root's
// data, known enum values, UTF-8, string and list limits, distinct map keys, the mandatory and the allowed families
// and inner fields of its stage, digests and traceparent syntax, and that no value looks like a secret (invariant 10).
// kInvalidArgument with the field or rule otherwise. `bytes` need not be aligned.
Result<TransitionFacts> CheckTransition(std::string_view bytes);

// A transition that CheckTransition has accepted; the type is the proof. Only such transitions are sealed. Borrows from
// the buffer.
class CheckedTransition {
 public:
  // Errors of CheckTransition.
  static Result<CheckedTransition> Check(std::string_view bytes);
  std::string_view bytes() const { return bytes_; }
  const TransitionFacts& facts() const { return facts_; }

 private:
  CheckedTransition(std::string_view bytes, TransitionFacts facts) : bytes_(bytes), facts_(std::move(facts)) {}
  std::string_view bytes_;
  TransitionFacts facts_;
};

// The facts of a buffer that CheckTransition accepted before, such as that of an entry of the ledger. REQUIRES that.
TransitionFacts FactsOf(std::string_view bytes);

// Builds the binary form and checks it. kInvalidArgument as from CheckTransition.
Result<std::string> EncodeTransition(const Transition& transition);

// The values of a buffer that passed CheckTransition. REQUIRES that.
Transition DecodeTransition(std::string_view bytes);

// One value by which an envelope or record can be found (the facets of the index). Views borrow from the buffer.
enum class Facet : uint8_t {
  kTenant = 1,
  kKind = 2,
  kTarget = 3,
  kScope = 4,
  kRequestId = 5,
  kTraceId = 6,
  kNativeId = 7,
  kRecorder = 8,
  kNode = 9,
  kParent = 10
};
struct FacetValue {
  Facet facet;
  std::string value;
};
// The facets of a checked transition, each pair once: tenant; kind (its JSON word); each target's id and "type:id"
// where it has a type; scope ("id" and "kind:id"; nothing when unbound without id); request_id; the trace-id of
// traceparent; each native id's value and the routing's target_ref (kNativeId); the nodes of the routing and of its
// placements; the parent envelope.
std::vector<FacetValue> FacetsOf(std::string_view bytes);

}  // namespace envledger
