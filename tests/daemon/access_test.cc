#include "ledger/daemon/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace envledger {
namespace {

using ::testing::HasSubstr;

Peer Someone(uid_t uid, gid_t gid, std::vector<gid_t> groups = {}) {
  return {.uid = uid, .gid = gid, .pid = 1, .groups = std::move(groups)};
}

TEST(AccessList, WithoutRulesLetsInRootAndThisUser) {
  const auto list = AccessList::Parse("append-allow", {});
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->Check(Someone(0, 0)).ok());
  EXPECT_TRUE(list->Check(Someone(getuid(), 12345)).ok());
  const Status refused = list->Check(Someone(12345, 12345));
  EXPECT_EQ(refused.code(), Code::kNotPermitted);
  EXPECT_EQ(refused.rule(), "append-allow");
}

TEST(AccessList, LetsInWhomItNames) {
  const auto list = AccessList::Parse("audit-allow", {"uid:100", "gid:200", "root"});
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_TRUE(list->Check(Someone(100, 1)).ok());
  EXPECT_TRUE(list->Check(Someone(1, 200)).ok());
  EXPECT_TRUE(list->Check(Someone(1, 1, {5, 200})).ok());
  EXPECT_TRUE(list->Check(Someone(0, 1)).ok());
  EXPECT_TRUE(list->Check(Someone(1, 0)).ok()) << "root is a group as well";
  EXPECT_FALSE(list->Check(Someone(200, 100)).ok());
}

TEST(AccessList, ARuleThatNamesNobodyIsRefused) {
  for (const std::string rule : {"no-such-user-or-group", "uid:", "uid:-1", "uid:4294967295", "gid:x", ""}) {
    const auto list = AccessList::Parse("append-allow", {rule});
    EXPECT_EQ(list.status().code(), Code::kInvalidArgument) << rule;
    EXPECT_EQ(list.status().rule(), "append-allow");
    EXPECT_THAT(list.status().message(), HasSubstr("\"" + rule + "\""));
  }
}

TEST(Accounts, AreFoundByNameAndByNumber) {
  EXPECT_EQ(**UserNamed("root"), 0u);
  EXPECT_EQ(**GroupNamed("root"), 0u);
  EXPECT_EQ(**NameOfUser(0), "root");
  EXPECT_FALSE(UserNamed("no-such-user")->has_value());
  EXPECT_FALSE(GroupNamed("no-such-group")->has_value());
  EXPECT_FALSE(NameOfUser(4'000'000'001)->has_value());
}

}  // namespace
}  // namespace envledger
