// The loop's thread owns everything below except the few fields under the mutex; other threads reach it by posting to
// the io_context. A connection lives as long as it is in connections_; event handlers that run after that find it
// closed. Stopping closes all descriptors and timers, so the io_context runs out of work and the thread ends.
#include "ledger/transport/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <exception>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "ledger/base/log.h"
#include "ledger/base/mutex.h"
#include "ledger/base/wakeup.h"
#include "ledger/transport/connection.h"
#include "ledger/transport/connection_shares.h"
#include "ledger/transport/thread.h"

namespace envledger {

namespace asio = boost::asio;

namespace {

constexpr int kAcceptBurst = 64;  // connections taken in a row before others get their turn
constexpr std::chrono::milliseconds kAcceptRetry{50};
constexpr std::chrono::seconds kRefusalLogInterval{1};

// A listener in use.
struct Door {
  Door(asio::io_context& io, Listener taken) : listener(std::move(taken)), socket(io), retry(io) {}

  Listener listener;
  asio::local::stream_protocol::acceptor socket;  // owns the listener's descriptor
  asio::steady_timer retry;
  bool failing = false;  // the last accept failed for want of descriptors or memory
};

}  // namespace

Status CheckServerLimits(const ServerLimits& limits) {
  const std::pair<std::string, bool> not_zero[] = {
      {"max-frame-bytes", limits.max_frame_bytes > 0},
      {"max-connections", limits.max_connections > 0},
      {"max-connections-per-process", limits.max_connections_per_process > 0},
      {"max-inflight-requests-per-connection", limits.max_inflight_requests_per_connection > 0},
      {"frame-timeout-seconds", limits.frame_timeout > std::chrono::milliseconds::zero()},
      {"idle-timeout-seconds", limits.idle_timeout > std::chrono::milliseconds::zero()}};
  for (const auto& [option, holds] : not_zero) {
    if (!holds) return InvalidField(option, option + " must be above 0");
  }
  const size_t frame = size_t{limits.max_frame_bytes} + kFrameHeaderBytes;
  const auto at_least = [](const std::string& option, size_t least, const std::string& why) {
    return InvalidField(option, option + " must be at least " + std::to_string(least) + ": " + why);
  };
  if (limits.max_inflight_bytes_per_connection < frame) {
    return at_least("max-inflight-bytes-per-connection", frame, "it must hold a frame of max-frame-bytes");
  }
  if (limits.max_inflight_bytes / 2 < frame) {
    return at_least("max-inflight-bytes", 2 * frame, "half of it must hold a frame of max-frame-bytes");
  }
  if (limits.max_inflight_bytes < limits.max_inflight_bytes_per_connection) {
    return at_least("max-inflight-bytes", limits.max_inflight_bytes_per_connection,
                    "it must hold max-inflight-bytes-per-connection");
  }
  return Ok();
}

ServerStats ServerCounters::Read() const {
  return {.connections = connections_,
          .accepted = accepted_,
          .refused = refused_,
          .inflight_bytes = inflight_bytes_,
          .timeouts = timeouts_,
          .closed_idle = closed_idle_};
}

class Server::Impl {
 public:
  Impl(const ServerLimits& limits, std::function<std::string(const Status&)> encode_error, ServerCounters& counters);
  Status Listen(std::vector<Listener> listeners);
  void Run();
  void Accept();
  void Stop();
  void Drain(std::chrono::steady_clock::time_point deadline) EXCLUDES(mutex_);
  bool Responds(std::chrono::milliseconds patience);

 private:
  void AwaitPeer(Door& door);
  void AcceptAt(Door& door);
  void AcceptLater(Door& door, int error);
  void Admit(Door& door, UniqueFd fd);
  Status CheckPeer(const Door& door, const Peer& peer);
  void Refuse(const Door& door, const UniqueFd& fd, const Peer& peer, const Status& why);
  void LogRefusal(const Listener& listener, const Peer& peer, const Status& why);
  void Closed(const std::shared_ptr<Connection>& connection);
  void CollectMail();
  void Decide(NewConnection::Slot& slot);
  void BeginDrain();
  void CloseDoors();
  void CloseAll();
  void ScheduleTick();
  void CheckDrained() EXCLUDES(mutex_);

  // Used only by the loop's thread.
  Loop loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer tick_;
  bool ticking_ = false;
  bool draining_ = false;
  std::vector<std::unique_ptr<Door>> doors_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::chrono::steady_clock::time_point refusal_logged_{};

