#include "ledger/files/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace envledger {
namespace {

constexpr size_t kReadBytes = 256 * 1024;

}  // namespace

// Reads more input after the bytes that are kept; sets end_ at the end.
Status LineReader::Fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  ssize_t got = -1;
  do {
    got = read(fd_, buffer_.data() + kept, kReadBytes);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(kept + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return Unavailable(FromErrno(error, "read the input").message());
  end_ = got == 0;
  return Ok();
}

Result<LineReader::Event> LineReader::Next() {
  while (true) {
    const size_t newline = buffer_.find('\n', scanned_);
    const bool last = newline == std::string::npos && end_;
    if (last && begin_ == buffer_.size() && !skipping_) return Event::kEnd;
    if (newline != std::string::npos || last) {
      const size_t size = std::min(newline, buffer_.size()) - begin_;
      line_ = std::string_view(buffer_).substr(begin_, size);
      begin_ = std::min(begin_ + size + 1, buffer_.size());
      scanned_ = begin_;
      ++number_;
      const bool too_long = skipping_ || line_.size() > kMaxLineBytes;
      skipping_ = false;
      if (too_long) return Event::kTooLong;
      if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
      return Event::kLine;
    }
    if (buffer_.size() - begin_ > kMaxLineBytes) {
      skipping_ = true;
      begin_ = buffer_.size();
    }
    scanned_ = buffer_.size();
    ENVLEDGER_RETURN_IF_ERROR(Fill());
  }
}

bool LineReader::WouldWait() const {
  if (end_ || buffer_.find('\n', scanned_) != std::string::npos) return false;
  pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) == 0;
}

}  // namespace envledger
