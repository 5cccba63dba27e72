// The page's style and script: the files of the room, unchanged, under a policy that lets nothing else run or load.
#include "ledger/report/assets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/crypto/sha256.h"
#include "ledger/files/file.h"
#include "ledger/report/page.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

std::string Source(const std::string& name) {
  return *ReadFile(std::string(ENVLEDGER_SOURCE_DIR) + "/ledger/report/" + name, 1 << 20);
}

// A report of nothing.
std::string Page() {
  ReportData data;
  data.complete = true;
  return *ReportPage(data, {});
}

std::string Element(const std::string& page, const std::string& begin, const std::string& end) {
  const size_t at = page.rfind(begin) + begin.size();
  return page.substr(at, page.find(end, at) - at);
}

TEST(Assets, AreTheFilesByteForByte) {
  EXPECT_EQ(kReportStyle, Source("page.css") + Source("print.css"));
  EXPECT_EQ(kReportScript, Source("checker.js") + Source("page.js"));
}

TEST(Assets, StandOnThePageUnderAPolicyWithTheirHashes) {
  const std::string page = Page();
  const std::string style = Element(page, "<style>", "</style>");
  const std::string script = Element(page, "<script>", "</script>");
  EXPECT_EQ(style, kReportStyle);
  EXPECT_EQ(script, kReportScript);
  const std::string policy = "content=\"default-src 'none'; style-src 'sha256-" + Base64(View(Sha256(style))) +
                             "'; script-src 'sha256-" + Base64(View(Sha256(script))) +
                             "'; base-uri 'none'; form-action 'none'\"";
  EXPECT_NE(page.find(policy), std::string::npos) << policy;
}

// An HTML parser takes a carriage return for a newline, and then the hashes differ.
TEST(Assets, ArePlainTextThatEndsNoElement) {
  for (const std::string_view text : {kReportStyle, kReportScript}) {
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    for (const char* end : {"</", "<!--", "<script"}) EXPECT_EQ(text.find(end), std::string_view::npos) << end;
  }
}

TEST(Assets, AskForNothingFromElsewhere) {
  for (const char* loader : {"url(", "@import", "@font-face", "image-set", "://"}) {
    EXPECT_EQ(kReportStyle.find(loader), std::string_view::npos) << loader;
  }
  for (const char* loader : {"fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "Worker", "import(",
                             "import ", "eval(", "Function(", "innerHTML", "outerHTML", ".src", ".href", "://"}) {
    EXPECT_EQ(kReportScript.find(loader), std::string_view::npos) << loader;
  }
}

}  // namespace
}  // namespace envledger
