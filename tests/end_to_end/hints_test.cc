// What the tool prints works when it is typed: cursors, behind whatever filters they were printed for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/codec/json.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Words = std::vector<std::string>;

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// What stands behind "--cursor " at the end of what was printed for people; empty where nothing does.
std::string HintOf(const std::string& printed) {
  const std::string option = "--cursor ";
  const size_t at = printed.rfind(option);
  if (at == std::string::npos) return "";
  const size_t begin = at + option.size();
  return printed.substr(begin, printed.find_first_of(" \n", begin) - begin);
}

// The first column of each line but the titles.
Words FirstFields(const std::string& csv) {
  Words fields;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) fields.push_back(line.substr(0, line.find(',')));
  return fields;
}

class Hints : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.Start();
    std::string lines;
    for (int i = 0; i < 7; ++i) {
      for (const Transition& transition : WholeStory("story-" + std::to_string(i), "user-" + std::to_string(i))) {
        lines += TransitionJson(transition) + "\n";
      }
    }
    const Ended appended = ledger_.Append(lines);
    ASSERT_EQ(appended.status, 0) << appended.err;
  }

  // The rows of an answer in parts, each gone on from with the hint that was printed behind the one before. In csv the
  // hint is on standard error.
  Words RowsInParts(const Words& command) {
    Words rows;
    std::string hint;
    for (int part = 0; part < 20; ++part) {
      const Words typed = hint.empty() ? command : command + Words{"--cursor", hint};
      const Ended run = ledger_.OnSocket(typed + Words{"--limit", "2", "--format", "csv"});
      EXPECT_EQ(run.status, 0) << run.err;
      const Words some = FirstFields(run.out);
      EXPECT_LE(some.size(), 2u);
      rows = rows + some;
      const Ended table = ledger_.OnSocket(typed + Words{"--limit", "2"});
      EXPECT_EQ(HintOf(table.out).empty(), HintOf(run.err).empty());
      hint = HintOf(run.err);
      if (hint.empty() || run.status != 0) return rows;
    }
    ADD_FAILURE() << "the parts do not end";
    return rows;
  }

  ServedLedger ledger_;
};

TEST_F(Hints, ACursorIsTypedBehindTheSameWordsWhateverTheTimesAre) {
  for (const Words& times : {Words{}, Words{"--recorded-since", "1h"}, Words{"--recorded-since", "1h30m", "--at", "0s"},
                             Words{"--since", "1970-01-01", "--until", "2200-01-01"},
                             Words{"--recorded-until", "0s", "--order", "desc", "--principal", "user-3"}}) {
    const Words command = Words{"query"} + times;
    const Ended whole = ledger_.OnSocket(command + Words{"--limit", "0", "--format", "csv"});
    ASSERT_EQ(whole.status, 0) << whole.err;
    EXPECT_FALSE(FirstFields(whole.out).empty());
    EXPECT_EQ(RowsInParts(command), FirstFields(whole.out)) << testing::PrintToString(command);
  }
}

TEST_F(Hints, PrincipalsGoOnAsWell) {
  const Ended whole = ledger_.OnSocket({"principals", "--format", "csv"});
  ASSERT_GT(FirstFields(whole.out).size(), 4u);
  EXPECT_EQ(RowsInParts({"principals"}), FirstFields(whole.out));
  const Ended deciders = ledger_.OnSocket({"principals", "--format", "csv", "--role", "decider"});
  EXPECT_EQ(RowsInParts({"principals", "--role", "decider"}), FirstFields(deciders.out));
}

TEST_F(Hints, TheCursorOfTheJsonIsTheSame) {
  const Words command = {"query", "--recorded-since", "1h", "--limit", "3", "--format", "json"};
  const json first = json::parse(ledger_.OnSocket(command).out);
  const std::string cursor = first["completeness"]["next_cursor"];
  const Ended second = ledger_.OnSocket(command + Words{"--cursor", cursor});
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(json::parse(second.out)["envelopes"][0]["envelope_id"], "story-3");
  const Ended exported = ledger_.OnSocket(
      {"export", "--format", "jsonl", "--rows", "envelopes", "--recorded-since", "1h", "--limit", "3"});
  ASSERT_EQ(exported.status, 0) << exported.err;
  const Ended more = ledger_.OnSocket({"export", "--format", "jsonl", "--rows", "envelopes", "--recorded-since", "1h",
                                       "--limit", "1", "--cursor", HintOf(exported.err)});
  EXPECT_THAT(more.out, HasSubstr("\"envelope_id\":\"story-3\"")) << more.err;
}

TEST_F(Hints, ADamagedCursorIsRefused) {
  const Words command = {"query", "--recorded-since", "1h", "--limit", "2"};
  const std::string cursor = HintOf(ledger_.OnSocket(command).out);
  ASSERT_FALSE(cursor.empty());
  EXPECT_EQ(ledger_.OnSocket(command + Words{"--cursor", cursor}).status, 0);
  for (size_t at = 0; at < cursor.size(); at += 3) {
    std::string changed = cursor;
    changed[at] = changed[at] == '1' ? '2' : '1';
    const Ended run = ledger_.OnSocket(command + Words{"--cursor", changed});
    EXPECT_THAT(run.status, testing::AnyOf(2, 4)) << changed;
    EXPECT_THAT(run.err, HasSubstr("cursor")) << changed;
    EXPECT_EQ(run.out, "");
  }
  for (const std::string& damaged :
       {cursor + "9", "9" + cursor, cursor.substr(1), cursor.substr(0, cursor.find('@'))}) {
    const Ended run = ledger_.OnSocket(command + Words{"--cursor", damaged});
    EXPECT_THAT(run.status, testing::AnyOf(2, 4)) << damaged;
    EXPECT_EQ(run.out, "");
  }
}

}  // namespace
}  // namespace envledger
