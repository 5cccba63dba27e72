#include "ledger/client/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "ledger/transport/socket.h"

namespace envledger {

namespace {
constexpr size_t kChunkBytes = 64 << 10;
// Far larger than any page that a daemon sends, and small enough to be harmless. Memory grows only with the bytes
// received.
constexpr uint32_t kMaxAnswerBytes = 64 << 20;
}  // namespace

Channel::Channel(UniqueFd fd) : fd_(std::move(fd)), reader_(kMaxAnswerBytes), chunk_(kChunkBytes) {}

Result<std::unique_ptr<Channel>> Channel::Connect(const std::string& path) {
  ENVLEDGER_ASSIGN_OR_RETURN(UniqueFd fd, ConnectUnix(path));
  return std::unique_ptr<Channel>(new Channel(std::move(fd)));
}

void Channel::Queue(std::string_view frame) {
  output_ += FrameHeader(static_cast<uint32_t>(frame.size()));
  output_ += frame;
}

void Channel::Write() {
  while (written_ < output_.size()) {
    const ssize_t count =
        send(fd_.get(), output_.data() + written_, output_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0) break;
    written_ += static_cast<size_t>(count);
  }
  output_.clear();
  written_ = 0;
}

Status Channel::Read(std::vector<std::string>& frames) {
  const ssize_t count = recv(fd_.get(), chunk_.data(), chunk_.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Ok();
  if (count < 0) return Unavailable(FromErrno(errno, "the connection to the ledger broke").message());
  if (count == 0) return Unavailable("the ledger closed the connection");
  std::string_view input(chunk_.data(), static_cast<size_t>(count));
  while (!input.empty()) {
    std::string frame;
    const Result<bool> whole = reader_.Take(input, frame);
    if (!whole.ok()) return Status(whole.status()).Prepend("the ledger's answer is refused: ");
    if (*whole) frames.push_back(std::move(frame));
  }
  return Ok();
}

pollfd Channel::Events() const {
  const int events = output_bytes() > 0 ? POLLIN | POLLOUT : POLLIN;
  return {.fd = fd_.get(), .events = static_cast<short>(events), .revents = 0};
}

}  // namespace envledger
