#include "ledger/evidence/running_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> SealedTraffic(unsigned seed, int transitions) {
  RandomTraffic traffic(seed);
  std::vector<Transition> all;
  for (int i = 0; i < transitions; ++i) all.push_back(traffic.Next());
  return Seal(Drafts(all));
}

std::vector<QueryRequest> Questions() {
  std::vector<QueryRequest> questions(6);
  questions[0].stages = {Stage::kGranted, Stage::kDenied};
  questions[1].open = true;
  questions[2].narrowed = true;
  questions[3].relations = {Relation::kWidened, Relation::kAdded};
  questions[4].native_id = "pod1";
  RandomTraffic random(7);
  questions[5].principal.emplace().id = random.APrincipal().id;
  return questions;
}

// Of every record in turn, as if all that came before it had been held.
TEST(RunningJudge, SaysOfEveryRecordWhatAllOfItsEnvelopeUpToItSays) {
  for (const size_t max_bytes : {size_t{0}, size_t{600}, RunningJudge::kMaxBytes}) {
    for (const QueryRequest& question : Questions()) {
      MemoryLedger ledger(SealedTraffic(3, 250));
      ledger.records_at_once = 2;
      RunningJudge judge(question, max_bytes);
      std::map<std::string, std::vector<Record>> so_far;
      size_t passed = 0;
      for (const std::string& entry : ledger.entries) {
        const auto record = DecodeRecord(entry);
        if (!record.ok()) continue;
        std::vector<Record>& records = so_far[record->transition.envelope_id];
        records.push_back(*record);
        const auto passes = judge.Passes(ledger, *record);
        ASSERT_TRUE(passes.ok()) << passes.status().ToString();
        ASSERT_EQ(*passes, Matcher(question).Judge(records).has_value()) << "entry " << record->seq;
        if (*passes) ++passed;
        EXPECT_LE(judge.bytes(), max_bytes);
      }
      EXPECT_GT(passed, 0u);
      EXPECT_LT(passed, ledger.entries.size() - 1);
      const bool roomy = max_bytes == RunningJudge::kMaxBytes;
      EXPECT_EQ(ledger.asked.empty(), roomy) << "what was seen from its beginning is remembered";
    }
  }
}

TEST(RunningJudge, AsksForWhatCameBeforeAndThenNoMore) {
  std::vector<Transition> told = {Opening("e")};
  for (int i = 0; i < 5; ++i) told.push_back(Later(Stage::kAnnotated, "e"));
  MemoryLedger ledger(Seal(Drafts(told)));
  QueryRequest question;
  question.open = true;
  RunningJudge judge(question);
  for (size_t seq = 4; seq < ledger.entries.size(); ++seq) {
    EXPECT_TRUE(*judge.Passes(ledger, *DecodeRecord(ledger.entries[seq])));
  }
  EXPECT_EQ(ledger.asked.size(), 1u);
}

TEST(RunningJudge, ARecordThatItsEnvelopeIsAnsweredWithoutCannotBeJudged) {
  MemoryLedger ledger(Seal(Drafts({Opening("e"), Later(Stage::kAnnotated, "e"), Later(Stage::kAnnotated, "e")})));
  const Record last = *DecodeRecord(ledger.entries.back());
  ledger.entries.pop_back();
  RunningJudge judge{QueryRequest{}};
  const auto passes = judge.Passes(ledger, last);
  EXPECT_EQ(passes.status().code(), Code::kCorruption);
  EXPECT_THAT(passes.status().message(), HasSubstr("envelope e was returned without entry 3"));
}

}  // namespace
}  // namespace envledger
