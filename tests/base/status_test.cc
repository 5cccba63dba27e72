#include "ledger/base/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>

namespace envledger {
namespace {

TEST(Status, IsOkUnlessItSaysOtherwise) {
  EXPECT_TRUE(Status().ok());
  EXPECT_TRUE(Ok().ok());
  EXPECT_EQ(Ok().ToString(), "ok");
  const Status status(Code::kConflict, "legal-move", "denied cannot follow granted");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kConflict);
  EXPECT_EQ(status.rule(), "legal-move");
  EXPECT_EQ(status.message(), "denied cannot follow granted");
}

TEST(Status, ReadsAsASentence) {
  EXPECT_EQ(Conflict("legal-move", "no").ToString(), "conflict (legal-move): no");
  EXPECT_EQ(InvalidField("scope.kind", "no").ToString(), "invalid argument (scope.kind): no");
  EXPECT_EQ(InvalidArgument("no").ToString(), "invalid argument: no");
  EXPECT_EQ(NotFound("").ToString(), "not found");
}

TEST(Status, EachMakerHasItsCode) {
  EXPECT_EQ(InvalidArgument("").code(), Code::kInvalidArgument);
  EXPECT_EQ(InvalidField("", "").code(), Code::kInvalidArgument);
  EXPECT_EQ(NotFound("").code(), Code::kNotFound);
  EXPECT_EQ(Conflict("", "").code(), Code::kConflict);
  EXPECT_EQ(Unavailable("").code(), Code::kUnavailable);
  EXPECT_EQ(Corruption("").code(), Code::kCorruption);
  EXPECT_EQ(Internal("").code(), Code::kInternal);
}

TEST(Status, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Code::kInternal) + 1; ++i) names.insert(CodeName(static_cast<Code>(i)));
  EXPECT_EQ(names.size(), 11u);
  EXPECT_EQ(CodeName(static_cast<Code>(200)), "unknown code");
}

TEST(Status, ContextGoesBeforeTheMessageAndOkStaysOk) {
  const Status status = Conflict("rule", "inner").Prepend("outer: ");
  EXPECT_EQ(status.ToString(), "conflict (rule): outer: inner");
  EXPECT_EQ(Ok().Prepend("outer: ").ToString(), "ok");
}

TEST(Status, CarriesTheVerdictOfAFailedVerification) {
  EXPECT_FALSE(Corruption("a damaged block").verdict().has_value());
  const Status status(Verdict::kTampered, "entry 4 is missing");
  EXPECT_EQ(status.verdict(), Verdict::kTampered);
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_EQ(status.message(), "entry 4 is missing");
  const Status outer = Status(status).Prepend("the log: ");
  EXPECT_EQ(outer.verdict(), Verdict::kTampered);
  EXPECT_EQ(outer.ToString(), "TAMPERED: the log: entry 4 is missing");
}

TEST(Status, OfASystemErrorSaysWhatAndWhy) {
  EXPECT_EQ(FromErrno(ENOENT, "open x").ToString(), "not found: open x: No such file or directory");
  EXPECT_EQ(FromErrno(EACCES, "open x").ToString(), "unavailable: open x: Permission denied");
}

TEST(Result, HoldsAValueOrTheReasonWhyNot) {
  Result<std::string> value(std::string("v"));
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(value.status().ok());
  EXPECT_EQ(*value, "v");
  EXPECT_EQ(value->size(), 1u);
  value->push_back('w');
  EXPECT_EQ(*std::move(value), "vw");

  Result<std::string> error(NotFound("n"));
  EXPECT_FALSE(error.ok());
  EXPECT_EQ(error.status().ToString(), "not found: n");
  const Status moved = std::move(error).status();
  EXPECT_EQ(moved.ToString(), "not found: n");
}

Result<std::unique_ptr<int>> Owned(int value) {
  if (value < 0) return InvalidArgument("negative");
  return std::make_unique<int>(value);
}

Status Sum(int a, int b, int& sum) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, Owned(a));
  ENVLEDGER_ASSIGN_OR_RETURN(const std::unique_ptr<int> second, Owned(b));
  sum = *first + *second;
  return Ok();
}

Result<int> Twice(int a) {
  int sum = 0;
  ENVLEDGER_RETURN_IF_ERROR(Sum(a, a, sum));
  return sum;
}

TEST(Result, MacrosReturnTheFirstErrorAndMoveValues) {
  int sum = 0;
  EXPECT_TRUE(Sum(1, 2, sum).ok());
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(Sum(1, -2, sum).ToString(), "invalid argument: negative");
  EXPECT_EQ(Sum(-1, 2, sum).ToString(), "invalid argument: negative");
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(*Twice(4), 8);
  EXPECT_EQ(Twice(-4).status().ToString(), "invalid argument: negative");
}

}  // namespace
}  // namespace envledger
