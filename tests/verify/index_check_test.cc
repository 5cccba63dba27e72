#include "ledger/verify/index_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<std::optional<uint64_t>> SeqsOf(const std::vector<VerifyFailure>& failures) {
  std::vector<std::optional<uint64_t>> seqs;
  for (const VerifyFailure& failure : failures) seqs.push_back(failure.seq);
  return seqs;
}

VerifyFailure At(std::optional<uint64_t> seq) { return {seq, "index", "", Verdict::kIncomplete}; }

TEST(FirstFailuresTest, TheFirstBySeqAreKeptInWhateverOrderTheyCame) {
  FirstFailures failures;
  for (uint64_t seq = 10'000; seq-- > 0;) failures.Add(At(seq * 7919 % 10'000));
  const auto seqs = SeqsOf(failures.Take(100));
  ASSERT_THAT(seqs, SizeIs(100));
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(seqs[i], i);
}

TEST(FirstFailuresTest, WhatIsOfNoEntryComesLast) {
  FirstFailures failures;
  for (int i = 0; i < 1000; ++i) failures.Add(At(std::nullopt));
  FirstFailures others;
  others.Add(At(8));
  others.Add(At(3));
  failures.Add(std::move(others));
  EXPECT_THAT(SeqsOf(failures.Take(3)), ElementsAre(3, 8, std::nullopt));
}

TEST(FirstFailuresTest, FewAreAllKept) {
  FirstFailures failures;
  failures.Add(At(std::nullopt));
  failures.Add(At(1));
  EXPECT_THAT(failures.Take(100), SizeIs(2));
}

}  // namespace
}  // namespace envledger
