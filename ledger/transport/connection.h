// One accepted connection in the event loop of a Server. Everything here belongs to the loop's thread.
#pragma once

// clang-format off
#include <utility>  // first: Boost 1.74's asio needs it and does not include it
// clang-format on

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/transport/budget.h"
#include "ledger/transport/connection_shares.h"
#include "ledger/transport/frame.h"
#include "ledger/transport/output.h"
#include "ledger/transport/reply.h"
#include "ledger/transport/server.h"

namespace envledger {

// State that the connections of a server share.
struct Loop {
  Loop(const ServerLimits& server_limits, std::function<std::string(const Status&)> error_encoder,
       ServerCounters& server_counters)
      : limits(server_limits),
        encode_error(std::move(error_encoder)),
        counters(server_counters),
        budget(limits.max_inflight_bytes, limits.max_connections, kFrameHeaderBytes + limits.max_frame_bytes),
        shares(limits),
        tick(std::max(limits.frame_timeout, kLeastFrameTimeout) / kTicks),
        idle_ticks(limits.idle_timeout / tick),
        chunk(kChunkBytes) {}

  // The most that one read takes, and so the most that a connection can be ahead of its handler.
  static constexpr size_t kChunkBytes = 64 << 10;
  // Time limits are counted in ticks of limits.frame_timeout / kTicks. Each tick begins when the previous one has been
  // handled, so that a machine which stood still for a minute disconnects nobody.
  static constexpr int kTicks = 8;
  static constexpr std::chrono::milliseconds kLeastFrameTimeout{8};

  const ServerLimits limits;
  const std::function<std::string(const Status&)> encode_error;
  ServerCounters& counters;  // written by the loop's thread
  boost::asio::io_context io{1};
  std::shared_ptr<Outbox> outbox;
  Budget budget;
  ConnectionShares shares;
  const std::chrono::milliseconds tick;
  const int64_t idle_ticks;                             // how many ticks limits.idle_timeout is
  std::vector<char> chunk;                              // every read goes here first
  std::deque<std::weak_ptr<Connection>> short_of_room;  // to be resumed, in this order, when bytes are released
  bool resuming = false;                                // resuming them has been posted to the loop
  bool favour_given = false;                            // some connection is favoured
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `loop` and `listener` must outlive the connection. `closed` is called once, when it has closed.
  Connection(Loop& loop, const Listener& listener, UniqueFd fd, Peer peer,
             std::function<void(const std::shared_ptr<Connection>&)> closed);

  const Peer& peer() const { return peer_; }
  const Listener& listener() const { return listener_; }

  // Begins to watch the peer. Nothing is read from the peer before Open.
  void Start();
  // From now on the peer's frames go to `handler`.
  void Open(FrameHandler handler);
  // Tells the peer why it is refused, and closes when that has been written.
  void Refuse(const Status& status);
  // Does whatever can be done now: writes replies, hands frames over, waits for more. Call it once after construction,
  // and whenever a slot's state or the room in the budget has changed.
  void Pump();
  // Stops reading; closes when every reply has been written.
  void Drain();
  void Close();
  // Counts time: closes when the peer takes too long to complete a frame or to read replies, or leaves the connection
  // unused for too long.
  void Tick();

 private:
  void CollectReplies();
  void Write();
  void AwaitInput();
  void Read();
  // From now on replies are discarded.
  void PeerGone();
  // Hands over the frames in `input` while there are slots for them. Returns the rest.
  std::string_view Deliver(std::string_view input);
  void DeliverBacklog();
  void SendError(const Status& status);
  void StopReading();
  void SetHeld(size_t held);
  size_t Room();
  void GiveUpFavour();
  void ResumeOthers();
  // Whether the connection's own limits allow another request to be handed over.
  bool MayDeliver() const;
  bool HeldBack() const;
  void TimedOut(std::string_view what);
  // Nothing was begun, and nothing is owed to the peer.
  bool IsIdle() const;
  void NoteIdle();

  Loop& loop_;
  const Listener& listener_;
  const Peer peer_;
  const std::function<void(const std::shared_ptr<Connection>&)> closed_callback_;
  boost::asio::local::stream_protocol::socket socket_;
  FrameHandler handler_;  // empty until it is open
  bool closed_ = false;
  bool peer_gone_ = false;

  // Input.
  FrameReader reader_;
  std::string backlog_;         // received after the last frame that there was a slot for
  size_t backlog_taken_ = 0;    // bytes of the backlog that have been handed over
  size_t unframed_ = 0;         // bytes received and not handed over
  bool input_ended_ = false;    // by the peer, a refusal or a drain
  bool input_awaited_ = false;  // the event loop will call Read
  bool short_of_room_ = false;  // in loop_.short_of_room
  bool favoured_ = false;       // by the budget, up to the end of the begun frame
  bool had_frame_ = false;
  int frame_ticks_ = 0;  // since the last whole frame

  // Requests in order, from handing over until their replies go into the output.
  std::deque<std::shared_ptr<Reply::Slot>> slots_;

  // Output.
  Output output_;
  bool output_awaited_ = false;  // the event loop will call Pump when the socket takes more
  int write_ticks_ = 0;          // since the socket last took bytes

  size_t held_ = 0;  // bytes: unframed, requests being handled, output

  std::optional<ConnectionShares::IdlePlace> idle_;  // while it is idle
  int64_t idle_ticks_ = 0;                           // since it became idle
};

}  // namespace envledger
