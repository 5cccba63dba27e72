// The event loop behind the daemon's sockets: accepts, reads frames, hands them to a handler, writes the replies.
//
// One thread runs every connection. Memory is bounded by the limits below, whatever peers do: a body is received into
// memory only as its bytes arrive and only against a budget; a connection is not read from while its replies are unread
// or its in-flight requests are at their limit; whoever holds a begun frame too long is disconnected.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/file.h"
#include "ledger/base/status.h"
#include "ledger/transport/socket.h"

namespace envledger {

// Nothing is received beyond these limits. A reply is taken whatever its size, and stops further reading: where replies
// are large, what a connection can hold is bounded by a small max_inflight_requests_per_connection.
struct ServerLimits {
  uint32_t max_frame_bytes = 4 << 20;
  size_t max_connections = 1024;
  size_t max_connections_per_process = 64;  // by the peer's pid; those that the kernel cannot name count as one
  // Requests received or being handled, and replies not yet read by the peer. Must hold a frame of the greatest size.
  size_t max_inflight_bytes_per_connection = 8 << 20;
  size_t max_inflight_requests_per_connection = 256;
  // The same over all connections: half of it is dealt out to them evenly, half is for those that need more. That half
  // must hold a frame of the greatest size.
  size_t max_inflight_bytes = 64 << 20;
  std::chrono::milliseconds frame_timeout{10000};  // for the first frame of a connection, and for each begun frame
};

// Makes the bytes of a reply; called at most once.
using FrameMaker = std::function<std::string()>;

// The answer to one frame. Replies are written in the order of their frames, whatever the order of the Send calls.
// Movable; Send may be called from any thread, once. Dropping a Reply without Send closes the connection, and so does a
// frame that is empty or that no header can announce.
class Reply {
 public:
  struct Slot;
  explicit Reply(std::shared_ptr<Slot> slot);
  Reply(Reply&&) noexcept;
  Reply& operator=(Reply&&) noexcept;
  ~Reply();
  // `make` is called on the loop's thread when the reply's turn comes: it must be quick, and what it needs must be its
  // own. It is not called when the connection is gone by then. For whoever has no time to make the frame itself.
  void Send(FrameMaker make);
  // For a frame that is made.
  void Send(std::string frame);

 private:
  std::shared_ptr<Slot> slot_;
};

struct Listener {
  UniqueFd fd;       // listening
  std::string name;  // for log lines: "append"
  // Before the first byte is read. Not ok: the error is encoded, sent, and the connection closed.
  std::function<Status(const Peer&)> admit;
  // On the loop's thread: must not block. The frame is the handler's.
  std::function<void(const std::shared_ptr<const Peer>&, std::string frame, Reply)> handle;
};

struct ServerStats {
  uint64_t connections = 0;  // open now
  uint64_t accepted = 0;     // ever
  uint64_t refused = 0;      // by limits or by admit
  uint64_t inflight_bytes = 0;
  uint64_t timeouts = 0;
};

class Server {
 public:
  // Takes the listeners and starts the loop's thread. kInvalidArgument for limits that contradict each other.
  // `encode_error` makes the frame that tells a peer why it is refused.
  static Result<std::unique_ptr<Server>> Start(std::vector<Listener> listeners, const ServerLimits& limits,
                                               std::function<std::string(const Status&)> encode_error);
  // Closes everything at once.
  ~Server();

  // Stops accepting and reading; returns when every reply is written or its connection is gone, at the latest at
  // `deadline`.
  void Drain(std::chrono::steady_clock::time_point deadline);

  ServerStats Stats() const;  // thread-safe

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
