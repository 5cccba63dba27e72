// CloudEvents against the requirements of the standard, and against fixed lines.
#include "ledger/export/event_mappings.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/export/written.h"

namespace envledger {
namespace {

using nlohmann::json;

TEST(CloudEvents, HaveTheRequiredAttributesAndOnlyLegalNamesAndCharacters) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kCloudEvents);
  const std::vector<json> events = written.Json();
  ASSERT_EQ(events.size(), 5u);
  std::set<std::string> ids;
  for (const json& event : events) {
    EXPECT_EQ(event.at("specversion"), "1.0");
    EXPECT_EQ(event.at("source"), FakeLedger::kOrigin);
    EXPECT_TRUE(ids.insert(event.at("id")).second);
    EXPECT_EQ(event.at("type").get<std::string>().rfind("org.envledger.transition.", 0), 0u);
    EXPECT_TRUE(event.at("data").is_object());
    for (const auto& [name, value] : event.items()) {
      EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos) << name;
      if (name == "data") continue;
      ASSERT_TRUE(value.is_string()) << name;
      for (const unsigned char c : value.get<std::string>()) EXPECT_GE(c, 0x20) << name;
    }
  }
  EXPECT_EQ(events[4]["authid"], "eve\\x1b[2J\\u{202e}");
  EXPECT_EQ(events[4]["data"]["identity"]["requester"]["id"], "eve\x1b[2J\u202e") << "the data is exact";
}

TEST(CloudEvents, AnOriginThatIsNoUriIsMadeOne) {
  EXPECT_EQ(UriReference("ai.example.com/ledger"), "ai.example.com/ledger");
  EXPECT_EQ(UriReference("host:80/a#b\u00e9"), "host%3a80/a%23b%c3%a9");
}

TEST(CloudEvents, ALineOfAFixedLedgerDoesNotChange) {
  FakeLedger day = ADay();
  const Written written = Write(day, ExportForm::kCloudEvents);
  EXPECT_EQ(written.Lines()[2],
            "{\"specversion\":\"1.0\",\"id\":\"ledger.example/2\",\"source\":\"ledger.example\",\"type\":"
            "\"org.envledger.transition.completed\",\"subject\":\"env-1\",\"time\":\"2026-03-17T09:21:30Z\","
            "\"datacontenttype\":\"application/json\",\"recordedtime\":\"2026-03-17T09:21:30.5Z\",\"sequence\":"
            "\"00000000000000000002\",\"ledgerseq\":\"2\",\"leafhash\":"
            "\"c74a599658ee3847f60807a8ace50dddbca14b1de385bdb27207c08ccdab3107\",\"authtype\":\"user\",\"authid\":"
            "\"alice\",\"data\":{\"envelope_id\":\"env-1\",\"stage\":\"completed\",\"occurred_at\":"
            "\"2026-03-17T09:21:30Z\",\"outcome\":{\"code\":\"ok\",\"usage\":{\"gpu\":\"4\"}}}}");
}

}  // namespace
}  // namespace envledger
