// Answers from the entries alone. That they are those of the indexes is tested in query_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/query/answer.h"
#include "ledger/store/layout.h"
#include "tests/query/pages.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The log of a closed ledger, without any index. Entries 0 and 1 are events; then "e0" to "e4" are opened, and then
// admitted in the same order.
class ScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.Open();
    for (int i = 0; i < 5; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
    for (int i = 0; i < 5; ++i) ledger_.MustAppend({Encoded(Later(Stage::kAdmitted, "e" + std::to_string(i)))});
    ledger_.Close();
  }
  Answer Scan(const QueryRequest& request, const AnswerLimits& limits = {}) {
    auto log = LogDb::OpenReadOnly(LogPath(ledger_.data_dir()), {});
    EXPECT_TRUE(log.ok()) << log.status().ToString();
    LedgerView view;
    view.log = log->get();
    view.index = EmptyReader();
    view.tree_size = (*log)->size();
    QueryRequest scan = request;
    scan.scan = true;
    return Ask(view, scan, limits);
  }
  void Damage(uint64_t seq, const std::string& bytes) {
    PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(seq), bytes);
  }

  TestLedger ledger_;
};

TEST_F(ScanTest, NeedsNoIndex) {
  const Answer all = Scan({});
  EXPECT_TRUE(all.complete) << all.problem;
  EXPECT_THAT(Ids(all.envelopes), ElementsAre("e0", "e1", "e2", "e3", "e4"));
  for (const EnvelopeRecords& envelope : all.envelopes) EXPECT_EQ(envelope.entries.size(), 2u);
  QueryRequest none;
  none.tenant = "nobody";
  EXPECT_THAT(Scan(none).envelopes, IsEmpty());
}

TEST_F(ScanTest, PagesGoOnWhereTheyEndedInEitherDirection) {
  for (const size_t most : {1u, 2u, 5u}) {
    AnswerLimits limits;
    limits.max_envelopes = most;
    QueryRequest request;
    EXPECT_THAT(Ids(Scan(request, limits).envelopes), ElementsAre("e0", "e1", "e2", "e3", "e4")) << most;
    request.descending = true;
    EXPECT_THAT(Ids(Scan(request, limits).envelopes), ElementsAre("e4", "e3", "e2", "e1", "e0")) << most;
  }
  AnswerLimits limits;
  limits.max_scanned = 1;
  EXPECT_THAT(Ids(Scan({}, limits).envelopes), ElementsAre("e0", "e1", "e2", "e3", "e4"));
}

TEST_F(ScanTest, AMissingEntryMakesTheAnswerIncompleteAndTheRestIsStillAnswered) {
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(4));  // opens e2
  for (const bool descending : {false, true}) {
    QueryRequest request;
    request.descending = descending;
    const Answer answer = Scan(request);
    EXPECT_FALSE(answer.complete);
    EXPECT_THAT(answer.problem, HasSubstr("entry 4 is missing"));
    std::vector<std::string> expected = {"e0", "e1", "e3", "e4"};
    if (descending) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(Ids(answer.envelopes), expected);
  }
}

TEST_F(ScanTest, AMalformedEntryIsNamed) {
  Damage(8, "no entry");  // admits e1
  const Answer answer = Scan({});
  EXPECT_FALSE(answer.complete);
  EXPECT_THAT(answer.problem, HasSubstr("entry 8: "));
  EXPECT_THAT(Ids(answer.envelopes), ElementsAre("e0", "e1", "e2", "e3", "e4"));
}

TEST_F(ScanTest, AHoleInAnEnvelopeIsAProblemOfIt) {
  ledger_.Open();
  const uint64_t granted = ledger_.MustAppend({Encoded(Grant("e3"))}).at(0).seq;
  ledger_.Close();
  // The admission is replaced by another entry, so no number is missing from the log.
  Damage(10, TestLedger::Entries(ledger_.data_dir())[1]);
  const Answer answer = Scan({});
  EXPECT_FALSE(answer.complete);
  EXPECT_THAT(answer.problem, HasSubstr("envelope e3: revision 1 is missing (entry " + std::to_string(granted)));
}

}  // namespace
}  // namespace envledger
