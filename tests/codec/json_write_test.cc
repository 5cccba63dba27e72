// The text that is written. That it is read back as it was meant is tested in json_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/codec/json.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

constexpr Nanos kMidday = 1'773'748'800 * kSecond;  // 2026-03-17T12:00:00Z

TEST(JsonWrite, APrincipalHasItsThreeParts) {
  EXPECT_EQ(PrincipalJson({PrincipalKind::kUser, "https://idp.example.com", "alice"}),
            R"({"kind":"user","issuer":"https://idp.example.com","id":"alice"})");
  EXPECT_EQ(PrincipalJson({PrincipalKind::kAgent, "a\"b", "line\nbreak"}),
            R"({"kind":"agent","issuer":"a\"b","id":"line\nbreak"})");
}

TEST(JsonWrite, FieldsThatAreAbsentAreLeftOutAndEmptyResourcesAreNot) {
  EXPECT_EQ(TransitionJson(Transition()), "{}");
  Transition transition;
  transition.note = "n";
  transition.requested = ResourceMap{};
  EXPECT_EQ(TransitionJson(transition), R"({"requested":{},"note":"n"})");
}

TEST(JsonWrite, UsesTheShortFormOnlyOfAnAmountInTotalWithNothingElse) {
  ResourceMap map;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) map.push_back(SampleResource(name, 1000));
  map[0].amount = 1500;
  map[1].per = Per::kUnit;
  map[2].unit_of = "a";
  map[3].origin = Origin::kDefaulted;
  map[4].selector = "x";
  std::swap(map[5].max, map[5].amount);
  EXPECT_EQ(ResourcesJson({}), "{}");
  EXPECT_EQ(ResourcesJson(map),
            R"({"a":"1500m","b":{"amount":"1","per":"unit"},"c":{"amount":"1","unit_of":"a"},)"
            R"("d":{"amount":"1","origin":"defaulted"},"e":{"amount":"1","selector":"x"},"f":{"max":"1"}})");
}

TEST(JsonWrite, LedgerEventsAreWrittenWithTheirName) {
  EXPECT_EQ(LedgerEventJson(Genesis{"example.com/ledger", std::string(32, '\0'), 1, kMidday}),
            R"({"event":"genesis","origin":"example.com/ledger",)"
            R"("public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","format_version":1,)"
            R"("created_at":"2026-03-17T12:00:00Z"})");
  EXPECT_EQ(LedgerEventJson(Opened{"0.1.0", 0, false}),
            R"({"event":"opened","version":"0.1.0","entries":0,"clean":false})");
  EXPECT_EQ(LedgerEventJson(Closed{}), R"({"event":"closed"})");
  EXPECT_EQ(LedgerEventJson(Closed{"signal"}), R"({"event":"closed","reason":"signal"})");
  EXPECT_EQ(LedgerEventJson(KeyRotated{"\x01", "\x02", "\x03", "\x04"}),
            R"({"event":"key_rotated","old_key":"AQ==","new_key":"Ag==","signature":"Aw==","acceptance":"BA=="})");
  EXPECT_EQ(LedgerEventJson(ConfigurationChanged{{{"b", "1"}, {"a", "\""}}}),
            R"({"event":"configuration_changed","settings":{"b":"1","a":"\""}})");
  EXPECT_EQ(LedgerEventJson(ClockStepped{kMidday, 0}),
            R"({"event":"clock_stepped","from":"2026-03-17T12:00:00Z","to":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(LedgerEventJson(AppendsRefused{kMidday, {{"gateway", 1000, "legal-move", 7}, {"x", 0, "y", 1}}}),
            R"({"event":"appends_refused","since":"2026-03-17T12:00:00Z","refusals":[{"producer":"gateway",)"
            R"("uid":1000,"rule":"legal-move","count":7},{"producer":"x","uid":0,"rule":"y","count":1}]})");
  EXPECT_EQ(LedgerEventJson(QueryServed{1, 2, -3, "query", {{"tenant", "t"}}, 18446744073709551615u}),
            R"({"event":"query_served","uid":1,"gid":2,"pid":-3,"request":"query","filters":{"tenant":"t"},)"
            R"("results":18446744073709551615})");
}

}  // namespace
}  // namespace envledger
