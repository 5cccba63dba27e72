// A connection holds bytes in three places: input that it has not handed over yet, requests that are being handled, and
// replies that its peer has not read. Their sum is held_, counted against the connection's own limit and the server's
// budget. A read asks for no more than both leave, so input can never exceed a limit; only replies can, and then
// nothing is read until they are gone. Reads go through one buffer of the loop, so an idle connection holds nothing.
//
// Pump() is the one place where things move, in the order that frees memory first: replies, then writes, then frames
// that waited for a free slot, then new input. It handles only what is there already, so no peer keeps the loop to
// itself.
//
// A peer that is held back is not read from, so its end of file would go unnoticed for as long as a reply takes.
// Therefore the socket is always watched for an error condition: the kernel reports a hang-up when the peer has closed
// the socket or shut it down both ways. (A peer that has only stopped writing still reads its replies, and has not hung
// up.) From then on replies are discarded and whoever works on one is told. But the connection counts until the last
// reply is dropped, because the work for it still takes memory. What such a peer sent before is still handled: a record
// counts even if its producer dies right after sending it.
#include "ledger/transport/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <limits>
#include <utility>

#include "ledger/base/log.h"

namespace envledger {

namespace asio = boost::asio;

Connection::Connection(Loop& loop, const Listener& listener, UniqueFd fd, Peer peer,
                       std::function<void(const std::shared_ptr<Connection>&)> closed)
    : loop_(loop),
      listener_(listener),
      peer_(std::move(peer)),
      closed_callback_(std::move(closed)),
      socket_(loop.io),
      reader_(loop.limits.max_frame_bytes) {
  boost::system::error_code error;
  socket_.assign({}, fd.get(), error);
  if (!error) {
    fd.release();
    socket_.non_blocking(true, error);
  }
  input_ended_ = static_cast<bool>(error);  // the kernel has no room to watch it, so the first Pump closes it
}

void Connection::Start() {
  if (!input_ended_) {
    socket_.async_wait(asio::socket_base::wait_error, [self = shared_from_this()](boost::system::error_code cancelled) {
      if (cancelled || self->closed_) return;
      self->PeerGone();
      self->handler_ ? self->Pump() : self->Close();
    });
  }
  Pump();
}

void Connection::Open(FrameHandler handler) {
  handler_ = std::move(handler);
  Pump();
}

void Connection::Refuse(const Status& status) {
  if (closed_ || input_ended_) return;
  SendError(status);
  Pump();
}

void Connection::Pump() {
  if (closed_) return;
  do {
    CollectReplies();
    DeliverBacklog();
    CollectReplies();  // a frame that was refused already has its reply
    Write();
    if (closed_) return;
  } while (!backlog_.empty() && MayDeliver());  // the write may have made room for the backlog
  if (input_ended_ && slots_.empty() && output_.empty()) return Close();
  AwaitInput();
  NoteIdle();
}

bool Connection::IsIdle() const {
  return had_frame_ && !closed_ && !input_ended_ && slots_.empty() && output_.empty() && unframed_ == 0;
}

void Connection::NoteIdle() {
  if (IsIdle() == idle_.has_value()) return;
  if (idle_) {
    loop_.shares.Busy(peer_, *idle_);
    idle_.reset();
  } else {
    idle_ = loop_.shares.AddIdle(peer_, weak_from_this());
    idle_ticks_ = 0;
  }
}

void Connection::CollectReplies() {
  while (!slots_.empty() && slots_.front()->state != Reply::Slot::State::kWaiting) {
    const std::shared_ptr<Reply::Slot> slot = std::move(slots_.front());
    slots_.pop_front();
    if (peer_gone_) {
      SetHeld(held_ - slot->request_bytes);
      continue;
    }
    std::string frame;
    if (slot->state == Reply::Slot::State::kSent) frame = slot->make();
    if (!frame.empty() && frame.size() <= std::numeric_limits<uint32_t>::max()) {
      SetHeld(held_ - slot->request_bytes + kFrameHeaderBytes + frame.size());
      output_.AddFrame(std::move(frame));
      continue;
    }
    // This request has no reply, or none that fits a frame, so nothing after it can be answered in order.
    size_t unanswered = slot->request_bytes;
    for (const auto& later : slots_) unanswered += later->request_bytes;
    slots_.clear();
    SetHeld(held_ - unanswered);
    StopReading();
  }
}

void Connection::Write() {
  constexpr size_t kBuffers = 16;
  while (!output_.empty() && !output_awaited_) {
    std::array<asio::const_buffer, kBuffers> buffers;  // unused ones stay empty
    size_t count = 0;
    output_.ForFirst(kBuffers, [&](const char* data, size_t size) { buffers[count++] = asio::buffer(data, size); });
    boost::system::error_code error;
    const size_t written = socket_.write_some(buffers, error);
    if (error == asio::error::would_block) {
      output_awaited_ = true;
      socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](boost::system::error_code) {
        self->output_awaited_ = false;
        self->Pump();
      });
      return;
    }
    if (error) return PeerGone();
    output_.Consume(written);
    write_ticks_ = 0;
    SetHeld(held_ - written);
  }
}

