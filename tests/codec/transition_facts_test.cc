#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

class FactsOfStage : public testing::TestWithParam<Stage> {};
INSTANTIATE_TEST_SUITE_P(Transition, FactsOfStage, testing::ValuesIn(kAllStages), StageName);

TEST_P(FactsOfStage, BorrowFromTheGivenBytes) {
  const std::string bytes = " " + Encoded(FullTransition(GetParam()));  // not aligned: checked in a copy
  const std::string_view view = std::string_view(bytes).substr(1);
  const auto facts = CheckTransition(view);
  ASSERT_TRUE(facts.ok());
  const auto inside = [&](std::string_view part) {
    return part.data() >= view.data() && part.data() + part.size() <= view.data() + view.size();
  };
  EXPECT_TRUE(inside(facts->envelope_id));
  for (const Involvement& one : facts->involved) {
    EXPECT_TRUE(inside(one.principal.issuer) && inside(one.principal.id));
  }
}

std::vector<std::pair<std::string, RoleMask>> Roles(const TransitionFacts& facts) {
  std::vector<std::pair<std::string, RoleMask>> roles;
  for (const Involvement& one : facts.involved) roles.emplace_back(one.principal.id, one.roles);
  return roles;
}

TEST(TransitionFacts, ALongDelegationNamesEachPrincipalOnce) {
  Transition transition = FullTransition(Stage::kRequested);
  std::vector<DelegationHop>& hops = transition.identity->delegation;
  const Principal requester = transition.identity->requester;
  hops.clear();
  std::vector<std::pair<std::string, RoleMask>> expected = {{requester.id, kRequester | kDelegate},
                                                            {transition.identity->subject->id, kSubject}};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      hops.emplace_back().actor = {PrincipalKind::kService, "issuer-" + std::to_string(i % 7), std::to_string(i)};
      if (round == 0) expected.emplace_back(std::to_string(i), kDelegate);
    }
  }
  hops.emplace_back().actor = requester;
  const std::string bytes = Encoded(transition);
  const auto facts = CheckTransition(bytes);
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(Roles(*facts), expected);
}

TEST(TransitionFacts, PrincipalsStandInTheOrderOfFirstAppearance) {
  const std::string bytes = Encoded(FullTransition(Stage::kRequested));
  const auto facts = CheckTransition(bytes);
  ASSERT_TRUE(facts.ok());
  const std::vector<std::pair<std::string, RoleMask>> expected = {{"alice@example.com", kRequester},
                                                                  {"forecasting", kSubject},
                                                                  {"agent/planner-7", kDelegate},
                                                                  {"ns/ml/sa/runner", kDelegate}};
  EXPECT_EQ(Roles(*facts), expected);
  EXPECT_EQ(facts->stage, Stage::kRequested);
  EXPECT_EQ(facts->occurred_at, kSampleTime);
  EXPECT_EQ(facts->effect, Effect::kUnspecified);
  EXPECT_FALSE(facts->binding_failed);
}

TEST(TransitionFacts, OnePrincipalInSeveralRolesIsOneInvolvement) {
  Transition transition = FullTransition(Stage::kRequested);
  transition.identity->subject = SampleAgent();
  transition.identity->delegation.push_back(transition.identity->delegation.front());
  transition.identity->delegation.back().actor = SampleUser();
  const std::string bytes = Encoded(transition);
  const std::vector<std::pair<std::string, RoleMask>> expected = {{"alice@example.com", kRequester | kDelegate},
                                                                  {"agent/planner-7", kSubject | kDelegate},
                                                                  {"ns/ml/sa/runner", kDelegate}};
  EXPECT_EQ(Roles(FactsOf(bytes)), expected);
}

TEST(TransitionFacts, PrincipalsAreToldApartByTheWholeTriple) {
  Transition transition = LeastTransition(Stage::kRequested);
  transition.identity->subject = SampleUser();
  transition.identity->subject->issuer = "https://other.example.com";
  EXPECT_EQ(FactsOf(Encoded(transition)).involved.size(), 2u);
  transition.identity->subject = SampleUser();
  transition.identity->subject->kind = PrincipalKind::kRole;
  EXPECT_EQ(FactsOf(Encoded(transition)).involved.size(), 2u);
}

TEST(TransitionFacts, TheDeciderIsInvolved) {
  const std::string bytes = Encoded(FullTransition(Stage::kGranted));
  const TransitionFacts facts = FactsOf(bytes);
  EXPECT_EQ(facts.effect, Effect::kAllow);
  EXPECT_THAT(Roles(facts), testing::ElementsAre(testing::Pair("admission", kDecider)));  // and not charge_to
}

TEST(TransitionFacts, AFailedBindingOfScopeOrHopIsTold) {
  Transition transition = FullTransition(Stage::kRequested);
  transition.scope->binding = ScopeBinding::kFailed;
  EXPECT_TRUE(FactsOf(Encoded(transition)).binding_failed);
  transition = FullTransition(Stage::kRequested);
  transition.identity->delegation[1].binding = HopBinding::kFailed;
  EXPECT_TRUE(FactsOf(Encoded(transition)).binding_failed);
}

using FacetSet = std::set<std::pair<Facet, std::string>>;
FacetSet Facets(const Transition& transition) {
  const std::vector<FacetValue> list = FacetsOf(Encoded(transition));
  FacetSet facets;
  for (const FacetValue& facet : list) facets.emplace(facet.facet, facet.value);
  EXPECT_EQ(facets.size(), list.size()) << "a facet stands twice";
  return facets;
}

TEST(TransitionFacets, ARequestIsFoundByAllItNames) {
  Transition transition = FullTransition(Stage::kRequested);
  transition.execution->targets.push_back({"", "chat", "v2", ""});  // the same id once more, without a type
  EXPECT_EQ(Facets(transition), (FacetSet{{Facet::kTenant, "vision"},
                                          {Facet::kKind, "model_deployment"},
                                          {Facet::kTarget, "llama-3-8b"},
                                          {Facet::kTarget, "model:llama-3-8b"},
                                          {Facet::kTarget, "chat"},
                                          {Facet::kTarget, "endpoint:chat"},
                                          {Facet::kScope, "prod-vision"},
                                          {Facet::kScope, "namespace:prod-vision"},
                                          {Facet::kRequestId, "req-1"},
                                          {Facet::kTraceId, "4bf92f3577b34da6a3ce929d0e0e4736"},
                                          {Facet::kParent, "env-parent"}}));
}

TEST(TransitionFacets, AnUnboundScopeWithoutIdIsNoFacet) {
  EXPECT_EQ(Facets(LeastTransition(Stage::kRequested)), (FacetSet{{Facet::kKind, "inference"}}));
}

TEST(TransitionFacets, RoutingIsFoundByItsNativeIdsAndNodes) {
  EXPECT_EQ(Facets(FullTransition(Stage::kStarted)), (FacetSet{{Facet::kNativeId, "991"},
                                                               {Facet::kNativeId, "5f0c"},
                                                               {Facet::kNativeId, "deploy/llama"},
                                                               {Facet::kNode, "node-17"},
                                                               {Facet::kNode, "node-18"}}));
}

}  // namespace
}  // namespace envledger
