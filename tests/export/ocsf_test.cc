// Against the requirements of OCSF 1.2.0.
#include <gtest/gtest.h>

#include "tests/export/written.h"

namespace envledger {
namespace {

using day::kMorning;
using day::Requested;
using day::User;
using nlohmann::json;

TEST(Ocsf, HasEveryRequiredFieldOfApiActivityAndItsTypes) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kOcsf);
  const std::vector<json> events = written.Json();
  ASSERT_EQ(events.size(), 5u);
  for (const json& event : events) {
    EXPECT_EQ(event.at("class_uid"), 6003);
    EXPECT_EQ(event.at("category_uid"), 6);
    EXPECT_EQ(event.at("type_uid"), 600300 + event.at("activity_id").get<int>());
    for (const char* number : {"activity_id", "severity_id", "status_id", "time"}) {
      EXPECT_TRUE(event.at(number).is_number_unsigned()) << number;
    }
    EXPECT_TRUE(event.at("metadata").at("version").is_string());
    EXPECT_TRUE(event.at("metadata").at("product").at("vendor_name").is_string());
    EXPECT_EQ(event.at("metadata").at("uid").get<std::string>().size(), 64u);
    EXPECT_FALSE(event.at("actor").at("user").at("name").get<std::string>().empty());
    EXPECT_FALSE(event.at("api").at("operation").get<std::string>().empty());
    EXPECT_FALSE(event.at("api").at("request").at("uid").get<std::string>().empty());
    EXPECT_FALSE(event.at("src_endpoint").empty());
    EXPECT_TRUE(event.at("unmapped").at("transition").is_object());
  }
  EXPECT_EQ(events[0]["time"], 1773739200000);
  EXPECT_EQ(events[0]["status_id"], 99);
  EXPECT_EQ(events[0]["status"], "requested");
  EXPECT_EQ(events[1]["status_code"], "narrow");
  EXPECT_EQ(events[1]["status_detail"], "quota of the project");
  EXPECT_EQ(events[1]["actor"]["user"]["name"], "alice") << "the requester stands on every record";
  EXPECT_EQ(events[2]["status_id"], 1);
  EXPECT_EQ(events[0]["resources"],
            (json{{{"name", "model:llama-3@2"}, {"uid", "llama-3"}, {"type", "model"}, {"version", "2"}}}));
}

TEST(Ocsf, TellsWhoCalledFromForWhom) {
  FakeLedger day;
  day.status.origin = FakeLedger::kOrigin;
  Transition requested = Requested("env-9", {PrincipalKind::kAgent, "https://agents.example.com", "aria"});
  requested.identity->subject = User("dana");
  requested.identity->source = Source{.service = "gateway", .address = "2001:db8::7", .user_agent = "x"};
  requested.identity->authentication = Authentication{.method = "mtls", .credential_id = "c-1", .session_id = "s-1"};
  requested.execution->action = Action::kCreate;
  day.Append(requested);
  Transition denied;
  denied.envelope_id = "env-9";
  denied.stage = Stage::kDenied;
  denied.occurred_at = kMorning + kSecond;
  denied.decision = Decision{};
  denied.decision->effect = Effect::kDeny;
  denied.decision->reasons = {"no budget"};
  day.Append(denied);
  const Written written = Write(day, ExportForm::kOcsf);
  const std::vector<json> events = written.Json();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["actor"]["user"]["name"], "dana");
  EXPECT_EQ(events[0]["actor"]["user"]["type_id"], 1);
  EXPECT_EQ(events[0]["actor"]["app_name"], "aria");
  EXPECT_EQ(events[0]["actor"]["app_uid"], "agent:aria@agents.example.com");
  EXPECT_EQ(events[0]["actor"]["session"],
            (json{{"uid", "s-1"}, {"credential_uid", "c-1"}, {"issuer", "https://agents.example.com"}}));
  EXPECT_EQ(events[0]["src_endpoint"], (json{{"svc_name", "gateway"}, {"ip", "2001:db8::7"}}));
  EXPECT_EQ(events[0]["activity_id"], 1);
  EXPECT_EQ(events[1]["status_id"], 2);
  EXPECT_EQ(events[1]["severity_id"], 3);
  EXPECT_EQ(events[1]["status_detail"], "no budget");
}

}  // namespace
}  // namespace envledger
