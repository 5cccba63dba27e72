#include "ledger/audit/postings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

std::vector<uint64_t> All(Postings& postings, bool descending, uint64_t tree_size) {
  std::vector<uint64_t> seqs;
  auto from = FirstBeyond(std::nullopt, tree_size, descending);
  while (from) {
    const auto seq = postings.Seek(*from);
    EXPECT_TRUE(seq.ok()) << seq.status().ToString();
    if (!seq.ok() || !*seq) break;
    seqs.push_back(**seq);
    from = FirstBeyond(*seq, tree_size, descending);
  }
  return seqs;
}

// In a busy ledger a minute holds thousands of requests: an end of a range within it must not cost an entry read for
// each of them.
TEST(OpenedPostingsTest, GiveExactlyWhatLiesInTheRangeHoweverManyAreBesideIt) {
  TestLedger ledger;
  ledger.Open();
  RandomTraffic random(5);
  std::vector<std::pair<uint64_t, Nanos>> opened;
  for (int i = 0; i < 300; ++i) {
    // Many in the same few minutes, some at the same time, none in order.
    const Nanos at = kTestMorning + static_cast<Nanos>(random.Below(200)) * kSecond;
    const auto acks = ledger.MustAppend({Encoded(Requested("e" + std::to_string(i), "alice", at))});
    opened.emplace_back(acks.at(0).seq, at);
  }
  const auto view = ledger.ledger().CurrentView();
  for (int i = 0; i < 400; ++i) {
    const Nanos since = kTestMorning + static_cast<Nanos>(random.Below(200)) * kSecond + random.Below(2);
    const Nanos until = since + static_cast<Nanos>(random.Below(i % 2 == 0 ? 3 : 200)) * kSecond + random.Below(2);
    const bool descending = random.Below(2) == 0;
    std::vector<uint64_t> expected;
    for (const auto& [seq, at] : opened) {
      if (since <= at && at < until) expected.push_back(seq);
    }
    if (descending) std::reverse(expected.begin(), expected.end());
    uint64_t reads = 0;
    const auto postings = OpenedPostings(*view, since, until, descending, &reads);
    ASSERT_TRUE(postings.ok());
    EXPECT_EQ(All(**postings, descending, view->tree_size), expected) << since << " to " << until;
  }
}

}  // namespace
}  // namespace envledger
