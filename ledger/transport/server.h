// The event loop behind the daemon's sockets: accepts, reads frames, hands them to a handler, writes the replies.
//
// One thread runs every connection. Memory is bounded by the limits below, whatever peers do: a body is received into
// memory only as its bytes arrive and only against a budget; a connection is not read from while its replies are unread
// or its in-flight requests are at their limit; whoever holds a begun frame too long is disconnected.
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

// Nothing is received beyond these limits. A reply is taken whatever its size, and stops further reading: where replies
// are large, what a connection can hold is bounded by a small max_inflight_requests_per_connection.
struct ServerLimits {
  uint32_t max_frame_bytes = 4 << 20;
  size_t max_connections = 1024;
  size_t max_connections_per_process = 64;            // by the peer's pid
  size_t max_connections_per_user_without_pid = 512;  // by the peer's uid, where its pid is 0: ConnectionCounts
  // Requests received or being handled, and replies not yet read by the peer. Must hold a frame of the greatest size.
  size_t max_inflight_bytes_per_connection = 8 << 20;
  size_t max_inflight_requests_per_connection = 256;
  // The same over all connections: half of it is dealt out to them evenly, half is for those that need more. That half
  // must hold a frame of the greatest size.
  size_t max_inflight_bytes = 64 << 20;
  std::chrono::milliseconds frame_timeout{10000};  // for the first frame of a connection, and for each begun frame
};

// kInvalidArgument, naming the option of the daemon (the field, with hyphens), for limits that no server starts with:
// those that are 0, and those that contradict each other.
Status CheckServerLimits(const ServerLimits& limits);

// Makes the bytes of a reply; called at most once.
using FrameMaker = std::function<std::string()>;

// The answer to one frame. Replies are written in the order of their frames, whatever the order of the Send calls.
// Movable; Send may be called from any thread, once. Dropping a Reply without Send closes the connection, and so does a
// frame that is empty or that no header can announce.
class Reply {
 public:
  struct Slot;

  // Tells whether the reply is still wanted, independently of it. Thread-safe.
  class Watch {
   public:
    explicit Watch(std::shared_ptr<Slot> slot);
    // Whether nobody reads the reply any more: the peer has closed the connection, or was disconnected. It is to be
    // sent or dropped all the same, and soon: until then the connection counts.
    bool Unwanted() const;
    // Calls `tell` once when that comes true: on the loop's thread, or here and now. It must not block, and may also be
    // called when the reply was sent already. Of several, the last one counts.
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
  // `make` is called on the loop's thread when the reply's turn comes: it must be quick, and what it needs must be its
  // own. It is not called when the connection is gone by then. For whoever has no time to make the frame itself.
  void Send(FrameMaker make);
  // For a frame that is made.
  void Send(std::string frame);

 private:
  std::shared_ptr<Slot> slot_;
};

// Takes the frames of one connection, which are its own, with the replies that they wait for. On the loop's thread:
// must not block.
using FrameHandler = std::function<void(std::string frame, Reply)>;

// A connection whose frames nobody takes yet. Movable; one of Accept and Refuse is to be called, from any thread, once
// and within a time that its caller bounds: until then nothing is read from the peer, but its connection counts.
// Dropping one without a call closes the connection.
class NewConnection {
 public:
  struct Slot;
  explicit NewConnection(std::shared_ptr<Slot> slot);
  NewConnection(NewConnection&&) noexcept;
  NewConnection& operator=(NewConnection&&) noexcept;
  ~NewConnection();
  void Accept(FrameHandler handler);
  // The error is encoded, sent, and the connection closed.
  void Refuse(Status why);

 private:
  std::shared_ptr<Slot> slot_;
};

struct Listener {
  UniqueFd fd;       // listening
  std::string name;  // for log lines: "append"
  // Whether the peer may connect, before anything else. On the loop's thread: must not block. Not ok: the error is
  // encoded, sent, and the connection closed.
  std::function<Status(const Peer&)> admit;
  // Begins a connection of a peer that was admitted. On the loop's thread: must not block, but may decide later.
  std::function<void(const Peer&, NewConnection)> open;
};

struct ServerStats {
  uint64_t connections = 0;  // open now
  uint64_t accepted = 0;     // ever
  uint64_t refused = 0;      // by limits, by admit or by open
  uint64_t inflight_bytes = 0;
  uint64_t timeouts = 0;
};

// What a server counts, kept by whoever started it: it can be read before the server is there, and after. Thread-safe.
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
};

class Server {
 public:
  // Takes the listeners and starts the loop's thread, which accepts nobody before Accept is called: until then peers
  // wait in the kernel's queue. Errors of CheckServerLimits; kUnavailable for want of descriptors, memory or threads.
  // `encode_error` makes the frame that tells a peer why it is refused. `counters` outlive the server.
  static Result<std::unique_ptr<Server>> Start(std::vector<Listener> listeners, const ServerLimits& limits,
                                               std::function<std::string(const Status&)> encode_error,
                                               ServerCounters& counters);
  // Closes everything at once.
  ~Server();

  // Begins to accept.
  void Accept();
  // Stops accepting and reading; returns when every reply is written or its connection is gone, at the latest at
  // `deadline`.
  void Drain(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
