// A client's connection to the daemon: sends and receives frames, and never blocks.
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/files/file.h"
#include "ledger/transport/frame.h"

namespace envledger {

// Not thread-safe.
class Channel {
 public:
  static Result<std::unique_ptr<Channel>> Connect(const std::string& path);

  // Adds a frame to the output, which Write sends. REQUIRES: 0 < frame.size() < 4 GiB.
  void Queue(std::string_view frame);
  size_t output_bytes() const { return output_.size() - written_; }
  // Sends as much as the socket takes at once. A failure is reported by Read, after everything that the daemon sent
  // before it.
  void Write();
  // Appends the frames that one read completes. Not ok when the connection has ended and nothing more will come.
  Status Read(std::vector<std::string>& frames);

  // What to poll for: input, and room for the output if there is any.
  pollfd Events() const;

 private:
  explicit Channel(UniqueFd fd);

  UniqueFd fd_;
  std::string output_;
  size_t written_ = 0;  // bytes of output_
  FrameReader reader_;
  std::vector<char> chunk_;
};

}  // namespace envledger
