// Reports of a real ledger, in a real browser where there is one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "ledger/base/file.h"
#include "ledger/base/time.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

constexpr const char* kBrowser = "/usr/bin/chromium";
constexpr Nanos kMarch = 1773739200 * kSecond;

// `count` envelopes of three records each; every tenth is narrowed.
std::string Traffic(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    const std::string id = "env-" + std::to_string(i);
    const auto at = [i](int second) { return FormatTime(kMarch + (static_cast<Nanos>(i) * 60 + second) * kSecond); };
    const auto line = [&](const std::string& stage, int second, const std::string& rest) {
      lines += "{\"envelope_id\":\"" + id + "\",\"stage\":\"" + stage + "\",\"occurred_at\":\"" + at(second) + "\"," +
               rest + "}\n";
    };
    line("requested", 0,
         "\"identity\":{\"requester\":{\"kind\":\"user\",\"issuer\":\"https://id.example.com\",\"id\":\"user" +
             std::to_string(i % 50) +
             "\"},\"tenant\":\"t\"},\"execution\":{\"kind\":\"inference\",\"operation\":\"POST /v1/chat\"},"
             "\"scope\":{\"kind\":\"project\",\"id\":\"p\",\"binding\":\"bound\"},\"requested\":{\"gpu\":\"8\"}");
    line("granted", 1,
         std::string(
             "\"decision\":{\"effect\":\"narrow\",\"reasons\":[\"quota\"]},\"granted\":{\"resources\":{\"gpu\":\"") +
             (i % 10 == 0 ? "4" : "8") + "\"}}");
    line("completed", 30, "\"outcome\":{\"code\":\"ok\",\"usage\":{\"gpu\":\"4\"}}");
  }
  return lines;
}

class ReportEndToEnd : public testing::Test {
 protected:
  void Fill(int envelopes) {
    ledger_.Start();
    const Ended appended = ledger_.Append(Traffic(envelopes));
    ASSERT_EQ(appended.status, 0) << appended.err;
  }
  void Report(const std::vector<std::string>& filters) {
    std::vector<std::string> words = {"report", "--output", file()};
    words.insert(words.end(), filters.begin(), filters.end());
    const Ended made = ledger_.OnSocket(words);
    ASSERT_EQ(made.status, 0) << made.err;
    const Ended checked = ledger_.Tool({"report", "verify", file(), "--vkey", ledger_.vkey()});
    EXPECT_EQ(checked.status, 0) << checked.err;
    said_ = checked.out;
  }
  // The page's elements after its script has run, at this fragment. Whatever the console hears is an error.
  std::string Dom(const std::string& fragment) const {
    const Ended dumped = RunProgram({kBrowser, "--headless=new", "--no-sandbox", "--disable-gpu",
                                     "--enable-logging=stderr", "--user-data-dir=" + ledger_.path("browser"),
                                     "--virtual-time-budget=60000", "--dump-dom", "file://" + file() + fragment});
    EXPECT_EQ(dumped.status, 0) << dumped.err;
    EXPECT_EQ(dumped.err.find(":CONSOLE"), std::string::npos) << dumped.err;
    return dumped.out;
  }
  std::string file() const { return ledger_.path("report.html"); }

  TestLedger ledger_;
  std::string said_;
};

TEST_F(ReportEndToEnd, APrincipalsRecordsAreShownToBeWithoutAGap) {
  Fill(200);
  Report({"--principal", "user:user7"});
  EXPECT_NE(said_.find("records of user:user7@id.example.com are numbered without a gap"), std::string::npos) << said_;
}

TEST_F(ReportEndToEnd, APartOfAPrincipalsEnvelopesClaimsNoNumberingWithoutAGap) {
  Fill(120);
  Report({"--principal", "user:user7", "--limit", "2"});
  const std::string page = *ReadFile(file(), 1 << 24);
  EXPECT_NE(page.find("there are more"), std::string::npos);
  EXPECT_EQ(said_.find("numbered without a gap"), std::string::npos) << "nothing is claimed of a part";
}

TEST_F(ReportEndToEnd, SearchesAndChecksItselfInABrowser) {
  if (access(kBrowser, X_OK) != 0) GTEST_SKIP() << "no " << kBrowser << ": install Debian's chromium to run this";
  Fill(60);
  Report({"--tenant", "t"});
  const std::string all = Dom("");
  EXPECT_NE(all.find("60 of 60 envelopes"), std::string::npos);
  const std::string found = Dom("#q=env-17");
  EXPECT_NE(found.find("1 of 60 envelopes"), std::string::npos);
  EXPECT_NE(found.find("<tbody id=\"e16\" hidden=\"\">"), std::string::npos);
  EXPECT_EQ(found.find("<tbody id=\"e17\" hidden=\"\">"), std::string::npos);
  const std::string checked = Dom("#check");
  const bool able = checked.find("This browser has no Ed25519") == std::string::npos;
  if (able) {
    EXPECT_NE(checked.find("HOLDS: 180 entries are in the tree"), std::string::npos);
    EXPECT_EQ(checked.find("DOES NOT HOLD:</p>"), std::string::npos);
  }
}

TEST_F(ReportEndToEnd, TenThousandEnvelopesLoadInABrowser) {
  if (access(kBrowser, X_OK) != 0) GTEST_SKIP() << "no " << kBrowser << ": install Debian's chromium to run this";
  Fill(10000);
  Report({});
  RecordProperty("bytes", std::to_string(std::filesystem::file_size(file())));
  EXPECT_LT(std::filesystem::file_size(file()), 100u << 20);
  const std::string dom = Dom("#q=env-9999");
  EXPECT_NE(dom.find("1 of 10,000 envelopes"), std::string::npos);
}

}  // namespace
}  // namespace envledger
