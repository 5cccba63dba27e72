#include "ledger/codec/model.h"

#include <array>

namespace envledger {
namespace {

// The words of an enum, indexed by its values, for both directions. kFirst is the first value with a word that a
// producer may write ("unspecified" is not one).
template <typename Enum>
struct Words;

template <>
struct Words<Stage> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable = std::to_array<std::string_view>(
      {"unspecified", "requested", "deferred", "admitted", "denied", "rejected", "granted", "started", "suspended",
       "completed", "failed", "cancelled", "revoked", "expired", "lost", "annotated"});
};
static_assert(Words<Stage>::kTable.size() == kStageCount);

template <>
struct Words<PrincipalKind> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable = std::to_array<std::string_view>(
      {"unspecified", "user", "service", "agent", "workload", "role", "job", "system", "anonymous"});
};

template <>
struct Words<ExecutionKind> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable =
      std::to_array<std::string_view>({"unspecified", "model_deployment", "model_undeployment", "inference",
                                       "embedding", "evaluation", "training", "data_movement", "retrieval", "job",
                                       "agent_run", "tool_call", "api_call", "workflow_step", "maintenance", "other"});
};

template <>
struct Words<Action> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable =
      std::to_array<std::string_view>({"unspecified", "create", "read", "update", "delete", "execute", "connect"});
};

template <>
struct Words<ScopeBinding> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable = std::to_array<std::string_view>({"unspecified", "bound", "unbound", "failed"});
};

template <>
struct Words<HopBinding> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable = std::to_array<std::string_view>({"unspecified", "asserted", "verified", "failed"});
};

template <>
struct Words<Per> {
  static constexpr size_t kFirst = 0;  // the default has a word: total
  static constexpr auto kTable = std::to_array<std::string_view>({"total", "unit"});
};

template <>
struct Words<Origin> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable =
      std::to_array<std::string_view>({"unspecified", "explicit", "defaulted", "inherited", "estimated"});
};

template <>
struct Words<Phase> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable = std::to_array<std::string_view>({"unspecified", "pre", "ongoing", "post"});
};

template <>
struct Words<Effect> {
  static constexpr size_t kFirst = 1;
  static constexpr auto kTable =
      std::to_array<std::string_view>({"unspecified", "allow", "deny", "narrow", "defer", "escalate"});
};

constexpr std::array<std::string_view, kRoleCount> kRoleWords = {"requester", "subject", "delegate", "decider"};

template <typename Enum>
std::string_view WordOf(Enum value) {
  const auto index = static_cast<size_t>(value);
  return index < Words<Enum>::kTable.size() ? Words<Enum>::kTable[index] : "unknown";
}

}  // namespace

std::string_view Name(Stage value) { return WordOf(value); }
std::string_view Name(PrincipalKind value) { return WordOf(value); }
std::string_view Name(ExecutionKind value) { return WordOf(value); }
std::string_view Name(Action value) { return WordOf(value); }
std::string_view Name(ScopeBinding value) { return WordOf(value); }
std::string_view Name(HopBinding value) { return WordOf(value); }
std::string_view Name(Per value) { return WordOf(value); }
std::string_view Name(Origin value) { return WordOf(value); }
std::string_view Name(Phase value) { return WordOf(value); }
std::string_view Name(Effect value) { return WordOf(value); }

template <typename Enum>
std::optional<Enum> ParseName(std::string_view word) {
  for (size_t i = Words<Enum>::kFirst; i < Words<Enum>::kTable.size(); ++i) {
    if (Words<Enum>::kTable[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template std::optional<Stage> ParseName(std::string_view);
template std::optional<PrincipalKind> ParseName(std::string_view);
template std::optional<ExecutionKind> ParseName(std::string_view);
template std::optional<Action> ParseName(std::string_view);
template std::optional<ScopeBinding> ParseName(std::string_view);
template std::optional<HopBinding> ParseName(std::string_view);
template std::optional<Per> ParseName(std::string_view);
template std::optional<Origin> ParseName(std::string_view);
template std::optional<Phase> ParseName(std::string_view);
template std::optional<Effect> ParseName(std::string_view);

std::string_view RoleName(RoleMask single_role) {
  for (size_t i = 0; i < kRoleWords.size(); ++i) {
    if (single_role == 1u << i) return kRoleWords[i];
  }
  return "unknown";
}

std::string RoleNames(RoleMask roles) {
  std::string names;
  for (size_t i = 0; i < kRoleWords.size(); ++i) {
    if ((roles & 1u << i) == 0) continue;
    if (!names.empty()) names += ", ";
    names += kRoleWords[i];
  }
  return names;
}

std::optional<RoleMask> ParseRole(std::string_view word) {
  for (size_t i = 0; i < kRoleWords.size(); ++i) {
    if (kRoleWords[i] == word) return static_cast<RoleMask>(1u << i);
  }
  return std::nullopt;
}

bool IsTerminal(Stage stage) {
  switch (stage) {
    case Stage::kDenied:
    case Stage::kRejected:
    case Stage::kCompleted:
    case Stage::kFailed:
    case Stage::kCancelled:
    case Stage::kRevoked:
    case Stage::kExpired:
    case Stage::kLost:
      return true;
    case Stage::kUnspecified:
    case Stage::kRequested:
    case Stage::kDeferred:
    case Stage::kAdmitted:
    case Stage::kGranted:
    case Stage::kStarted:
    case Stage::kSuspended:
    case Stage::kAnnotated:
      return false;
  }
  return false;
}

}  // namespace envledger
