#include "ledger/daemon/serve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <variant>

#include "ledger/client/audit_client.h"
#include "ledger/service/recovery.h"
#include "ledger/store/layout.h"
#include "tests/daemon/notify_socket.h"
#include "tests/support/chain_builder.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// A thread of this process; fails the test when there is none of this name.
pid_t ThreadNamed(const std::string& name) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(thread.path() / "comm");
    std::string line;
    if (std::getline(comm, line) && line == name) return std::stoi(thread.path().filename());
  }
  ADD_FAILURE() << "no thread is named " << name;
  return 0;
}

class ServeTest : public ::testing::Test {
 protected:
  ServeTest() {
    config_.ledger.data_dir = directory_.path() + "/data";
    config_.ledger.min_free_bytes = 0;
    config_.append_socket = directory_.path() + "/append.sock";
    config_.audit_socket = directory_.path() + "/audit.sock";
    config_.key_path = directory_.path() + "/key";
    const std::string published = PublishedCheckpointPath(config_.ledger.data_dir);
    SystemClock clock;
    EXPECT_TRUE(TestKey().Create(config_.key_path).ok());
    EXPECT_TRUE(InitLedger(config_.ledger.data_dir, kTestOrigin, TestKey(), published, clock).ok());
    pthread_sigmask(SIG_SETMASK, nullptr, &before_);
    BlockSignals();
  }
  ~ServeTest() override { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  TempDir directory_;
  DaemonConfig config_;
  sigset_t before_{};
};

TEST_F(ServeTest, SaysThatItIsReadyWhenItServesAndEndsWithASignal) {
  for (const int number : {SIGTERM, SIGINT}) {
    NotifySocket systemd;
    Status ended = Internal("still serving");
    std::thread serving([&] { ended = Serve(config_); });
    std::string ready = systemd.Next();
    while (ready.find("READY=1") == std::string::npos) ready = systemd.Next();
    EXPECT_THAT(ready, HasSubstr(std::string("serving ") + kTestOrigin));
    const auto client = AuditClient::Connect(config_.audit_socket, std::chrono::seconds(20));
    EXPECT_TRUE(client.ok()) << client.status().ToString();
    // To the thread that waits for signals, because others of the test do not block them.
    ASSERT_EQ(tgkill(getpid(), ThreadNamed("signals"), number), 0);
    std::string stopping = systemd.Next();
    while (stopping.starts_with("STATUS=serving ")) stopping = systemd.Next();
    EXPECT_EQ(stopping, "STOPPING=1");
    serving.join();
    EXPECT_TRUE(ended.ok()) << ended.ToString();
    EXPECT_FALSE(std::filesystem::exists(config_.audit_socket));
  }
  const auto entries = TestLedger::Entries(config_.ledger.data_dir);
  EXPECT_EQ(entries.size(), 5u) << "genesis, and opened and closed twice";
  const auto closed = CheckEntry(entries.back());
  ASSERT_TRUE(closed.ok() && closed->event.has_value());
  EXPECT_EQ(std::get<Closed>(*closed->event).reason, "SIGINT");
}

TEST_F(ServeTest, WhatTheCheckRefusesIsNotServed) {
  EXPECT_TRUE(CheckConfig(config_).ok());
  config_.append_allow = {"nonsense"};
  const Status checked = CheckConfig(config_);
  EXPECT_EQ(checked.code(), Code::kInvalidArgument);
  EXPECT_EQ(Serve(config_).ToString(), checked.ToString());
  EXPECT_EQ(TestLedger::Entries(config_.ledger.data_dir).size(), 1u) << "the genesis";
}

TEST_F(ServeTest, WithoutALedgerNothingIsServed) {
  config_.ledger.data_dir += "/nothing";
  EXPECT_FALSE(Serve(config_).ok());
  EXPECT_FALSE(std::filesystem::exists(config_.ledger.data_dir));
}

}  // namespace
}  // namespace envledger
