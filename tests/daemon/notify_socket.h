// What the daemon tells systemd, received instead of it.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "ledger/files/file.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// Is $NOTIFY_SOCKET as long as it lives.
class NotifySocket {
 public:
  NotifySocket() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.path() + "/notify";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
  }
  ~NotifySocket() { unsetenv("NOTIFY_SOCKET"); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // The next message; waits for it.
  std::string Next() {
    std::array<char, 4096> buffer{};
    const ssize_t size = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    EXPECT_GE(size, 0);
    return {buffer.data(), static_cast<size_t>(size < 0 ? 0 : size)};
  }

 private:
  TempDir directory_;
  UniqueFd fd_;
};

}  // namespace envledger
