// The event loop behind the daemon's sockets: accepts, reads frames, hands them to a handler, writes the replies.
//
// One thread runs every connection. Memory is bounded by the limits below, whatever peers do: a body is received into
// memory only as its bytes arrive and only within a budget; a connection is not read while its replies are unread or
// its in-flight requests are at their limit; a peer that takes too long to complete a frame is disconnected.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/files/file.h"
#include "ledger/transport/socket.h"

namespace envledger {

class Connection;

// Nothing is received beyond these limits. A reply is accepted whatever its size, but stops further reading. Where
// replies are large, a small max_inflight_requests_per_connection bounds what a connection can hold.
struct ServerLimits {
  uint32_t max_frame_bytes = 4 << 20;
  size_t max_connections = 1024;
  size_t max_connections_per_process = 64;  // by the peer's pid; what a user may hold: ConnectionShares
  // Requests received or being handled, and replies not yet read by the peer. Must hold a frame of the greatest size.
  size_t max_inflight_bytes_per_connection = 8 << 20;
  size_t max_inflight_requests_per_connection = 256;
  // The same over all connections: half of it is divided evenly among them, half is for those that need more. The
  // second half must hold a frame of the greatest size.
  size_t max_inflight_bytes = 64 << 20;
  std::chrono::milliseconds frame_timeout{10000};  // for the first frame of a connection, and for each begun frame
  // A connection on which nothing was begun for so long is closed. Without a word: the peer finds out when it uses the
  // connection again, and connects anew.
  std::chrono::milliseconds idle_timeout{3600'000};
};

// kInvalidArgument, naming the daemon's option (the field, with hyphens), for limits that a server cannot use: those
// that are 0, and those that contradict each other.
Status CheckServerLimits(const ServerLimits& limits);

// Makes the bytes of a reply; called at most once.
using FrameMaker = std::function<std::string()>;

// The answer to one frame. Replies are written in the order of their frames, whatever the order of the Send calls.
// Movable; Send may be called from any thread, once. Dropping a Reply without Send closes the connection, and so does a
// frame that is empty or that no header can announce.
class Reply {
 public:
  struct Slot;

  // Tells whether the reply is still wanted. Independent of the Reply's lifetime. Thread-safe.
  class Watch {
   public:
    explicit Watch(std::shared_ptr<Slot> slot);
    // Whether nobody will read the reply: the peer has closed the connection, or was disconnected. The reply must still
    // be sent or dropped, and soon, because the connection counts until then.
    bool Unwanted() const;
    // Calls `tell` once when Unwanted becomes true: on the loop's thread, or immediately on this one. `tell` must not
    // block, and may be called even after the reply was sent. A second call replaces the first one's `tell`.
    void WhenUnwanted(std::function<void()> tell) const;

   private:
    std::shared_ptr<Slot> slot_;
  };

  explicit Reply(std::shared_ptr<Slot> slot);
  Reply(Reply&&) noexcept;
  Reply& operator=(Reply&&) noexcept;
  ~Reply();
  // REQUIRES: neither sent nor moved from.
  Watch MakeWatch() const;
  // Calls `make` on the loop's thread when the reply's turn comes, for a sender that has no time to make the frame
  // itself. `make` must be quick and must own everything it needs. It is not called when the connection is gone by
  // then.
  void Send(FrameMaker make);
  // Sends a frame that has been made.
  void Send(std::string frame);

 private:
  std::shared_ptr<Slot> slot_;
};

// Takes the frames of one connection, each with its Reply, and owns both. Called on the loop's thread: must not block.
using FrameHandler = std::function<void(std::string frame, Reply)>;

// A connection whose frames nobody takes yet. Movable. Call either Accept or Refuse, from any thread, once and within
// bounded time: until then nothing is read from the peer, but its connection counts. Dropping it without a call closes
// the connection.
class NewConnection {
 public:
  struct Slot;
  explicit NewConnection(std::shared_ptr<Slot> slot);
  NewConnection(NewConnection&&) noexcept;
  NewConnection& operator=(NewConnection&&) noexcept;
  ~NewConnection();
  void Accept(FrameHandler handler);
  // Encodes the error, sends it, and closes the connection.
  void Refuse(Status why);

 private:
  std::shared_ptr<Slot> slot_;
};

struct Listener {
  UniqueFd fd;       // listening
  std::string name;  // for log lines: "append"
  // Whether the peer may connect; called before anything else, on the loop's thread: must not block. When it is not ok,
  // the error is encoded and sent, and the connection is closed.
  std::function<Status(const Peer&)> admit;
  // Begins a connection of an admitted peer. Called on the loop's thread: must not block, but may decide later.
  std::function<void(const Peer&, NewConnection)> open;
};

struct ServerStats {
  uint64_t connections = 0;  // open now
  uint64_t accepted = 0;     // since the start
  uint64_t refused = 0;      // by limits, by admit or by open
  uint64_t inflight_bytes = 0;
  uint64_t timeouts = 0;
  uint64_t closed_idle = 0;  // connections that nobody used, closed after idle_timeout or to make room
};

// The counters of a server, owned by its creator, so that they can be read before it exists and after. Thread-safe.
class ServerCounters {
 public:
  ServerStats Read() const;

 private:
  friend class Server;
  friend class Connection;
  std::atomic<uint64_t> connections_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> inflight_bytes_ = 0;
  std::atomic<uint64_t> timeouts_ = 0;
  std::atomic<uint64_t> closed_idle_ = 0;
};

class Server {
 public:
  // Takes the listeners and starts the loop's thread, which accepts no connection before Accept is called: until then
  // peers wait in the kernel's queue. Errors are those of CheckServerLimits; kUnavailable when descriptors, memory or
  // threads run out. `encode_error` makes the frame that tells a peer why it is refused. `counters` must outlive the
  // server.
  static Result<std::unique_ptr<Server>> Start(std::vector<Listener> listeners, const ServerLimits& limits,
                                               std::function<std::string(const Status&)> encode_error,
                                               ServerCounters& counters);
  // Closes everything at once.
  ~Server();

  // Begins to accept.
  void Accept();
  // Whether the loop's thread gets to something new within `patience`.
  bool Responds(std::chrono::milliseconds patience);
  // Stops accepting and reading. Returns when every reply has been written or its connection is gone, at the latest at
  // `deadline`.
  void Drain(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
