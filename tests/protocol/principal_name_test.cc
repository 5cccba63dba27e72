#include "ledger/protocol/principal_name.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

TEST(PrincipalName, IsAKindAndAnIdOrAnIdAlone) {
  const auto plain = ParsePrincipalName("alice");
  EXPECT_EQ(plain->filter.kind, PrincipalKind::kUnspecified);
  EXPECT_EQ(plain->filter.id, "alice");
  EXPECT_FALSE(plain->whole);
  const auto kind = ParsePrincipalName("agent:aria");
  EXPECT_EQ(kind->filter.kind, PrincipalKind::kAgent);
  EXPECT_EQ(kind->filter.id, "aria");
  EXPECT_EQ(kind->whole, "agent:aria");
  EXPECT_EQ(ParsePrincipalName("https://x.example/alice")->filter.id, "https://x.example/alice");
  const auto exact = ParsePrincipalName(":system:kube-scheduler");
  EXPECT_EQ(exact->filter.kind, PrincipalKind::kUnspecified);
  EXPECT_EQ(exact->filter.id, "system:kube-scheduler");
  EXPECT_FALSE(exact->whole);
  EXPECT_EQ(ParsePrincipalName("user:").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ParsePrincipalName(":").status().code(), Code::kInvalidArgument);
}

TEST(PrincipalName, HasASecondReadingWhereItBeginsWithAKind) {
  EXPECT_EQ(ParsePrincipalName("alice")->Readings().size(), 1u);
  PrincipalName name = *ParsePrincipalName("system:serviceaccount:web");
  name.filter.issuer = "k8s";
  name.filter.roles = kRequester;
  const std::vector<PrincipalFilter> readings = name.Readings();
  ASSERT_EQ(readings.size(), 2u);
  EXPECT_EQ(readings[0].kind, PrincipalKind::kSystem);
  EXPECT_EQ(readings[0].id, "serviceaccount:web");
  EXPECT_EQ(readings[1].kind, PrincipalKind::kUnspecified);
  EXPECT_EQ(readings[1].id, "system:serviceaccount:web");
  for (const PrincipalFilter& reading : readings) {
    EXPECT_EQ(reading.issuer, "k8s");
    EXPECT_EQ(reading.roles, kRequester);
  }
}

}  // namespace
}  // namespace envledger
