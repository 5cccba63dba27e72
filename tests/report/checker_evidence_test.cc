// The evidence of a report: of many trees, forged, and written in ways that no report is.
#include <functional>

#include "ledger/chain/tree.h"
#include "tests/report/checkers.h"
#include "tests/support/chain_builder.h"

namespace envledger {
namespace {

using nlohmann::ordered_json;

TEST_F(Checkers, AgreeOnTheProofsOfManyTrees) {
  CheckerCases cases;
  for (uint64_t size = 1; size <= 6; ++size) {
    for (unsigned chosen = 0; chosen < 1u << size; ++chosen) {
      std::vector<uint64_t> leaves;
      for (uint64_t i = 0; i < size; ++i) {
        if ((chosen >> i & 1) != 0) leaves.push_back(i);
      }
      const std::string name = std::to_string(chosen) + " of " + std::to_string(size);
      cases.push_back(EvidenceCase(name, EvidenceJson(MadeEvidence(size, leaves))));
    }
  }
  for (const uint64_t size : {31, 32, 33, 200}) {
    for (const std::vector<uint64_t>& leaves : std::vector<std::vector<uint64_t>>{
             {0}, {size - 1}, {0, size - 1}, {1, 2, 3, 17, 24}, {7, 8, 15, 16, 29, 30}}) {
      cases.push_back(EvidenceCase("of " + std::to_string(size), EvidenceJson(MadeEvidence(size, leaves))));
    }
  }
  EXPECT_EQ(Compare(cases), cases.size());
}

// What only a proof apart from a report can state: leaves that are not in order, and sizes beyond all ledgers.
TEST_F(Checkers, AgreeOnLeavesInAnyOrder) {
  CheckerCases cases;
  std::vector<std::string> hashes;
  for (int i = 0; i < 4; ++i) hashes.push_back(Base64(std::string(32, static_cast<char>('a' + i))));
  const std::vector<std::vector<std::string>> orders = {
      {}, {"0"}, {"0", "1"}, {"1", "0"}, {"1", "1"}, {"2", "2", "3"}, {"0", "1", "1"}, {"3", "2", "1", "0"}};
  for (const auto& order : orders) {
    for (const std::string size : {"0", "1", "2", "3", "4", "9223372036854775808", "18446744073709551615"}) {
      for (size_t nodes = 0; nodes < 4; ++nodes) {
        std::vector<ProofLeaf> leaves;
        for (const std::string& number : order) leaves.push_back({number, hashes[0]});
        std::string name = "of " + size + ":";
        for (const std::string& number : order) name += " " + number;
        cases.push_back(RootCase(name, leaves, size, {hashes.begin(), hashes.begin() + static_cast<ptrdiff_t>(nodes)}));
      }
    }
  }
  for (const uint64_t leaf : {uint64_t{0}, uint64_t{1} << 53, UINT64_MAX - 1}) {
    for (size_t nodes = 60; nodes < 66; ++nodes) {
      cases.push_back(RootCase("far away", {{std::to_string(leaf), hashes[0]}}, std::to_string(UINT64_MAX),
                               std::vector<std::string>(nodes, hashes[1])));
    }
  }
  EXPECT_EQ(Compare(cases), 10u);
}

// The evidence as a forger could write it, of values that a report can hold.
TEST_F(Checkers, AgreeOnForgedEvidence) {
  const ReportData honest = MadeEvidence(13, {2, 3, 7, 12});
  CheckerCases cases;
  const auto add = [&](const std::string& name, const std::function<void(ReportData&)>& change) {
    ReportData forged = honest;
    change(forged);
    cases.push_back(EvidenceCase(name, EvidenceJson(forged)));
  };
  for (const auto& entry : honest.entries) {
    const auto seq = entry.first;
    const std::string& bytes = entry.second;
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit)
      add("a bit of an entry",
          [&](ReportData& data) { data.entries[seq][bit / 8] ^= static_cast<char>(1 << bit % 8); });
    add("an entry left out", [&](ReportData& data) { data.entries.erase(seq); });
    add("an entry emptied", [&](ReportData& data) { data.entries[seq].clear(); });
    add("an entry longer", [&](ReportData& data) { data.entries[seq] += '\0'; });
    for (const uint64_t other : {0, 1, 4, 5, 6, 11, 13, 14, 1 << 20}) {
      add("an entry in another place", [&](ReportData& data) {
        data.entries[other] = bytes;
        data.entries.erase(seq);
      });
      add("an entry too many", [&](ReportData& data) { data.entries[other] = bytes; });
    }
    add("an entry beyond any tree", [&](ReportData& data) { data.entries[UINT64_MAX] = bytes; });
    add("an entry that a double cannot tell", [&](ReportData& data) { data.entries[(uint64_t{1} << 53) + 1] = bytes; });
  }
  for (size_t i = 0; i < honest.nodes.size(); ++i) {
    const auto at = static_cast<ptrdiff_t>(i);
    for (size_t bit = 0; bit < 256; bit += 5)
      add("a bit of a node", [&](ReportData& data) { data.nodes[i][bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); });
    add("a node left out", [&](ReportData& data) { data.nodes.erase(data.nodes.begin() + at); });
    add("a node twice", [&](ReportData& data) { data.nodes.insert(data.nodes.begin() + at, honest.nodes[i]); });
    add("nodes swapped",
        [&](ReportData& data) { std::swap(data.nodes[i], data.nodes[(i + 1) % honest.nodes.size()]); });
  }
  add("no nodes", [](ReportData& data) { data.nodes.clear(); });
  add("one node more", [](ReportData& data) { data.nodes.emplace_back(); });
  add("a leaf among the nodes", [](ReportData& data) { data.nodes.push_back(LeafHash(data.entries.at(2))); });
  add("no entries", [](ReportData& data) { data.entries.clear(); });
  add("neither", [](ReportData& data) {
    data.entries.clear();
    data.nodes.clear();
  });
  add("another answer", [](ReportData& data) { data.answered_root[31] ^= 1; });
  add("another answer of a smaller tree", [](ReportData& data) {
    data.answered_root[31] ^= 1;
    data.answered_size = 12;
  });
  add("another tree", [](ReportData& data) { data.checkpoint = MadeEvidence(14, {2}).checkpoint; });
  add("another checkpoint", [](ReportData& data) { data.checkpoint = GoldenEvidence().checkpoint; });
  add("another key", [](ReportData& data) { data.vkey = FormatVerifierKey(TestVerifierKey(2)); });
  add("a key in capitals", [](ReportData& data) {
    const size_t plus = data.vkey.find('+');
    for (size_t i = plus; i < plus + 9; ++i) data.vkey[i] = static_cast<char>(toupper(data.vkey[i]));
  });
  add("no checkpoint", [](ReportData& data) { data.checkpoint.clear(); });
  add("no key", [](ReportData& data) { data.vkey.clear(); });
  EXPECT_EQ(Compare(cases), 3u) << "of no entries, with and without nodes that nothing needs, and of a smaller answer";
}

// The same evidence, written in ways that no report is.
class CheckersOfWriting : public Checkers {
 protected:
  void Add(const std::string& name, const std::string& changed) { cases_.push_back(EvidenceCase(name, changed)); }
  void Replace(const std::string& from, const std::string& to) {
    std::string changed = text_;
    const size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Add(from + " as " + to, changed.replace(at, from.size(), to));
  }

