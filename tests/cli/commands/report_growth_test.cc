// Reports of a ledger that grows while it is asked, page by page: an honest one holds whatever comes meanwhile.
#include <gtest/gtest.h>

#include "ledger/files/file.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/chain_builder.h"
#include "tests/support/growing_ledger.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"

namespace envledger::cli {
namespace {

class ReportGrowth : public testing::Test {
 protected:
  ReportGrowth() { ledger_.Open(); }

  int Run(const std::vector<std::string>& words, const std::function<void()>& grow = {},
          const std::function<void(QueryResponse&)>& spoil = {}) {
    World world;
    world.context.open_ledger = [&](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      return std::unique_ptr<LedgerReader>(std::make_unique<Growing>(ledger_, grow, spoil));
    };
    const int status = world.Run(words);
    out_ = world.out.str();
    err_ = world.err.str();
    return status;
  }
  int Report(std::vector<std::string> filters, const std::function<void()>& grow = {},
             const std::function<void(QueryResponse&)>& spoil = {}) {
    filters.insert(filters.begin(), {"report", "--output", path()});
    return Run(filters, grow, spoil);
  }
  int Verify() { return Run({"report", "verify", path(), "--vkey", vkey_}); }
  void Append(const Transition& transition) { ledger_.MustAppend({Encoded(transition)}); }
  std::string path() const { return directory_.path() + "/report.html"; }

  const std::string vkey_ = FormatVerifierKey(TestVerifierKey());
  TestLedger ledger_;
  TempDir directory_;
  std::string out_;
  std::string err_;
};

// alice decides on what the first page has shown already, and asks for more, which the second page shows.
TEST_F(ReportGrowth, APrincipalsLinksAreThoseOfTheTreeOfTheFirstPage) {
  for (int i = 0; i < 3; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  int calls = 0;
  const auto grow = [&] {
    // The name is resolved, the first page is answered, then this comes.
    if (++calls != 3) return;
    Append(GrantedGpus("env-0", "4"));
    Transition cancelled = Later(Stage::kCancelled, "env-0");
    cancelled.decision->decider = User("alice");
    Append(cancelled);
    Append(Requested("env-3", User("alice"), kMorning));
  };
  ASSERT_EQ(Report({"--principal", "user:alice"}, grow), 0) << err_;
  EXPECT_NE(err_.find("4 envelopes, 4 entries"), std::string::npos) << err_;
  EXPECT_EQ(Verify(), 0) << err_;
  EXPECT_NE(out_.find("The 3 records of user:alice"), std::string::npos) << out_;
  EXPECT_NE(out_.find("among the first 5 entries."), std::string::npos) << "with two of the ledger's own: " << out_;
}

TEST_F(ReportGrowth, AnEnvelopeLeftOutIsMissedAllTheSame) {
  for (int i = 0; i < 5; ++i) Append(Requested("env-" + std::to_string(i), User("alice"), kMorning));
  int opened = 5;
  const auto grow = [&] {
    if (opened < 9) Append(Requested("env-" + std::to_string(opened++), User("alice"), kMorning));
  };
  const auto hide = [](QueryResponse& answer) {
    std::erase_if(answer.envelopes, [](const EnvelopeRecords& records) { return records.envelope_id == "env-1"; });
  };
  ASSERT_EQ(Report({"--principal", "user:alice"}, grow, hide), 0) << err_;
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("record 2 of user:alice"), std::string::npos) << err_;
}

TEST_F(ReportGrowth, AnHonestLedgersReportHoldsWhateverIsAppendedMeanwhile) {
  RandomTraffic traffic(1);
  for (int i = 0; i < 60; ++i) Append(traffic.Next());
  RandomTraffic random(2);
  uint64_t whole = 0;
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> words = {"--principal", random.APrincipal().id};
    const auto add = [&](unsigned one_in, std::vector<std::string> more) {
      if (random.Below(one_in) == 0) words.insert(words.end(), more.begin(), more.end());
    };
    add(3, {"--open"});
    add(2, {"--order", "desc"});
    add(4, {"--limit", std::to_string(1 + random.Below(8))});
    std::string text;
    for (const std::string& word : words) text += word + " ";
    SCOPED_TRACE(std::to_string(i) + ": " + text);
    int left = 8;
    const auto grow = [&] {
      if (random.Below(2) == 0 && left-- > 0) Append(traffic.Next());
    };
    const int status = Report(words, grow);
    if (status == 3) continue;  // nobody of that name yet
    ASSERT_EQ(status, 0) << err_;
    ASSERT_EQ(Verify(), 0) << err_;
    whole += out_.find("numbered without a gap") == std::string::npos ? 0 : 1;
  }
  EXPECT_GT(whole, 10u);
}

}  // namespace
}  // namespace envledger::cli
