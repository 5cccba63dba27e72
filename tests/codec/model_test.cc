#include "ledger/codec/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace envledger {
namespace {

// The words of an enum, from its first value that has one; the design's list, written out once more on purpose.
template <typename Enum>
void ExpectWords(int first, const std::vector<std::string_view>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const auto value = static_cast<Enum>(first + static_cast<int>(i));
    EXPECT_EQ(Name(value), words[i]);
    EXPECT_EQ(ParseName<Enum>(words[i]), value) << words[i];
  }
  EXPECT_EQ(Name(static_cast<Enum>(first + static_cast<int>(words.size()))), "unknown");
  EXPECT_EQ(Name(static_cast<Enum>(255)), "unknown");
  EXPECT_EQ(ParseName<Enum>("unknown"), std::nullopt);
  EXPECT_EQ(ParseName<Enum>("unspecified"), std::nullopt);
  EXPECT_EQ(ParseName<Enum>(""), std::nullopt);
  EXPECT_EQ(ParseName<Enum>(std::string(words[0]) + " "), std::nullopt);
  if (first == 1) {
    EXPECT_EQ(Name(Enum{}), "unspecified");
  }
}

TEST(Model, EveryEnumHasTheWordsOfTheDesignInBothDirections) {
  ExpectWords<Stage>(1, {"requested", "deferred", "admitted", "denied", "rejected", "granted", "started", "suspended",
                         "completed", "failed", "cancelled", "revoked", "expired", "lost", "annotated"});
  ExpectWords<PrincipalKind>(1, {"user", "service", "agent", "workload", "role", "job", "system", "anonymous"});
  ExpectWords<ExecutionKind>(
      1, {"model_deployment", "model_undeployment", "inference", "embedding", "evaluation", "training", "data_movement",
          "retrieval", "job", "agent_run", "tool_call", "api_call", "workflow_step", "maintenance", "other"});
  ExpectWords<Action>(1, {"create", "read", "update", "delete", "execute", "connect"});
  ExpectWords<ScopeBinding>(1, {"bound", "unbound", "failed"});
  ExpectWords<HopBinding>(1, {"asserted", "verified", "failed"});
  ExpectWords<Per>(0, {"total", "unit"});
  ExpectWords<Origin>(1, {"explicit", "defaulted", "inherited", "estimated"});
  ExpectWords<Phase>(1, {"pre", "ongoing", "post"});
  ExpectWords<Effect>(1, {"allow", "deny", "narrow", "defer", "escalate"});
}

TEST(Model, RolesHaveNamesAloneAndTogether) {
  EXPECT_EQ(RoleName(kRequester), "requester");
  EXPECT_EQ(RoleName(kSubject), "subject");
  EXPECT_EQ(RoleName(kDelegate), "delegate");
  EXPECT_EQ(RoleName(kDecider), "decider");
  EXPECT_EQ(RoleName(0), "unknown");
  EXPECT_EQ(RoleName(kRequester | kDecider), "unknown");
  EXPECT_EQ(RoleNames(0), "");
  EXPECT_EQ(RoleNames(kDelegate), "delegate");
  EXPECT_EQ(RoleNames(kRequester | kDecider), "requester, decider");
  EXPECT_EQ(RoleNames(15), "requester, subject, delegate, decider");
  for (const RoleMask role : {kRequester, kSubject, kDelegate, kDecider}) EXPECT_EQ(ParseRole(RoleName(role)), role);
  EXPECT_EQ(ParseRole("Requester"), std::nullopt);
  EXPECT_EQ(ParseRole(""), std::nullopt);
}

TEST(Model, ExactlyTheTerminalStagesAreTerminal) {
  std::set<std::string_view> terminal;
  for (int i = 0; i < kStageCount; ++i) {
    if (IsTerminal(static_cast<Stage>(i))) terminal.insert(Name(static_cast<Stage>(i)));
  }
  EXPECT_THAT(terminal, testing::ElementsAre("cancelled", "completed", "denied", "expired", "failed", "lost",
                                             "rejected", "revoked"));
  EXPECT_FALSE(IsTerminal(static_cast<Stage>(200)));
}

}  // namespace
}  // namespace envledger
