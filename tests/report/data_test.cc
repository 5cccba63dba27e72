#include "ledger/report/data.h"

#include <gtest/gtest.h>

#include "tests/report/checker_cases.h"

namespace envledger {
namespace {

TEST(ReportData, IsReadAsItWasWritten) {
  ReportData data = MadeEvidence(5, {1, 3});
  data.filters = {{"tenant", "</script>"}, {"open", ""}};
  data.principals = {{PrincipalKind::kUser, "issuer", "alice"}};
  data.envelopes = {{.id = "env-1", .roles = 3, .seqs = {1, 3}}};
  data.generated_at = 1773739200 * kSecond;
  const std::string text = EvidenceJson(data);
  EXPECT_EQ(text.find('<'), std::string::npos) << "nothing ends the element that it stands in";
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto read = ReadReportData(text);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(EvidenceJson(*read), text);
}

// Who walks through null or an object as if it were a list finds nothing, or its values.
TEST(ReportData, HasListsWhereListsBelong) {
  const auto honest = nlohmann::ordered_json::parse(EvidenceJson(MadeEvidence(5, {1, 3})));
  ASSERT_TRUE(ReadReportData(honest.dump()).ok());
  for (const std::string name : {"filters", "principals", "envelopes", "entries", "nodes"}) {
    for (const std::string value : {"null", "{}", "{\"a\":[]}", "0", "\"\""}) {
      auto changed = honest;
      changed[name] = nlohmann::ordered_json::parse(value);
      EXPECT_EQ(ReadReportData(changed.dump()).status().code(), Code::kInvalidArgument) << changed.dump();
    }
  }
}

TEST(ReportData, NamesAKeyInItsCanonicalFormOrNone) {
  ReportData data = MadeEvidence(5, {1, 3});
  const std::string vkey = data.vkey;
  data.vkey = "no key";
  EXPECT_EQ(ReadReportData(EvidenceJson(data)).status().code(), Code::kInvalidArgument);
  data.vkey = vkey;
  const size_t plus = vkey.find('+');
  for (size_t i = plus; i < plus + 9; ++i) data.vkey[i] = static_cast<char>(toupper(data.vkey[i]));
  ASSERT_NE(data.vkey, vkey);
  EXPECT_NE(ReadReportData(EvidenceJson(data)).status().message().find("canonical"), std::string::npos);
  data.vkey.clear();
  EXPECT_TRUE(ReadReportData(EvidenceJson(data)).ok()) << "of a ledger that has signed nothing";
}

}  // namespace
}  // namespace envledger
