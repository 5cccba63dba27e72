// Against sockets of the test's own. With systemd's units: tests/systemd; with a started daemon:
// tests/end_to_end/activation_test.cc.
#include "ledger/daemon/systemd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "ledger/transport/socket.h"
#include "tests/daemon/notify_socket.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::seconds;

TEST(Notify, TellsStatesAsSystemdReadsThem) {
  NotifySocket systemd;
  NotifyReady("serving");
  EXPECT_EQ(systemd.Next(), "READY=1\nSTATUS=serving");
  NotifyStatus("reading");
  EXPECT_EQ(systemd.Next(), "STATUS=reading");
  NotifyBusy("rebuilding", seconds(90));
  EXPECT_EQ(systemd.Next(), "STATUS=rebuilding\nEXTEND_TIMEOUT_USEC=90000000");
  NotifyStopping();
  EXPECT_EQ(systemd.Next(), "STOPPING=1");
}

class WatchdogTest : public ::testing::Test {
 protected:
  // As systemd asks this process.
  WatchdogTest() { EXPECT_EQ(setenv("WATCHDOG_USEC", "3000", 1), 0); }
  ~WatchdogTest() override { unsetenv("WATCHDOG_USEC"); }
  // The next message that is not a sign of life.
  std::string NextStatus() {
    for (;;) {
      std::string message = systemd_.Next();
      if (message != "WATCHDOG=1") return message;
    }
  }
  static std::string Nothing(std::chrono::milliseconds) { return {}; }

  NotifySocket systemd_;
};

TEST_F(WatchdogTest, SaysThatTheDaemonWorksAsLongAsEveryPartAnswers) {
  std::atomic<bool> hangs = false;
  std::atomic<int> asked = 0;
  const Watchdog watchdog(
      [&](std::chrono::milliseconds) {
        ++asked;
        return hangs ? std::string("the wheel") : std::string();
      },
      [] { return std::string("serving"); });
  EXPECT_EQ(systemd_.Next(), "STATUS=serving");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(systemd_.Next(), "WATCHDOG=1");
  hangs = true;
  EXPECT_EQ(NextStatus(), "STATUS=the wheel does not answer");
  const int before = asked;
  EXPECT_TRUE(WaitUntil([&] { return asked > before + 3; }, seconds(20)));
  hangs = false;
  EXPECT_EQ(systemd_.Next(), "STATUS=serving") << "nothing in between said that it works";
  EXPECT_EQ(systemd_.Next(), "WATCHDOG=1");
}

TEST_F(WatchdogTest, TellsWhatIsWrongWithADaemonThatWorks) {
  std::atomic<bool> full = false;
  const Watchdog watchdog(Nothing, [&] { return std::string(full ? "serving; the disk is full" : "serving"); });
  EXPECT_EQ(NextStatus(), "STATUS=serving");
  full = true;
  EXPECT_EQ(NextStatus(), "STATUS=serving; the disk is full");
  EXPECT_EQ(systemd_.Next(), "WATCHDOG=1") << "a restart would not help";
}

TEST_F(WatchdogTest, WithoutAWatchdogOnlyTheStatusIsTold) {
  unsetenv("WATCHDOG_USEC");
  std::atomic<int> described = 0;
  const Watchdog watchdog(
      Nothing, [&] { return std::to_string(described++ / 3); }, std::chrono::milliseconds(1));
  for (const char* status : {"0", "1", "2"}) EXPECT_EQ(systemd_.Next(), std::string("STATUS=") + status);
}

class ActivationTest : public ::testing::Test {
 protected:
  // Passes the descriptors under these names as systemd does, to a process of its own, because their numbers are fixed.
  // Whether `check` holds there.
  static bool InActivated(const std::vector<int>& fds, const std::string& names,
                          const std::function<bool(const Result<ActivatedSockets>&)>& check) {
    const pid_t child = fork();
    if (child == 0) {
      std::vector<int> moved;
      for (const int fd : fds) moved.push_back(fcntl(fd, F_DUPFD, 100));
      for (size_t i = 0; i < moved.size(); ++i) dup2(moved[i], SD_LISTEN_FDS_START + static_cast<int>(i));
      setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
      setenv("LISTEN_FDS", std::to_string(fds.size()).c_str(), 1);
      setenv("LISTEN_FDNAMES", names.c_str(), 1);
      const auto taken = TakeActivatedSockets();
      const bool cleared = getenv("LISTEN_FDS") == nullptr && getenv("LISTEN_FDNAMES") == nullptr;
      _exit(check(taken) && cleared ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  static bool Refused(const Result<ActivatedSockets>& taken) { return taken.status().code() == Code::kInvalidArgument; }

  UniqueFd Listening(const std::string& name) {
    auto fd = ListenUnix(directory_.path() + "/" + name, 0600, 8);
    EXPECT_TRUE(fd.ok()) << fd.status().ToString();
    return *std::move(fd);
  }
  TempDir directory_;
};

TEST_F(ActivationTest, SocketsAreToldApartByTheirNamesInAnyOrder) {
  const UniqueFd append = Listening("append");
  const UniqueFd audit = Listening("audit");
  EXPECT_TRUE(InActivated({audit.get(), append.get()}, "audit:append", [](const auto& taken) {
    return taken.ok() && taken->audit.get() == SD_LISTEN_FDS_START && taken->append.get() == SD_LISTEN_FDS_START + 1;
  }));
  EXPECT_TRUE(InActivated({audit.get()}, "audit", [](const auto& taken) {
    return taken.ok() && taken->audit.valid() && !taken->append.valid();
  }));
}

TEST_F(ActivationTest, UnknownAndRepeatedNamesAreRefused) {
  const UniqueFd one = Listening("one");
  const UniqueFd other = Listening("other");
  EXPECT_TRUE(InActivated({one.get()}, "query", Refused));
  EXPECT_TRUE(InActivated({one.get(), other.get()}, "append:append", Refused));
}

TEST_F(ActivationTest, WhatIsNoListeningStreamSocketIsRefused) {
  int connected[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, connected), 0);
  EXPECT_TRUE(InActivated({connected[0]}, "append", Refused));
  close(connected[0]);
  close(connected[1]);
  const UniqueFd datagrams(socket(AF_UNIX, SOCK_DGRAM, 0));
  EXPECT_TRUE(InActivated({datagrams.get()}, "append", Refused));
}

TEST_F(ActivationTest, WithoutItThereAreNone) {
  const auto none = TakeActivatedSockets();
  ASSERT_TRUE(none.ok()) << none.status().ToString();
  EXPECT_FALSE(none->append.valid() || none->audit.valid());
}

}  // namespace
}  // namespace envledger
