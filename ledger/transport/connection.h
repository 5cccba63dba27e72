// One accepted connection in the event loop of a Server. Everything here belongs to the loop's thread.
#pragma once

// clang-format off
#include <utility>  // first: Boost 1.74's asio needs it and does not include it
// clang-format on

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/transport/budget.h"
#include "ledger/transport/frame.h"
#include "ledger/transport/output.h"
#include "ledger/transport/reply.h"
#include "ledger/transport/server.h"

namespace envledger {

// What the connections of a server share.
struct Loop {
  Loop(const ServerLimits& server_limits, std::function<std::string(const Status&)> error_encoder,
       ServerCounters& server_counters)
      : limits(server_limits),
        encode_error(std::move(error_encoder)),
        counters(server_counters),
        budget(limits.max_inflight_bytes, limits.max_connections, kFrameHeaderBytes + limits.max_frame_bytes),
        chunk(kChunkBytes) {}

  // The most that one read takes; also what a connection can be ahead of its handler.
  static constexpr size_t kChunkBytes = 64 << 10;
  // Time limits are counted in ticks of limits.frame_timeout / kTicks, each begun when the one before was dealt with: a
  // machine that stood still for a minute disconnects nobody.
  static constexpr int kTicks = 8;

  const ServerLimits limits;
  const std::function<std::string(const Status&)> encode_error;
  ServerCounters& counters;  // written by the loop's thread
  boost::asio::io_context io{1};
  std::shared_ptr<Outbox> outbox;
  Budget budget;
  std::vector<char> chunk;                              // every read goes here first
  std::deque<std::weak_ptr<Connection>> short_of_room;  // look again, in this order, when bytes are released
  bool resuming = false;                                // that is posted
  bool favour_given = false;                            // some connection has it
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `loop` and `listener` outlive the connection. `closed` is called once, when it has closed.
  Connection(Loop& loop, const Listener& listener, UniqueFd fd, Peer peer,
             std::function<void(const std::shared_ptr<Connection>&)> closed);

  const Peer& peer() const { return peer_; }
  const Listener& listener() const { return listener_; }

  // Begins to watch the peer. Nothing is read from it before Open.
  void Start();
  // From now on its frames go to `handler`.
  void Open(FrameHandler handler);
  // Tells the peer why it is not served any further, and closes when that is written.
  void Refuse(const Status& status);
  // Does whatever can be done now: writes replies, hands frames over, waits for more. To be called after the connection
  // was made, and when the state of a slot or the room in the budget has changed.
  void Pump();
  // Reads no more; closes when every reply is written.
  void Drain();
  void Close();
  // Counts time: closes when a begun frame or the reading of replies takes too long.
  void Tick();

 private:
  void CollectReplies();
  void Write();
  void AwaitInput();
  void Read();
  // Replies go nowhere from now on.
  void PeerGone();
  // Hands over the frames in `input` while there are slots for them. Returns what was not looked at.
  std::string_view Deliver(std::string_view input);
  void DeliverBacklog();
  void SendError(const Status& status);
  void StopReading();
  void SetHeld(size_t held);
  size_t Room();
  void GiveUpFavour();
  void ResumeOthers();
  // Whether its own limits keep it from being read.
  bool MayDeliver() const;
  bool HeldBack() const;
  void TimedOut(std::string_view what);

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
  std::string backlog_;         // received behind the last frame that there was a slot for
  size_t backlog_taken_ = 0;    // of it, handed over since
  size_t unframed_ = 0;         // bytes received and not handed over
  bool input_ended_ = false;    // by the peer, a refusal or a drain
  bool input_awaited_ = false;  // the event loop will call Read
  bool short_of_room_ = false;  // in loop_.short_of_room
  bool favoured_ = false;       // by the budget, to the end of the begun frame
  bool had_frame_ = false;
  int frame_ticks_ = 0;  // since the last whole frame

  // Requests in order, from handing over until their reply goes into the output.
  std::deque<std::shared_ptr<Reply::Slot>> slots_;

  // Output.
  Output output_;
  bool output_awaited_ = false;  // the event loop will call Pump when the socket takes more
  int write_ticks_ = 0;          // since the socket last took something

  size_t held_ = 0;  // bytes: unframed, requests being handled, output
};

}  // namespace envledger
