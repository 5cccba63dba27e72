#include "ledger/query/postings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "ledger/index/index_keys.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

struct Listed {
  std::vector<uint64_t> seqs;
  std::optional<size_t> spent_after;  // so many seqs
};

// `limit`: of the effort.
Listed All(const LedgerView& view, Nanos since, Nanos until, bool descending, uint64_t limit = UINT64_MAX) {
  Listed listed;
  Effort effort(limit);
  const auto postings = OpenedPostings(view, since, until, descending, effort);
  EXPECT_TRUE(postings.ok()) << postings.status().ToString();
  auto from = FirstBeyond(std::nullopt, view.tree_size, descending);
  while (postings.ok() && from) {
    const auto seq = (*postings)->Seek(*from);
    EXPECT_TRUE(seq.ok()) << seq.status().ToString();
    if (!seq.ok() || !*seq) break;
    listed.seqs.push_back(**seq);
    from = FirstBeyond(*seq, view.tree_size, descending);
    if (!listed.spent_after && effort.spent()) listed.spent_after = listed.seqs.size();
  }
  return listed;
}

class OpenedPostingsTest : public testing::Test {
 protected:
  OpenedPostingsTest() { ledger_.Open(); }
  void Open(Nanos at) {
    const std::string id = "e" + std::to_string(opened_.size());
    opened_.emplace_back(ledger_.MustAppend({Encoded(Requested(id, "alice", at))}).at(0).seq, at);
  }
  std::vector<uint64_t> Within(Nanos since, Nanos until, bool descending) const {
    std::vector<uint64_t> seqs;
    for (const auto& [seq, at] : opened_) {
      // The greatest end is none.
      if (since <= at && (at < until || until == kEver)) seqs.push_back(seq);
    }
    if (descending) std::reverse(seqs.begin(), seqs.end());
    return seqs;
  }
  void ExpectExact(Nanos since, Nanos until) {
    for (const bool descending : {false, true}) {
      EXPECT_EQ(All(view(), since, until, descending).seqs, Within(since, until, descending))
          << since << " to " << until;
    }
  }
  LedgerView view() { return *ledger_.ledger().CurrentView(); }

  static constexpr Nanos kEver = std::numeric_limits<Nanos>::max();
  TestLedger ledger_;
  std::vector<std::pair<uint64_t, Nanos>> opened_;
};

// In a busy ledger a minute holds thousands of requests: an end of a range within it must not cost an entry read for
// each of them.
TEST_F(OpenedPostingsTest, GiveExactlyWhatLiesInTheRangeHoweverManyAreBesideIt) {
  RandomTraffic random(5);
  // Many in the same few minutes, some at the same time, none in order.
  for (int i = 0; i < 300; ++i) Open(kTestMorning + static_cast<Nanos>(random.Below(200)) * kSecond);
  for (int i = 0; i < 200; ++i) {
    const Nanos since = kTestMorning + static_cast<Nanos>(random.Below(200)) * kSecond + random.Below(2);
    ExpectExact(since, since + static_cast<Nanos>(random.Below(i % 2 == 0 ? 3 : 200)) * kSecond + random.Below(2));
  }
}

TEST_F(OpenedPostingsTest, KnowTheEdgesOfSpansAndOfTime) {
  constexpr Nanos kSpan = Nanos{1} << SpanBits(0);
  const Nanos edge = kTestMorning / kSpan * kSpan;
  const Nanos month = kTestMorning >> SpanBits(3) << SpanBits(3);
  const std::vector<Nanos> times = {0,         1,     edge - 1,  edge,      edge + 1, edge + kSpan - 1, edge + kSpan,
                                    month - 1, month, month + 1, kEver - 1, kEver};
  for (const Nanos at : times) Open(at);
  for (const Nanos since : times) {
    for (const Nanos until : times) {
      ExpectExact(since, until);
      if (until < kEver) ExpectExact(since, until + 1);
    }
  }
}

// Dates without a time put a day's requests into one moment, just beside a range that ends there.
TEST_F(OpenedPostingsTest, StopWithOneBesideTheRangeWhenTheWorkIsDone) {
  const int kMany = 2000;
  std::vector<std::string> batch;
  Open(kTestMorning - 1);
  for (int i = 0; i < kMany; ++i) batch.push_back(Encoded(Requested("m" + std::to_string(i), "alice", kTestMorning)));
  for (size_t at = 0; at < batch.size(); at += 1000) {
    ledger_.MustAppend({batch.begin() + static_cast<std::ptrdiff_t>(at),
                        batch.begin() + static_cast<std::ptrdiff_t>(std::min(at + 1000, batch.size()))});
  }
  EXPECT_EQ(All(view(), kTestMorning - kSecond, kTestMorning, false).seqs.size(), 1u);
  const Listed listed = All(view(), kTestMorning - kSecond, kTestMorning, false, 500);
  EXPECT_EQ(listed.seqs.front(), opened_.front().first);
  EXPECT_EQ(listed.spent_after, 2u) << "what lies in the range, and the first one when the work is done";
  EXPECT_GT(listed.seqs.size(), 1400u);
}

// Whoever may append chooses the times, and a list for each month would be open at once.
TEST_F(OpenedPostingsTest, ReturnAllWhenThereAreRecordsOfVeryManyMonths) {
  constexpr Nanos kMonth = Nanos{1} << SpanBits(kSpanLevels - 1);
  for (size_t month = 0; month < kMostMonths; ++month) Open(static_cast<Nanos>(month + 2) * kMonth);
  ExpectExact(2 * kMonth, kEver);
  Open(0);
  ExpectExact(2 * kMonth, kEver);
  ExpectExact(static_cast<Nanos>(kMostMonths) * kMonth, kEver);
  Open(kMonth);
  EXPECT_EQ(All(view(), 0, kEver, false).seqs.size(), opened_.size());
  const std::vector<uint64_t> some = All(view(), 1, kEver, false).seqs;
  EXPECT_EQ(some.size(), opened_.size()) << "too many months, so it is not told which are in the range";
  ExpectExact(static_cast<Nanos>(kMostMonths) * kMonth, kEver);
}

}  // namespace
}  // namespace envledger
