// Against sockets of the test's own. With systemd's units: tests/systemd; with a started daemon:
// tests/end_to_end/activation_test.cc.
#include "ledger/daemon/systemd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "ledger/transport/socket.h"
#include "tests/daemon/notify_socket.h"
#include "tests/support/temp_dir.h"

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
