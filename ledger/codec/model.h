// The execution envelope's transition as plain C++ values: what a backend fills in, and what a reader gets back.
//
// Field names are those of the design and of the JSON form. An absent string is the empty string, because no field may
// be present and empty; where absent and zero differ (times, amounts, flags) the field is optional. FORMAT.md says what
// each stage must carry and which limits apply; EncodeTransition and CheckTransition enforce it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/time.h"

namespace envledger {

enum class Stage : uint8_t {
  kUnspecified = 0,
  kRequested,
  kDeferred,
  kAdmitted,
  kDenied,
  kRejected,
  kGranted,
  kStarted,
  kSuspended,
  kCompleted,
  kFailed,
  kCancelled,
  kRevoked,
  kExpired,
  kLost,
  kAnnotated
};
inline constexpr int kStageCount = 16;
enum class PrincipalKind : uint8_t {
  kUnspecified = 0,
  kUser,
  kService,
  kAgent,
  kWorkload,
  kRole,
  kJob,
  kSystem,
  kAnonymous
};
enum class ExecutionKind : uint8_t {
  kUnspecified = 0,
  kModelDeployment,
  kModelUndeployment,
  kInference,
  kEmbedding,
  kEvaluation,
  kTraining,
  kDataMovement,
  kRetrieval,
  kJob,
  kAgentRun,
  kToolCall,
  kApiCall,
  kWorkflowStep,
  kMaintenance,
  kOther
};
enum class Action : uint8_t { kUnspecified = 0, kCreate, kRead, kUpdate, kDelete, kExecute, kConnect };
enum class ScopeBinding : uint8_t { kUnspecified = 0, kBound, kUnbound, kFailed };
enum class HopBinding : uint8_t { kUnspecified = 0, kAsserted, kVerified, kFailed };
enum class Per : uint8_t { kTotal = 0, kUnit };
enum class Origin : uint8_t { kUnspecified = 0, kExplicit, kDefaulted, kInherited, kEstimated };
enum class Phase : uint8_t { kUnspecified = 0, kPre, kOngoing, kPost };
enum class Effect : uint8_t { kUnspecified = 0, kAllow, kDeny, kNarrow, kDefer, kEscalate };

// The roles that a principal can hold in a record, as bits of a mask (entry.fbs, Role).
using RoleMask = uint8_t;
inline constexpr RoleMask kRequester = 1;
inline constexpr RoleMask kSubject = 2;
inline constexpr RoleMask kDelegate = 4;
inline constexpr RoleMask kDecider = 8;
inline constexpr int kRoleCount = 4;

// The words of the JSON form ("model_deployment", "delete", ...); "unspecified" for 0 and "unknown" past the end.
std::string_view Name(Stage value);
std::string_view Name(PrincipalKind value);
std::string_view Name(ExecutionKind value);
std::string_view Name(Action value);
std::string_view Name(ScopeBinding value);
std::string_view Name(HopBinding value);
std::string_view Name(Per value);
std::string_view Name(Origin value);
std::string_view Name(Phase value);
std::string_view Name(Effect value);
std::string_view RoleName(RoleMask single_role);  // "requester", ...
std::string RoleNames(RoleMask roles);            // "requester, decider"; "" for none
// The value of a word; nullopt for anything else, "unspecified" included: producers may not write that word.
template <typename Enum>
std::optional<Enum> ParseName(std::string_view word);
std::optional<RoleMask> ParseRole(std::string_view word);

bool IsTerminal(Stage stage);  // denied, rejected, completed, failed, cancelled, revoked, expired, lost

struct KeyValue {
  std::string key;
  std::string value;
  bool operator==(const KeyValue&) const = default;
};

struct Principal {
  PrincipalKind kind = PrincipalKind::kUnspecified;
  std::string issuer;
  std::string id;
  bool operator==(const Principal&) const = default;
  auto operator<=>(const Principal&) const = default;
};

// Amounts are exact counts of milli-units: 8 is 8000, "500m" is 500 (see quantity.h).
struct Resource {
  std::string name;
  std::optional<int64_t> amount;
  std::optional<int64_t> min;
  std::optional<int64_t> max;
  Per per = Per::kTotal;
  std::string unit_of;
  Origin origin = Origin::kUnspecified;
  std::string selector;
  bool operator==(const Resource&) const = default;
};
using ResourceMap = std::vector<Resource>;  // distinct names

struct DelegationHop {
  Principal actor;
  std::string delegation_id;
  std::string parent_id;
  std::string issuer;
  std::vector<std::string> scopes;
  std::string audience;
  std::optional<Nanos> issued_at;
  std::optional<Nanos> expires_at;
  HopBinding binding = HopBinding::kUnspecified;
  bool operator==(const DelegationHop&) const = default;
};

struct Authentication {
  std::string method;
  std::string credential_id;
  std::string session_id;
  bool operator==(const Authentication&) const = default;
};

struct Source {
  std::string service;
  std::string address;
  std::string user_agent;
  bool operator==(const Source&) const = default;
};

struct Identity {
  Principal requester;
  std::optional<Principal> subject;
  std::vector<DelegationHop> delegation;  // outermost first
  std::string tenant;
  std::vector<std::string> groups;
  std::vector<std::string> roles;
  std::optional<Authentication> authentication;
  std::optional<Source> source;
  bool operator==(const Identity&) const = default;
};

struct Target {
  std::string type;
  std::string id;
  std::string version;
  std::string digest;
  bool operator==(const Target&) const = default;
};

struct Execution {
  ExecutionKind kind = ExecutionKind::kUnspecified;
  std::string kind_detail;
  std::string operation;
  Action action = Action::kUnspecified;
  std::vector<Target> targets;
  std::string trigger;
  std::string request_digest;
  std::string parent_envelope_id;
  std::optional<Nanos> deadline;
  std::string priority;
  std::optional<bool> dry_run;
  bool operator==(const Execution&) const = default;
};

struct Scope {
  std::string kind;
  std::string id;
  std::string role;
  ScopeBinding binding = ScopeBinding::kUnspecified;
  std::vector<std::string> requested_scopes;
  std::string classification;
  std::string purpose;
  std::string residency;
  std::vector<KeyValue> hints;
  bool operator==(const Scope&) const = default;
};

struct Policy {
  std::string id;
  std::string version;
  std::string digest;
  bool operator==(const Policy&) const = default;
};

struct Decision {
  std::string id;
  std::string point;
  Phase phase = Phase::kUnspecified;
  Effect effect = Effect::kUnspecified;
  std::vector<std::string> reasons;
  std::optional<Policy> policy;
  std::string snapshot;
  std::vector<std::string> obligations;
  std::optional<Principal> decider;
  bool operator==(const Decision&) const = default;
};

struct Granted {
  ResourceMap resources;
  std::vector<std::string> scopes;
  std::string grant_id;
  std::optional<Nanos> not_before;
  std::optional<Nanos> expires_at;
  std::optional<Principal> charge_to;
  std::string reason;
  bool operator==(const Granted&) const = default;
};

struct Placement {
  std::string node;
  std::vector<std::string> devices;
  bool operator==(const Placement&) const = default;
};

struct Routing {
  std::string backend;
  std::string cluster;
  std::string node;
  std::vector<std::string> devices;
  std::vector<Placement> placements;
  std::string target_ref;
  std::vector<KeyValue> native_ids;
  bool operator==(const Routing&) const = default;
};

struct Outcome {
  std::string code;
  std::string reason;
  ResourceMap usage;
  std::string result_digest;
  std::optional<Nanos> started_at;
  std::optional<Nanos> ended_at;
  bool operator==(const Outcome&) const = default;
};

struct Correlation {
  std::string request_id;
  std::string traceparent;
  std::string conversation_id;
  std::vector<KeyValue> external_ids;
  bool operator==(const Correlation&) const = default;
};

struct Transition {
  std::string envelope_id;
  Stage stage = Stage::kUnspecified;
  std::optional<Nanos> occurred_at;
  std::optional<Identity> identity;
  std::optional<Execution> execution;
  std::optional<Scope> scope;
  std::optional<ResourceMap> requested;
  std::optional<Decision> decision;
  std::optional<Granted> granted;
  std::optional<Routing> routing;
  std::optional<Outcome> outcome;
  std::optional<Correlation> correlation;
  std::string reason;
  std::string note;
  bool operator==(const Transition&) const = default;
};

}  // namespace envledger