// While the peer does not read its replies, frames that were received already wait too.
bool Connection::MayDeliver() const {
  return slots_.size() < loop_.limits.max_inflight_requests_per_connection &&
         output_.size() < loop_.limits.max_inflight_bytes_per_connection;
}

bool Connection::HeldBack() const {
  return !backlog_.empty() || slots_.size() >= loop_.limits.max_inflight_requests_per_connection ||
         held_ >= loop_.limits.max_inflight_bytes_per_connection;
}

void Connection::AwaitInput() {
  if (closed_ || !handler_ || input_ended_ || input_awaited_ || short_of_room_ || HeldBack()) return;
  if (Room() == 0) {
    short_of_room_ = true;
    loop_.short_of_room.push_back(weak_from_this());
    return;
  }
  input_awaited_ = true;
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](boost::system::error_code) {
    self->input_awaited_ = false;
    self->Read();
  });
}

void Connection::Read() {
  if (closed_ || input_ended_) return;
  const size_t room = HeldBack() ? 0 : std::min(Room(), loop_.chunk.size());
  if (room == 0) return AwaitInput();  // replies or other connections took the room while the socket was watched
  boost::system::error_code error;
  const size_t count = socket_.read_some(asio::buffer(loop_.chunk.data(), room), error);
  if (error == asio::error::would_block) return AwaitInput();
  if (error) {  // end of file, or a peer that went away without reading its replies
    StopReading();
    return Pump();
  }
  SetHeld(held_ + count);
  unframed_ += count;
  const std::string_view rest = Deliver({loop_.chunk.data(), count});
  backlog_.assign(rest);
  Pump();
}

void Connection::PeerGone() {
  if (std::exchange(peer_gone_, true)) return;
  SetHeld(held_ - output_.size());
  output_.Clear();
  for (const auto& slot : slots_) slot->Abandon();
}

std::string_view Connection::Deliver(std::string_view input) {
  std::string frame;
  while (!input.empty() && MayDeliver()) {
    const Result<bool> whole = reader_.Take(input, frame);
    if (!whole.ok()) {
      SendError(whole.status());
      return {};
    }
    if (!*whole) return {};
    const size_t bytes = kFrameHeaderBytes + frame.size();
    unframed_ -= bytes;
    had_frame_ = true;
    frame_ticks_ = 0;
    GiveUpFavour();
    auto slot = std::make_shared<Reply::Slot>(loop_.outbox, weak_from_this(), bytes);
    if (peer_gone_) slot->Abandon();
    slots_.push_back(slot);
    handler_(std::move(frame), Reply(std::move(slot)));
  }
  return input;
}

