#include "tests/report/checkers.h"

#include <fstream>

#include "ledger/files/file.h"
#include "tests/support/chain_builder.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using nlohmann::json;

// Asks the checker each question, and leaves the verdicts, in base64, in the element "verdicts". The frame that is not
// closed keeps the page loading until then.
constexpr std::string_view kRunner = R"js(
const frame = document.createElement("iframe");
document.body.append(frame);
frame.contentDocument.open();
const say = ({origin, size, root}) => `${origin} ${size} ${reportChecker.hex(root)}`;
const hashes = texts => texts.map(text => reportChecker.hashFrom(text, "a hash"));
const questions = {
  key: async vkey => (await reportChecker.readKey(vkey)).text,
  checkpoint: text => say(reportChecker.readCheckpoint(text)),
  note: async (note, vkey) => {
    const key = await reportChecker.readKey(vkey);
    await reportChecker.verifyNote(reportChecker.readNote(note), key);
    return "signed";
  },
  open: async (note, vkey) => say(await reportChecker.openCheckpoint(note, await reportChecker.readKey(vkey))),
  root: async (leaves, size, nodes) => {
    const read = leaves.map(([number, hash]) => [BigInt(number), ...hashes([hash])]);
    return reportChecker.hex(await reportChecker.subsetRoot(read, BigInt(size), hashes(nodes)));
  },
  evidence: async text => {
    const {size, entries} = await reportChecker.check(text);
    return `${size} ${entries}`;
  },
};
const judge = async (question, parts) => {
  try {
    return {answer: await questions[question](...parts)};
  } catch (error) {
    return {error: error.constructor.name + ": " + error.message};
  }
};
(async () => {
  const verdicts = [];
  for (const [question, parts] of JSON.parse(document.getElementById("cases").textContent)) {
    verdicts.push(await judge(question, parts));
  }
  const utf8 = Array.from(new TextEncoder().encode(JSON.stringify(verdicts)), byte => String.fromCharCode(byte));
  document.getElementById("verdicts").textContent = btoa(utf8.join(""));
  frame.contentDocument.close();
})();
)js";

}  // namespace

void Checkers::SetUp() {
  if (!Browser::IsThere()) GTEST_SKIP() << Browser::kMissing;
}

json Checkers::Verdicts(const CheckerCases& cases) {
  json questions = json::array();
  for (const CheckerCase& one : cases) questions.push_back({one.call, one.arguments});
  std::string text = questions.dump();
  for (size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at)) text.replace(at, 1, "\\u003c");
  const std::string checker = *ReadFile(ENVLEDGER_SOURCE_DIR "/ledger/report/checker.js", 1 << 20);
  const std::string path = directory_.path() + "/checker.html";
  std::ofstream(path, std::ios::binary) << "<!DOCTYPE html><meta charset=\"utf-8\"><body><pre id=\"verdicts\"></pre>"
                                        << "<script type=\"application/json\" id=\"cases\">" << text
                                        << "</script>\n<script>" << checker << "</script>\n<script>" << kRunner
                                        << "</script></body>";
  const std::string dom = browser_.Dom("file://" + path);
  const std::string begin = "<pre id=\"verdicts\">";
  const size_t at = dom.find(begin) + begin.size();
  const auto bytes = ParseBase64(dom.substr(at, dom.find('<', at) - at));
  return json::parse(bytes.value_or(""));
}

size_t Checkers::Compare(const CheckerCases& cases) {
  const json verdicts = Verdicts(cases);
  EXPECT_EQ(verdicts.size(), cases.size());
  size_t accepted = 0;
  for (size_t i = 0; i < cases.size() && i < verdicts.size(); ++i) {
    const CheckerCase& one = cases[i];
    const std::string error = verdicts[i].value("error", "");
    const bool accepts = verdicts[i].contains("answer");
    EXPECT_EQ(accepts ? std::optional(verdicts[i]["answer"].get<std::string>()) : std::nullopt, one.answer)
        << one.call << ", " << one.name << ": " << error;
    // What the checker throws to refuse, and no mistake of its own: JSON.parse throws a SyntaxError, and the import
    // of a key that is no point of the curve a DOMException.
    const bool refuses =
        error.starts_with("Error: ") || error.starts_with("SyntaxError: ") || error.starts_with("DOMException: ");
    EXPECT_TRUE(accepts || refuses) << one.name << ": " << error;
    accepted += accepts ? 1 : 0;
  }
  return accepted;
}

std::string SignedByTestKey(const std::string& text) {
  const SigningKey key = TestKey();
  return SignNote(text, {{TestVerifierKey(), &key}});
}

std::string TestVkey() { return FormatVerifierKey(TestVerifierKey()); }

std::string SomeRoot() { return Base64(std::string(32, 'r')); }

}  // namespace envledger
