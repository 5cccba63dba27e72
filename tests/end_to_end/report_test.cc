// Reports of a real ledger, in a real browser where there is one.
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/base/time.h"
#include "ledger/files/file.h"
#include "tests/support/browser.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

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
  // The page's elements at this fragment, after its script has run.
  std::string Dom(const std::string& fragment) const { return browser_.Dom("file://" + file() + fragment); }
  // How many pages it takes on paper.
  size_t Print() const {
    const std::string path = ledger_.path("paper.pdf");
    browser_.Print("file://" + file(), path);
    const std::string pdf = *ReadFile(path, 1 << 28);
    constexpr std::string_view kPage = "/Type /Page\n";
    size_t pages = 0;
    for (size_t at = pdf.find(kPage); at != std::string::npos; at = pdf.find(kPage, at + 1)) ++pages;
    return pages;
  }
  std::string file() const { return ledger_.path("report.html"); }

  ServedLedger ledger_;
  std::string said_;
  const Browser browser_{ledger_.path("browser")};
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

void Replace(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

TEST_F(ReportEndToEnd, IsCheckedByHandAsItSays) {
  if (!IsInstalled("jq")) GTEST_SKIP() << "no jq: install Debian's jq to run this";
  Fill(3);
  Report({});
  const std::string page = *ReadFile(file(), 1 << 24);
  size_t begin = page.find("<h3>By hand</h3>");
  ASSERT_NE(begin, std::string::npos);
  begin = page.find("<pre>", begin) + 5;
  std::string steps = page.substr(begin, page.find("</pre>", begin) - begin);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"FILE", file()}, {"VKEY", ledger_.vkey()}}) {
    Replace(steps, from, to);
  }
  const Ended run = RunProgram({"bash", "-euo", "pipefail", "-c", "cd " + ledger_.path("") + "\n" + steps});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("Signature Verified Successfully"), std::string::npos) << run.out;
  const size_t hash = run.out.rfind("  -");
  ASSERT_NE(hash, std::string::npos) << run.out;
  EXPECT_NE(page.find("<code>" + run.out.substr(hash - 64, 64) + "</code>"), std::string::npos)
      << "the leaf hash beside its record: " << run.out;
}

TEST_F(ReportEndToEnd, SearchesAndChecksItselfInABrowser) {
  if (!Browser::IsThere()) GTEST_SKIP() << Browser::kMissing;
  Fill(160);
  Report({"--tenant", "t"});
  const std::string all = Dom("");
  EXPECT_NE(all.find("160 of 160 envelopes"), std::string::npos);
  EXPECT_EQ(all.find(" hidden=\"\""), std::string::npos);
  const std::string found = Dom("#q=env-17");
  EXPECT_NE(found.find("1 of 160 envelopes"), std::string::npos);
  EXPECT_NE(found.find("<tbody id=\"e16\" hidden=\"\">"), std::string::npos);
  EXPECT_NE(found.find("<tbody id=\"e17\">"), std::string::npos);
  EXPECT_NE(found.find("<div class=\"part\" hidden=\"\""), std::string::npos) << "the second table, without a row";
  EXPECT_NE(Dom("#q=env-159").find("<div class=\"part first\""), std::string::npos) << "it has the head, then";
  EXPECT_EQ(Dom("#q=%").find("<tbody id=\"e1\">"), std::string::npos) << "which no envelope has";
  const std::string opened = Dom("#e17");
  EXPECT_NE(opened.find("<details open=\"\"><summary><code>env-17</code>"), std::string::npos);
  const std::string checked = Dom("#check");
  EXPECT_NE(checked.find("id=\"checked\" role=\"status\">HOLDS: 480 entries are in the tree"), std::string::npos);
}

TEST_F(ReportEndToEnd, ReadsAndPrintsWithoutItsScript) {
  if (!Browser::IsThere()) GTEST_SKIP() << Browser::kMissing;
  Fill(450);
  Report({});
  const std::string page = *ReadFile(file(), 1 << 24);
  const size_t begin = page.rfind("<script>");
  ASSERT_NE(begin, std::string::npos);
  ASSERT_TRUE(WriteFileDurably(file(), page.substr(0, begin) + "</body></html>", 0644).ok());
  const std::string dom = Dom("");
  EXPECT_EQ(dom.find("class=\"js\""), std::string::npos);
  EXPECT_EQ(dom.find("hidden=\"\""), std::string::npos);
  for (const std::string part : {"<code>env-449</code>", "narrowed gpu", "POST /v1/chat", "quota"}) {
    EXPECT_NE(dom.find(part), std::string::npos) << part;
  }
  const size_t pages = Print();
  EXPECT_GT(pages, 5u);
  EXPECT_LT(pages, 30u) << "the first 300";
}

TEST_F(ReportEndToEnd, TenThousandEnvelopesLoadAndPrintInABrowser) {
  if (!Browser::IsThere()) GTEST_SKIP() << Browser::kMissing;
  Fill(10000);
  Report({});
  RecordProperty("bytes", std::to_string(std::filesystem::file_size(file())));
  EXPECT_LT(std::filesystem::file_size(file()), 100u << 20);
  const std::string dom = Dom("#q=env-9999");
  EXPECT_NE(dom.find("1 of 10,000 envelopes"), std::string::npos);
  const size_t pages = Print();
  EXPECT_GT(pages, 5u);
  EXPECT_LT(pages, 60u) << "not all of them are for paper";
}

TEST_F(ReportEndToEnd, AFewEnvelopesPrintWithTheirRecords) {
  if (!Browser::IsThere()) GTEST_SKIP() << Browser::kMissing;
  Fill(40);
  Report({});
  const size_t with_records = Print();
  EXPECT_GT(with_records, 8u);
  EXPECT_LT(with_records, 40u);
}

}  // namespace
}  // namespace envledger
