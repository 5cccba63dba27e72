#include "ledger/daemon/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/chain_builder.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PrepareTest : public ::testing::Test {
 protected:
  PrepareTest() {
    config_.ledger.data_dir = In("data");
    config_.append_socket = In("append.sock");
    config_.audit_socket = In("audit.sock");
    config_.key_path = In("key");
    EXPECT_TRUE(TestKey().Create(config_.key_path).ok());
  }
  void TearDown() override { unsetenv("CREDENTIALS_DIRECTORY"); }
  std::string In(const std::string& name) const { return directory_.path() + "/" + name; }
  void ExpectRefused(Code code, const std::string& words) {
    const auto prepared = Prepare(config_);
    EXPECT_EQ(prepared.status().code(), code) << prepared.status().ToString();
    EXPECT_THAT(prepared.status().ToString(), HasSubstr(words));
  }

  TempDir directory_;
  DaemonConfig config_;
};

TEST_F(PrepareTest, LoadsTheKeyAndWritesNothing) {
  const auto prepared = Prepare(config_);
  ASSERT_TRUE(prepared.ok()) << prepared.status().ToString();
  EXPECT_EQ(prepared->key.key.public_key(), TestKey().public_key());
  EXPECT_THAT(prepared->warnings, IsEmpty());
  EXPECT_FALSE(fs::exists(config_.ledger.data_dir));
  EXPECT_FALSE(fs::exists(config_.append_socket));
}

TEST_F(PrepareTest, NamesTheSocketThatCannotBe) {
  const std::string too_long = In(std::string(200, 'x'));
  const std::string usable = config_.append_socket;
  config_.append_socket = too_long;
  ExpectRefused(Code::kInvalidArgument, "append-socket");
  config_.append_socket = usable;
  config_.audit_socket = too_long;
  ExpectRefused(Code::kInvalidArgument, "audit-socket");
}

TEST_F(PrepareTest, NamesTheListThatCannotBeRead) {
  config_.append_allow = {"user:"};
  ExpectRefused(Code::kInvalidArgument, "append-allow");
  config_.append_allow.clear();
  config_.audit_allow = {"nonsense"};
  ExpectRefused(Code::kInvalidArgument, "audit-allow");
}

TEST_F(PrepareTest, ADirectoryThatOthersCanWriteIsRefusedAndOneThatTheyCanReadIsWarnedOf) {
  fs::create_directory(config_.ledger.data_dir);
  ASSERT_EQ(chmod(config_.ledger.data_dir.c_str(), 0755), 0);
  const auto warned = Prepare(config_);
  ASSERT_TRUE(warned.ok()) << warned.status().ToString();
  EXPECT_THAT(warned->warnings, SizeIs(1));
  ASSERT_EQ(chmod(config_.ledger.data_dir.c_str(), 0777), 0);
  EXPECT_FALSE(Prepare(config_).ok());
}

TEST_F(PrepareTest, WithoutAConfiguredKeyThatOfTheCredentialsIsTaken) {
  const std::string credentials = In("credentials");
  fs::create_directory(credentials);
  ASSERT_TRUE(TestKey(2).Create(credentials + "/" + kCredentialName).ok());
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", credentials.c_str(), 1), 0);
  EXPECT_EQ(Prepare(config_)->key.key.public_key(), TestKey(1).public_key()) << "the configured one comes first";
  config_.key_path.clear();
  const auto prepared = Prepare(config_);
  ASSERT_TRUE(prepared.ok()) << prepared.status().ToString();
  EXPECT_EQ(prepared->key.key.public_key(), TestKey(2).public_key());
}

TEST_F(PrepareTest, WithoutAKeyNothingIsPrepared) {
  fs::remove(config_.key_path);
  EXPECT_FALSE(Prepare(config_).ok());
}

TEST_F(PrepareTest, TheDescriptorsThatConnectionsLeaveAreDividedAmongTheDatabases) {
  config_.append_limits.max_connections = config_.audit_limits.max_connections = 1000;
  const auto tables = TableFiles(4128, config_);
  ASSERT_TRUE(tables.ok()) << tables.status().ToString();
  EXPECT_EQ(*tables, 1000);
  const auto too_few = TableFiles(2200, config_);
  EXPECT_EQ(too_few.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(too_few.status().rule(), "max-connections");
  EXPECT_THAT(too_few.status().message(), testing::HasSubstr("2256 descriptors"));
  EXPECT_TRUE(TableFiles(2256, config_).ok());
}

}  // namespace
}  // namespace envledger
