#include "ledger/daemon/permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PermissionsTest : public ::testing::Test {
 protected:
  PermissionsTest() {
    config_.ledger.data_dir = In("data");
    config_.append_socket = In("append.sock");
    config_.audit_socket = In("audit.sock");
    fs::create_directories(In("data/log"));
    fs::create_directories(In("data/index"));
    for (const char* name : {"data", "data/log", "data/index"}) SetMode(name, 0700);
  }
  std::string In(const std::string& name) const { return directory_.path() + "/" + name; }
  void SetMode(const std::string& name, mode_t mode) { ASSERT_EQ(chmod(In(name).c_str(), mode), 0) << name; }
  std::vector<std::string> Warnings() {
    const auto warnings = CheckPermissions(config_);
    EXPECT_TRUE(warnings.ok()) << warnings.status().ToString();
    return warnings.ok() ? *warnings : std::vector<std::string>{"refused"};
  }
  void ExpectRefused(const std::string& rule, const std::string& what) {
    const auto refused = CheckPermissions(config_);
    EXPECT_EQ(refused.status().code(), Code::kNotPermitted) << what;
    EXPECT_EQ(refused.status().rule(), rule);
    EXPECT_THAT(refused.status().message(), HasSubstr(what));
  }

  TempDir directory_;
  DaemonConfig config_;
};

TEST_F(PermissionsTest, WhatIsTheDaemonsAloneIsFine) { EXPECT_THAT(Warnings(), IsEmpty()); }

TEST_F(PermissionsTest, AGroupMayReadTheLedger) {
  SetMode("data", 0750);
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(PermissionsTest, ADirectoryThatOthersCanWriteIsRefused) {
  for (const std::string name : {"data", "data/log", "data/index"}) {
    for (const mode_t mode : {0777, 0770, 0720, 0702, 01777}) {
      SetMode(name, mode);
      ExpectRefused("data-dir", In(name) + " can be written by users other than its owner");
    }
    SetMode(name, 0700);
  }
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(PermissionsTest, ADirectoryOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_EQ(chown(In("data").c_str(), 65534, 65534), 0);
  ExpectRefused("data-dir", "belongs to uid 65534");
}

TEST_F(PermissionsTest, ADirectoryThatEverybodyCanReadIsWarnedOf) {
  SetMode("data", 0755);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("everybody can look into the data directory " + In("data"))));
}

TEST_F(PermissionsTest, ADirectoryThatIsNotThereYetIsNobodysBusiness) {
  config_.ledger.data_dir = In("nothing");
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(PermissionsTest, APlaceWhereEverybodyCouldExchangeThingsIsWarnedOf) {
  fs::create_directories(In("open/below/it"));
  SetMode("open", 0777);
  config_.append_socket = In("open/append.sock");
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("put another socket at " + In("open/append.sock"))));
  config_.append_socket = In("append.sock");
  config_.ledger.checkpointer.publish_path = In("open/below/it/checkpoint");
  EXPECT_THAT(Warnings(),
              ElementsAre(HasSubstr("everybody can write in " + In("open") + ", and so put another check")));
  SetMode("open", 01777);
  EXPECT_THAT(Warnings(), IsEmpty()) << "there only owners can rename and remove";
}

TEST_F(PermissionsTest, ALinkIsFollowedToWhatItLeadsTo) {
  fs::create_directories(In("open/real"));
  SetMode("open/real", 0700);
  SetMode("open", 0777);
  fs::create_directory_symlink(In("open/real"), In("linked"));
  config_.ledger.data_dir = In("linked");
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("everybody can write in " + In("open"))));
  SetMode("open/real", 0777);
  ExpectRefused("data-dir", "can be written");
}

TEST_F(PermissionsTest, AConfigurationThatEverybodyCanWriteIsRefused) {
  config_.config_path = In("conf");
  std::ofstream(config_.config_path) << "\n";
  SetMode("conf", 0664);
  EXPECT_THAT(Warnings(), IsEmpty());
  SetMode("conf", 0666);
  ExpectRefused("config", "everybody can write the configuration file " + In("conf"));
}

}  // namespace
}  // namespace envledger
