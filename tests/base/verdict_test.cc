#include "ledger/base/verdict.h"

#include <gtest/gtest.h>

#include <set>

namespace envledger {
namespace {

// From the best to the worst.
constexpr Verdict kInOrder[] = {Verdict::kValid,    Verdict::kUnanchored, Verdict::kIncomplete,
                                Verdict::kWrongKey, Verdict::kTruncated,  Verdict::kTampered};

TEST(VerdictTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Verdict verdict : kInOrder) names.insert(Name(verdict));
  EXPECT_EQ(names,
            (std::set<std::string_view>{"VALID", "UNANCHORED", "TRUNCATED", "TAMPERED", "INCOMPLETE", "WRONG_KEY"}));
}

TEST(VerdictTest, OnlyTheFirstTwoPass) {
  for (const Verdict verdict : kInOrder) {
    EXPECT_EQ(IsPass(verdict), verdict == Verdict::kValid || verdict == Verdict::kUnanchored) << Name(verdict);
  }
}

TEST(VerdictTest, TheWorseOfTwoIsTheSameInEitherOrder) {
  for (size_t i = 0; i < std::size(kInOrder); ++i) {
    for (size_t j = 0; j < std::size(kInOrder); ++j) {
      EXPECT_EQ(Worse(kInOrder[i], kInOrder[j]), kInOrder[std::max(i, j)]);
    }
  }
}

}  // namespace
}  // namespace envledger
