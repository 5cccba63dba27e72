// Random traffic with refusals, replays and reopenings: small caches and a short index lag must change nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

void MakeSmall(LedgerOptions& options) {
  options.sealer.head_cache_bytes = 1500;
  options.indexer.writer.totals_bytes = 1;
  options.indexer.writer.batch_entries = 3;
  options.indexer.lazy = std::chrono::milliseconds(0);
  options.sequencer.max_index_lag = 5;
  options.sequencer.group_max_entries = 3;
  options.checkpointer.every_entries = 7;
}

std::string Describe(const AppendResult& result) {
  const Status status = StatusOf(result);
  if (!status.ok()) return status.ToString();
  std::string text;
  for (const Acknowledgment& ack : std::get<AppendResponse>(result).acknowledgments) {
    text += std::to_string(ack.seq) + (ack.replayed ? " again, " : ", ") + std::to_string(ack.envelope_revision) + "; ";
  }
  return text;
}

TEST(TrafficTest, SmallCachesAndAShortIndexLagChangeNothing) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    TestLedger large;
    TestLedger small;
    MakeSmall(small.options);
    large.Open();
    small.Open();
    RandomTraffic traffic(seed);
    std::vector<std::vector<std::string>> sent;
    for (int round = 0; round < 12; ++round) {
      std::vector<std::future<AppendResult>> expected;
      std::vector<std::future<AppendResult>> results;
      for (int i = 0; i < 12; ++i) {
        std::vector<std::string> batch;
        const unsigned what = traffic.Below(8);
        if (what == 0 && !sent.empty()) {
          batch = sent[traffic.Below(static_cast<unsigned>(sent.size()))];
        } else if (what == 1) {  // refused at its end
          batch = {Encoded(Opening("bad" + std::to_string(round), traffic.APrincipal())),
                   Encoded(Later(Stage::kAdmitted, "nobody"))};
        } else {
          batch = traffic.NextBatch();
          sent.push_back(batch);
        }
        expected.push_back(large.Submit(batch));
        results.push_back(small.Submit(batch));
      }
      for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(Describe(results[i].get()), Describe(expected[i].get()));
      if (round % 5 == 4) {
        large.Close();
        small.Close();
        large.Open();
        small.Open();
      }
    }
    large.Close();
    small.Close();
    EXPECT_EQ(TestLedger::Entries(small.data_dir()), TestLedger::Entries(large.data_dir()));
    for (TestLedger* ledger : {&large, &small}) {
      const VerifyReport report = ledger->Verify();
      EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
      EXPECT_GT(report.entries, 200u);
    }
  }
}

TEST(TrafficTest, ManyProducersAtOnceGetDenseSeqsAndAVerifiedLedger) {
  TestLedger ledger;
  MakeSmall(ledger.options);
  ledger.options.sequencer.group_max_entries = 16;
  ledger.Open();
  std::vector<std::thread> producers;
  std::atomic<int> accepted{0};
  for (int producer = 0; producer < 4; ++producer) {
    producers.emplace_back([&, producer] {
      for (int i = 0; i < 40; ++i) {
        const std::string id = "p" + std::to_string(producer) + "-" + std::to_string(i);
        auto first = ledger.Submit({Encoded(Opening(id, User("u" + std::to_string(i % 3))))});
        auto second = ledger.Submit({Encoded(Later(Stage::kAdmitted, id))});
        accepted += StatusOf(first.get()).ok() + StatusOf(second.get()).ok();
        EXPECT_TRUE(i % 10 != 0 || ledger.ledger().CurrentView().ok());
        EXPECT_TRUE(i % 20 != 0 || ledger.ledger().SignNow().ok());
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(accepted, 320);
  ledger.Close();
  const VerifyReport report = ledger.Verify();
  EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  EXPECT_EQ(report.entries, 323u);
}

}  // namespace
}  // namespace envledger