void Connection::DeliverBacklog() {
  if (backlog_.empty()) return;
  const size_t rest = Deliver(std::string_view(backlog_).substr(backlog_taken_)).size();
  backlog_taken_ = backlog_.size() - rest;
  if (rest > 0) return;
  std::exchange(backlog_, {});
  backlog_taken_ = 0;
}

void Connection::SendError(const Status& status) {
  ++loop_.counters.refused_;
  auto slot = std::make_shared<Reply::Slot>(loop_.outbox, weak_from_this(), size_t{0});
  slot->make = [frame = loop_.encode_error(status)] { return frame; };
  slot->state = Reply::Slot::State::kSent;
  slots_.push_back(std::move(slot));
  StopReading();
}

void Connection::StopReading() {
  input_ended_ = true;
  GiveUpFavour();
  SetHeld(held_ - std::exchange(unframed_, 0));
  std::exchange(backlog_, {});
  backlog_taken_ = 0;
  reader_ = FrameReader(loop_.limits.max_frame_bytes);
}

void Connection::Drain() {
  if (!closed_ && !input_ended_) StopReading();
  Pump();
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  NoteIdle();
  for (const auto& slot : std::exchange(slots_, {})) slot->Abandon();
  output_.Clear();
  GiveUpFavour();
  SetHeld(0);
  boost::system::error_code ignored;
  socket_.close(ignored);
  closed_callback_(shared_from_this());
}

void Connection::Tick() {
  if (closed_) return;
  if (idle_ && ++idle_ticks_ > loop_.idle_ticks) {
    ++loop_.counters.closed_idle_;
    return Close();
  }
  // Strictly more than kTicks, because the first tick may have begun before the wait did.
  if (!output_.empty() && ++write_ticks_ > Loop::kTicks) return TimedOut("did not read its replies");
  const bool owes_frame = handler_ && !input_ended_ && (!had_frame_ || unframed_ > 0) && !HeldBack();
  if (owes_frame && ++frame_ticks_ > Loop::kTicks) return TimedOut("did not send a whole frame");
}

void Connection::TimedOut(std::string_view what) {
  ++loop_.counters.timeouts_;
  Log(LogLevel::kDebug, listener_.name + ": process " + std::to_string(peer_.pid) + " of user " +
                            std::to_string(peer_.uid) + " " + std::string(what) + " in time and is disconnected");
  Close();
}

void Connection::SetHeld(size_t held) {
  const bool released = held < held_;
  loop_.budget.Change(held_, held);
  held_ = held;
  loop_.counters.inflight_bytes_.store(loop_.budget.used(), std::memory_order_relaxed);
  if (released) ResumeOthers();
}

// How much may be received now. REQUIRES: !HeldBack().
size_t Connection::Room() {
  const size_t own = loop_.limits.max_inflight_bytes_per_connection - held_;
  if (!favoured_) {
    const size_t room = loop_.budget.Room(held_, false);
    if (room > 0) return std::min(own, room);
    if (unframed_ == 0 || loop_.favour_given) return 0;
    favoured_ = loop_.favour_given = true;
  }
  // The favour covers the begun frame alone: what goes beyond it would be missing for the next connection that needs
  // it.
  return std::min({own, loop_.budget.Room(held_, true), reader_.missing()});
}

void Connection::GiveUpFavour() {
  if (!std::exchange(favoured_, false)) return;
  loop_.favour_given = false;
  ResumeOthers();
}

void Connection::ResumeOthers() {
  if (loop_.short_of_room.empty() || std::exchange(loop_.resuming, true)) return;
  // Posted to the loop, because the caller is in the middle of something.
  asio::post(loop_.io, [&loop = loop_] {
    loop.resuming = false;
    for (size_t waiting = loop.short_of_room.size(); waiting > 0; --waiting) {
      const std::shared_ptr<Connection> next = loop.short_of_room.front().lock();
      loop.short_of_room.pop_front();
      if (next == nullptr) continue;
      next->short_of_room_ = false;
      next->AwaitInput();  // goes back to the end of the line if there is still no room
    }
  });
}

}  // namespace envledger
