// A client of the server that sends exactly the bytes that a test gives it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/files/file.h"
#include "ledger/transport/frame.h"
#include "ledger/transport/socket.h"

namespace envledger {

inline std::string Framed(std::string_view body) {
  return FrameHeader(static_cast<uint32_t>(body.size())) + std::string(body);
}

class RawClient {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  RawClient() = default;
  // Not open() if nothing listens at `path`, or if the queue stays full.
  explicit RawClient(const std::string& path) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    do {
      Result<UniqueFd> fd = ConnectUnix(path);
      if (fd.ok()) fd_ = *std::move(fd);
    } while (!fd_.valid() && errno == EAGAIN && std::chrono::steady_clock::now() < deadline);
  }

  bool open() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  void Close() { UniqueFd closing = std::move(fd_); }
  void EndWriting() { shutdown(fd_.get(), SHUT_WR); }

  // Writes all bytes. False if the peer closed the connection, or read nothing for too long.
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t written = WriteSome(bytes);
      if (written == 0 && !Wait(POLLOUT)) return false;
      if (failed_) return false;
      bytes.remove_prefix(written);
    }
    return true;
  }
  // Writes as much as the socket accepts without waiting.
  size_t WriteSome(std::string_view bytes) {
    const ssize_t written = send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) failed_ = true;
    return written < 0 ? 0 : static_cast<size_t>(written);
  }
  bool WriteFrame(std::string_view body) { return Write(Framed(body)); }

  // The body of the next frame; nothing if the peer closed the connection first.
  std::optional<std::string> ReadFrame() {
    const std::optional<std::string> header = ReadExactly(kFrameHeaderBytes);
    if (!header) return std::nullopt;
    return ReadExactly(FrameSize(*header));
  }
  // Whether the peer closes the connection; bytes that arrive before are dropped.
  bool ReadToEnd() {
    char chunk[65536];
    for (;;) {
      if (!Wait(POLLIN)) return false;
      if (recv(fd_.get(), chunk, sizeof chunk, 0) <= 0) return true;
    }
  }

 private:
  std::optional<std::string> ReadExactly(size_t size) {
    std::string bytes(size, '\0');
    for (size_t have = 0; have < size;) {
      if (!Wait(POLLIN)) return std::nullopt;
      const ssize_t count = recv(fd_.get(), bytes.data() + have, size - have, 0);
      if (count <= 0) return std::nullopt;
      have += static_cast<size_t>(count);
    }
    return bytes;
  }
  bool Wait(short events) {
    pollfd entry{.fd = fd_.get(), .events = events, .revents = 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    return poll(&entry, 1, static_cast<int>(patience.count())) > 0;
  }

  UniqueFd fd_;
  bool failed_ = false;
};

}  // namespace envledger