  Mutex mutex_;
  CondVar drained_changed_;
  bool drained_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

Server::Impl::Impl(const ServerLimits& limits, std::function<std::string(const Status&)> encode_error,
                   ServerCounters& counters)
    : loop_(limits, std::move(encode_error), counters), work_(loop_.io.get_executor()), tick_(loop_.io) {
  loop_.outbox = std::make_shared<Outbox>([this] { asio::post(loop_.io, [this] { CollectMail(); }); });
}

Status Server::Impl::Listen(std::vector<Listener> listeners) {
  for (Listener& listener : listeners) {
    auto door = std::make_unique<Door>(loop_.io, std::move(listener));
    boost::system::error_code error;
    door->socket.assign({}, door->listener.fd.get(), error);
    if (error) return FromErrno(error.value(), "listen on the socket " + door->listener.name);
    door->listener.fd.release();
    door->socket.native_non_blocking(true, error);
    if (error) return FromErrno(error.value(), "listen on the socket " + door->listener.name);
    doors_.push_back(std::move(door));
  }
  return Ok();
}

void Server::Impl::Run() {
  thread_ = StartThread([this] { loop_.io.run(); });
}

void Server::Impl::Accept() {
  asio::post(loop_.io, [this] {
    if (draining_) return;
    for (const auto& door : doors_) AwaitPeer(*door);
  });
}

void Server::Impl::Stop() {
  loop_.outbox->Close();
  if (!thread_.joinable()) return;
  asio::post(loop_.io, [this] { CloseAll(); });
  thread_.join();
}

void Server::Impl::CloseAll() {
  draining_ = true;
  CloseDoors();
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->Close();
  tick_.cancel();
  work_.reset();
}

void Server::Impl::CloseDoors() {
  for (const auto& door : doors_) {
    boost::system::error_code ignored;
    door->socket.close(ignored);
    door->retry.cancel();
  }
}

// --- accepting ---

void Server::Impl::AwaitPeer(Door& door) {
  door.socket.async_wait(asio::socket_base::wait_read, [this, &door](boost::system::error_code error) {
    if (!error) AcceptAt(door);
  });
}

void Server::Impl::AcceptAt(Door& door) {
  for (int i = 0; i < kAcceptBurst && door.socket.is_open(); ++i) {
    // Not asio's accept, which would let the descriptor leak across exec.
    UniqueFd fd(accept4(door.socket.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.valid()) {
      door.failing = false;
      Admit(door, std::move(fd));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      AcceptLater(door, errno);
      return;
    }
  }
  if (door.socket.is_open()) AwaitPeer(door);
}

// Descriptors or memory ran out: peers wait in the kernel's queue. Retrying at once would only burn time.
void Server::Impl::AcceptLater(Door& door, int error) {
  if (!door.failing) {
    Log(LogLevel::kError, FromErrno(error, door.listener.name + ": no connection can be accepted for now").message());
  }
  door.failing = true;
  door.retry.expires_after(kAcceptRetry);
  door.retry.async_wait([this, &door](boost::system::error_code cancelled) {
    if (!cancelled) AcceptAt(door);
  });
}

// Closes an idle connection when that makes room for the peer.
Status Server::Impl::CheckPeer(const Door& door, const Peer& peer) {
  ENVLEDGER_RETURN_IF_ERROR(door.listener.admit(peer));
  Status allowed = loop_.shares.Check(peer);
  if (allowed.ok()) return allowed;
  const std::shared_ptr<Connection> idle = loop_.shares.ToClose(peer);
  if (idle == nullptr) return allowed;
  ++loop_.counters.closed_idle_;
  idle->Close();
  return loop_.shares.Check(peer);
}

void Server::Impl::Admit(Door& door, UniqueFd fd) {
  ++loop_.counters.accepted_;
  Result<Peer> peer = PeerOf(fd.get());
  if (!peer.ok()) return Refuse(door, fd, Peer{}, peer.status());
  if (const Status allowed = CheckPeer(door, *peer); !allowed.ok()) return Refuse(door, fd, *peer, allowed);
  loop_.shares.Add(*peer);
  auto connection = std::make_shared<Connection>(loop_, door.listener, std::move(fd), *std::move(peer),
                                                 [this](const std::shared_ptr<Connection>& closed) { Closed(closed); });
  connections_.insert(connection);
  loop_.counters.connections_ = connections_.size();
  ScheduleTick();
  connection->Start();
  door.listener.open(connection->peer(),
                     NewConnection(std::make_shared<NewConnection::Slot>(loop_.outbox, connection)));
}

void Server::Impl::Refuse(const Door& door, const UniqueFd& fd, const Peer& peer, const Status& why) {
  ++loop_.counters.refused_;
  const std::string reply = loop_.encode_error(why);
  const std::string bytes = FrameHeader(static_cast<uint32_t>(reply.size())) + reply;
  // A new socket's buffer has room for it. A peer that has gone already misses nothing.
  [[maybe_unused]] const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  LogRefusal(door.listener, peer, why);
}

// A refused peer may come again as often as it likes, but must not fill the log.
void Server::Impl::LogRefusal(const Listener& listener, const Peer& peer, const Status& why) {
  const auto now = std::chrono::steady_clock::now();
  if (now - refusal_logged_ < kRefusalLogInterval) return;
  refusal_logged_ = now;
  Log(LogLevel::kWarning, listener.name + ": refused process " + std::to_string(peer.pid) + " of user " +
                              std::to_string(peer.uid) + ": " + why.ToString() + " (" +
                              std::to_string(loop_.counters.refused_) + " refused since the start)");
}

// --- connections ---

void Server::Impl::Closed(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) == 0) return;
  loop_.shares.Remove(connection->peer());
  loop_.counters.connections_ = connections_.size();
  CheckDrained();
}

void Server::Impl::CollectMail() {
  Outbox::Mail mail = loop_.outbox->TakeAll();
  std::vector<std::shared_ptr<Connection>> touched;
  for (const std::shared_ptr<Reply::Slot>& slot : mail.replies) {
    slot->state = slot->answer;
    std::shared_ptr<Connection> connection = slot->connection.lock();
    // Replies of one connection mostly come in a row; pumping one twice is harmless.
    if (connection != nullptr && (touched.empty() || touched.back() != connection)) {
      touched.push_back(std::move(connection));
    }
  }
  for (const auto& connection : touched) connection->Pump();
  for (const std::shared_ptr<NewConnection::Slot>& slot : mail.connections) Decide(*slot);
}

void Server::Impl::Decide(NewConnection::Slot& slot) {
  const std::shared_ptr<Connection> connection = slot.connection.lock();
  if (connection == nullptr) return;
  if (slot.handler) {
    connection->Open(std::move(slot.handler));
  } else if (!slot.refusal.ok()) {
    connection->Refuse(slot.refusal);
    LogRefusal(connection->listener(), connection->peer(), slot.refusal);
  } else {
    connection->Close();
  }
}

void Server::Impl::ScheduleTick() {
  if (ticking_ || draining_) return;
  ticking_ = true;
  tick_.expires_after(loop_.tick);
  tick_.async_wait([this](boost::system::error_code cancelled) {
    ticking_ = false;
    if (cancelled) return;
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->Tick();
    if (!connections_.empty()) ScheduleTick();
  });
}

// --- from other threads ---

void Server::Impl::Drain(std::chrono::steady_clock::time_point deadline) {
  asio::post(loop_.io, [this] { BeginDrain(); });
  MutexLock lock(mutex_);
  while (!drained_ && drained_changed_.WaitUntil(mutex_, deadline)) {
  }
}

bool Server::Impl::Responds(std::chrono::milliseconds patience) {
  const auto reached = std::make_shared<Wakeup>();  // shared, because the loop may get to it later
  asio::post(loop_.io, [reached] { reached->Set(); });
  return reached->WaitUntil(std::chrono::steady_clock::now() + patience);
}

void Server::Impl::BeginDrain() {
  draining_ = true;
  CloseDoors();
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->Drain();
  CheckDrained();
}

void Server::Impl::CheckDrained() {
  if (!draining_ || !connections_.empty()) return;
  MutexLock lock(mutex_);
  drained_ = true;
  drained_changed_.NotifyAll();
}

// --- Server ---

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::Start(std::vector<Listener> listeners, const ServerLimits& limits,
                                              std::function<std::string(const Status&)> encode_error,
                                              ServerCounters& counters) {
  ENVLEDGER_RETURN_IF_ERROR(CheckServerLimits(limits));
  try {
    auto impl = std::make_unique<Impl>(limits, std::move(encode_error), counters);
    ENVLEDGER_RETURN_IF_ERROR(impl->Listen(std::move(listeners)));
    impl->Run();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  } catch (const std::exception& error) {  // asio has no descriptors for its reactor, or there is no thread
    return Unavailable(std::string("start the event loop: ") + error.what());
  }
}

Server::~Server() { impl_->Stop(); }

void Server::Accept() { impl_->Accept(); }

bool Server::Responds(std::chrono::milliseconds patience) { return impl_->Responds(patience); }

void Server::Drain(std::chrono::steady_clock::time_point deadline) { impl_->Drain(deadline); }

}  // namespace envledger
