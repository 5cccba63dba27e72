#include "ledger/export/envelope_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/day.h"

namespace envledger {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

Envelope Least() {
  Envelope envelope;
  envelope.envelope_id = "env-1";
  envelope.stage = Stage::kRequested;
  envelope.opened_at = day::kMorning;
  envelope.updated_at = day::kMorning;
  envelope.identity.requester = day::User("alice");
  envelope.execution.kind = ExecutionKind::kInference;
  envelope.revisions = 1;
  return envelope;
}

json Json(const Envelope& envelope, RoleMask roles = 0) { return json::parse(EnvelopeJson(envelope, roles)); }

TEST(EnvelopeJson, HasEveryFieldInItsOrderAndNullForWhatWasNotStated) {
  const auto written = nlohmann::ordered_json::parse(EnvelopeJson(Least(), 0));
  std::vector<std::string> fields;
  for (const auto& [name, value] : written.items()) fields.push_back(name);
  EXPECT_THAT(fields, ElementsAre("envelope_id", "stage", "opened_at", "updated_at", "requester", "subject", "tenant",
                                  "role", "execution", "scope", "requested", "granted", "relation", "decision",
                                  "routing", "outcome", "first_seq", "last_seq", "revisions"));
  for (const char* absent : {"subject", "tenant", "role", "granted", "decision", "routing", "outcome"}) {
    EXPECT_TRUE(written[absent].is_null()) << absent;
  }
  EXPECT_EQ(written["requested"], nlohmann::ordered_json::object());
}

TEST(EnvelopeJson, AGrantOfNothingIsNotAnAbsentGrant) {
  Envelope envelope = Least();
  envelope.granted = Granted{};
  EXPECT_EQ(Json(envelope)["granted"], json::parse(R"({"resources":{}})"));
  envelope.relation = {{"gpu", Relation::kNarrowed}, {"memory", Relation::kWithheld}};
  EXPECT_EQ(Json(envelope)["relation"], json::parse(R"({"gpu":"narrowed","memory":"withheld"})"));
}

TEST(EnvelopeJson, ADecisionWithoutAnEffectSaysSo) {
  Envelope envelope = Least();
  envelope.decision = Decision{};
  envelope.decision->decider = day::User("bob");
  const json decision = Json(envelope)["decision"];
  EXPECT_TRUE(decision["effect"].is_null());
  EXPECT_TRUE(decision["policy"].is_null());
  EXPECT_EQ(decision["reasons"], json::array());
  EXPECT_EQ(decision["decider"]["id"], "bob");
}

TEST(EnvelopeJson, NamesTheRolesOfThePrincipalThatWasAskedFor) {
  EXPECT_EQ(Json(Least(), kRequester)["role"], "requester");
  EXPECT_EQ(RoleCountsJson({3, 0, 0, 7}), R"({"requester":3,"decider":7})");
  EXPECT_EQ(RoleCountsJson({0, 0, 0, 0}), "{}");
}

TEST(EnvelopeJson, ARecorderWithoutANameHasNull) {
  EXPECT_EQ(RecorderJson({1000, 100, 42, "gateway"}), R"({"uid":1000,"gid":100,"pid":42,"producer":"gateway"})");
  EXPECT_EQ(RecorderJson({0, 0, 0, ""}), R"({"uid":0,"gid":0,"pid":0,"producer":null})");
}

}  // namespace
}  // namespace envledger
