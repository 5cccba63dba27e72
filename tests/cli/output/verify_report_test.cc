#include "cli/output/verify_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace envledger::cli {
namespace {

using nlohmann::json;

VerifyReport ReportOf(Verdict verdict) {
  VerifyReport report;
  report.verdict = verdict;
  report.entries = 1000;
  report.tree_size = 1000;
  if (IsPass(verdict)) report.root = Hash{};
  report.origin = "ledger.example";
  report.checkpoints = 3;
  report.checks = {{"chain", "1000 entries"}};
  if (!IsPass(verdict)) {
    report.failures = {{.seq = 412, .check = "chain", .message = "not the hash\x1b", .verdict = verdict}};
    report.failure_count = 120;
  }
  return report;
}

TEST(Verify, JsonHasTheVerdictAndTheFailures) {
  const json good = json::parse(VerifyJson(ReportOf(Verdict::kUnanchored)));
  EXPECT_EQ(good["verdict"], "UNANCHORED");
  EXPECT_EQ(good["ok"], true);
  EXPECT_EQ(good["entries"], 1000);
  EXPECT_EQ(good["tree_size"], 1000);
  EXPECT_EQ(good["root"], std::string(64, '0'));
  EXPECT_EQ(good["checkpoints"], 3);
  EXPECT_EQ(good["failures"], json::array());
  EXPECT_EQ(good["checks"], (json{{"chain", "1000 entries"}}));
  const json bad = json::parse(VerifyJson(ReportOf(Verdict::kTampered)));
  EXPECT_EQ(bad["ok"], false);
  EXPECT_EQ(bad["root"], nullptr) << "it cannot be known";
  EXPECT_EQ(bad["failures"], (json{{{"seq", 412}, {"check", "chain"}, {"message", "not the hash\x1b"}}}));
  EXPECT_EQ(bad["failure_count"], 120);
}

TEST(Verify, TableSaysWhatUnanchoredCannotShow) {
  std::ostringstream out;
  PrintVerify(out, {}, ReportOf(Verdict::kUnanchored));
  EXPECT_EQ(out.str().find("UNANCHORED  ledger.example, 1,000 entries\n"), 0u) << out.str();
  EXPECT_NE(out.str().find("cannot show that the tail was cut off or the whole ledger replaced"), std::string::npos);
  EXPECT_NE(out.str().find("envledger checkpoint > FILE"), std::string::npos);
}

TEST(Verify, TableNamesTheFirstBadEntry) {
  std::ostringstream out;
  PrintVerify(out, {}, ReportOf(Verdict::kTampered));
  EXPECT_EQ(out.str().find("TAMPERED  ledger.example, 1,000 entries, 120 failures, the first at entry 412\n"), 0u);
  EXPECT_NE(out.str().find("  entry 412       chain       not the hash\\x1b\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("and 119 more"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