  const std::string text_ = EvidenceJson(MadeEvidence(5, {1, 3}));
  const ordered_json honest_ = ordered_json::parse(text_);
  CheckerCases cases_;
};

TEST_F(CheckersOfWriting, AgreeOnNumbersAndText) {
  for (const std::string number : {"1.0", "1e0", "10e-1", "-1", "-0", "01", "+1", "\"1\"", "true", "null", "[1]", "{}",
                                   "1 ", "18446744073709551616", "1e400", "0x1", "1n", "NaN", ""}) {
    Replace("[[1,", "[[" + number + ",");
    Replace("\"tree_size\":5", "\"tree_size\":" + number);
  }
  for (const std::string value :
       {"\\ud800", "\\udc00\\ud800", "\\ud83d\\udd11", "\\u0041",   "\\/",     "\\b",     "\\t",    "\\n",     "\\f",
        "\\r",     "\\u0008",        "\\u000b",        "\\u001F",   "\\u001f", "\\u0000", "\\\"",   "\\\\",    "<",
        "\\u003c", "\\u003C",        "\\u007f",        "\x7f",      "\\u0085", "\u0085",  "\u009f", "\\u00a0", "\u00a0",
        "\u2028",  "\\u2028",        "\u00e9",         "\U0001f511"}) {
    Replace("\"made\"", "\"" + value + "\"");
  }
  Add("indented", honest_.dump(2));
  for (const std::string blank : {" ", "\n", "\t"}) {
    Add("with a blank before it", blank + text_);
    Add("with a blank after it", text_ + blank);
    Replace(":", ":" + blank);
  }
  for (const std::string other : {"", "null", "[]", "0", "{", "{}", "\"\"", "//", "{}{}"}) Add(other, other);
  EXPECT_EQ(Compare(cases_), 17u) << "of every letter one spelling";
}

TEST_F(CheckersOfWriting, AgreeOnMembersThatAreMissingMoreOrOfAnotherType) {
  const std::vector<std::string> values = {"null",
                                           "0",
                                           "true",
                                           "\"\"",
                                           "\"x\"",
                                           "[]",
                                           "{}",
                                           "[[]]",
                                           "[null]",
                                           "[0]",
                                           "[\"\"]",
                                           "[[1]]",
                                           "[[1,null]]",
                                           "[[1,\"\",0]]",
                                           "[{\"0\":1,\"1\":\"\"}]",
                                           "[[3,\"\"],[1,\"\"]]",
                                           "\"\\u0000\""};
  for (const auto& [name, own] : honest_.items()) {
    ordered_json changed = honest_;
    changed.erase(name);
    Add(name + " is missing", changed.dump());
    const std::string pair = "\"" + name + "\":" + own.dump();
    Replace(pair, pair + "," + pair);
    Replace(pair, pair + ",\"other\":0");
    if (name != "format" && name != "entries" && name != "nodes" && name != "checkpoint" && name != "vkey") continue;
    for (const std::string& value : values) Replace(pair, "\"" + name + "\":" + value);
  }
  for (const auto& [name, own] : honest_["answer"].items()) {
    ordered_json changed = honest_;
    changed["answer"].erase(name);
    Add("answer without " + name, changed.dump());
  }
  for (const std::string& value : values) {
    Replace("\"answer\":" + honest_["answer"].dump(), "\"answer\":" + value);
    Replace("\"root\":" + honest_["answer"]["root"].dump(), "\"root\":" + value);
    Replace("\"tree_size\":5", "\"tree_size\":" + value);
  }
  const std::string rows = honest_["entries"].dump();
  const std::string first = honest_["entries"][0].dump();
  const std::string second = honest_["entries"][1].dump();
  Replace(rows, "[" + first + "," + first + "," + second + "]");
  Replace(rows, "[" + second + "," + first + "]");
  Replace(rows, "[" + first + "," + second + "," + second + "]");
  Replace(first, first.substr(0, first.size() - 1) + ",0]");
  EXPECT_EQ(Compare(cases_), 2u) << "of an answer from a tree that was empty, and without entries";
}

// Of an entry and a node: what is not canonical, and what a lenient reader would pass over.
TEST_F(CheckersOfWriting, AgreeOnBase64WithAnyCharacterCorrupted) {
  for (const ordered_json& whole : {honest_["entries"][0][1], honest_["nodes"][0]}) {
    for (const auto& [what, changed] : Corruptions(whole.get<std::string>()))
      Replace(whole.dump(), ordered_json(changed).dump());
  }
  EXPECT_GT(cases_.size(), 1000u);
  EXPECT_EQ(Compare(cases_), 0u);
}

}  // namespace
}  // namespace envledger
