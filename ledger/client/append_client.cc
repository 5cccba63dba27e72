// Callers add requests to the queue under the mutex; one thread does everything else: it connects, sends, receives and
// waits. While it has a connection it sleeps in poll() on the socket and an eventfd; while it has none, on the
// condition variable. A caller wakes it only when it sleeps, so a busy client makes no system call per append.
#include "ledger/client/append_client.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/client/append_queue.h"
#include "ledger/client/channel.h"
#include "ledger/codec/transition.h"
#include "ledger/files/file.h"
#include "ledger/transport/thread.h"

namespace envledger {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t kBurstBytes = 1 << 20;         // copied from the queue before the first write
constexpr std::chrono::hours kLongestSleep{1};  // a more distant deadline could overflow a timespec

}  // namespace

class AppendClient::Impl {
 public:
  explicit Impl(AppendClientOptions options)
      : options_(std::move(options)), delay_(options_.retry_delay), thread_(StartThread([this] { Run(); })) {}
  ~Impl();

  void Append(const std::vector<AppendRecord>& records, Callback done) EXCLUDES(mutex_);
  void Flush() EXCLUDES(mutex_);

 private:
  // Waits until another `bytes` can be queued.
  Status WaitForRoom(size_t bytes, Steady::time_point deadline) REQUIRES(mutex_);
  void Wake() REQUIRES(mutex_);

  // For the thread only.
  void Run();
  bool Settle() EXCLUDES(mutex_);
  void Connect() EXCLUDES(mutex_);
  void Send() EXCLUDES(mutex_);
  void Sleep() EXCLUDES(mutex_);
  void Receive() EXCLUDES(mutex_);
  Status OnFrame(const std::string& frame) REQUIRES(mutex_);
  void Disconnect(const Status& why) REQUIRES(mutex_);
  void BackOff();

  const AppendClientOptions options_;
  std::atomic<uint64_t> last_correlation_ = 0;

  Mutex mutex_;
  CondVar changed_;  // the queue is shorter, or the thread has something to do
  AppendQueue queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool added_ GUARDED_BY(mutex_) = false;  // a request was added since the thread last looked
  bool sleeping_ GUARDED_BY(mutex_) = false;
  UniqueFd wake_ GUARDED_BY(mutex_);  // an eventfd, created with the first connection

  // For the thread only.
  std::unique_ptr<Channel> channel_;
  bool answered_ = false;            // the daemon answered something on this connection
  Steady::time_point resume_at_{};   // no connecting or sending before this time
  std::chrono::milliseconds delay_;  // the delay of the next BackOff
  std::string problem_;              // the last error

  std::thread thread_;
};

AppendClient::Impl::~Impl() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    Wake();
    changed_.NotifyAll();
  }
  thread_.join();
}

// --- callers ---

void AppendClient::Impl::Append(const std::vector<AppendRecord>& records, Callback done) {
  const Steady::time_point deadline = Steady::now() + options_.deadline;
  const uint64_t correlation = ++last_correlation_;
  AppendRequest append;
  append.items.reserve(records.size());
  for (const AppendRecord& record : records) append.items.push_back({record.transition, record.expected_revision});
  std::string request = EncodeRequest({.correlation = correlation, .body = std::move(append)});

  MutexLock lock(mutex_);
  if (Status room = WaitForRoom(request.size(), deadline); room.ok()) {
    queue_.Add(correlation, std::move(request), records.size(), deadline, std::move(done));
  } else {
    queue_.AddFailed(correlation, std::move(done), std::move(room));
  }
  added_ = true;
  Wake();
}

Status AppendClient::Impl::WaitForRoom(size_t bytes, Steady::time_point deadline) {
  if (bytes > options_.max_queued_bytes) {
    return Status(
        Code::kResourceExhausted, "max-queued-bytes",
        "a request of " + std::to_string(bytes) + " bytes; the limit is " + std::to_string(options_.max_queued_bytes));
  }
  const bool may_block = std::this_thread::get_id() != thread_.get_id();
  while (queue_.bytes() + bytes > options_.max_queued_bytes) {
    const bool in_time = may_block && !stopping_ && changed_.WaitUntil(mutex_, deadline);
    if (!in_time && queue_.bytes() + bytes > options_.max_queued_bytes) {
      return Unavailable("not sent: " + std::to_string(queue_.bytes()) + " bytes are queued already");
    }
  }
  return Ok();
}

void AppendClient::Impl::Flush() {
  const uint64_t last = last_correlation_;
  MutexLock lock(mutex_);
  while (!queue_.DoneUpTo(last)) changed_.Wait(mutex_);
}

void AppendClient::Impl::Wake() {
  if (!std::exchange(sleeping_, false)) return;
  if (wake_.valid()) eventfd_write(wake_.get(), 1);
  changed_.NotifyAll();
}

// --- the thread ---

void AppendClient::Impl::Run() {
  while (Settle()) {
    Connect();
    Send();
    Sleep();
    Receive();
  }
}

// Gives callers the answers that are ready. False when the client is ending and no answers are left.
bool AppendClient::Impl::Settle() {
  for (;;) {
    std::vector<AppendQueue::Answer> answers;
    {
      MutexLock lock(mutex_);
      queue_.Expire(Steady::now(), problem_);
      if (stopping_) queue_.FailAll(Unavailable("the client was destroyed"));
      answers = queue_.TakeAnswers();
      if (answers.empty()) return !stopping_;
    }
    for (AppendQueue::Answer& answer : answers) {
      answer.done(std::move(answer.result), answer.refusal ? &*answer.refusal : nullptr);
    }
    MutexLock lock(mutex_);
    queue_.Forget(answers);
    changed_.NotifyAll();
  }
}

void AppendClient::Impl::Connect() {
  if (channel_ != nullptr || Steady::now() < resume_at_) return;
  MutexLock lock(mutex_);
  if (!queue_.waiting()) return;
  if (!wake_.valid()) {
    wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.valid()) return Disconnect(FromErrno(errno, "eventfd"));
  }
  Result<std::unique_ptr<Channel>> channel = Channel::Connect(options_.socket_path);  // never blocks
  if (!channel.ok()) return Disconnect(channel.status());
  channel_ = *std::move(channel);
  answered_ = false;
}

void AppendClient::Impl::Send() {
  {
    MutexLock lock(mutex_);
    added_ = false;
    if (channel_ == nullptr || Steady::now() < resume_at_) return;
    while (channel_->output_bytes() < kBurstBytes) {
      const std::string* request = queue_.NextToSend(options_.max_inflight_requests);
      if (request == nullptr) break;
      channel_->Queue(*request);
    }
  }
  channel_->Write();
}

void AppendClient::Impl::Sleep() {
  pollfd events[2];
  Steady::time_point until;
  {
    MutexLock lock(mutex_);
    if (added_ || stopping_) return;
    const auto now = Steady::now();
    until = std::min(queue_.NextDeadline(), now + kLongestSleep);
    const bool connect_now = channel_ == nullptr && resume_at_ <= now && queue_.waiting();
    if (connect_now) return;
    if (resume_at_ > now && queue_.waiting()) until = std::min(until, resume_at_);
    sleeping_ = true;
    if (channel_ == nullptr) {
      while (sleeping_ && changed_.WaitUntil(mutex_, until)) {
      }
      sleeping_ = false;
      return;
    }
    events[0] = channel_->Events();
    events[1] = {.fd = wake_.get(), .events = POLLIN, .revents = 0};
  }
  const auto wait = std::max(until - Steady::now(), Steady::duration::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec timeout{.tv_sec = whole.count(), .tv_nsec = (wait - whole).count()};
  ppoll(events, 2, &timeout, nullptr);
  MutexLock lock(mutex_);
  sleeping_ = false;
  eventfd_t ignored = 0;
  if (events[1].revents != 0) eventfd_read(wake_.get(), &ignored);
}

void AppendClient::Impl::Receive() {
  if (channel_ == nullptr) return;
  std::vector<std::string> frames;
  Status status = channel_->Read(frames);
  MutexLock lock(mutex_);
  for (const std::string& frame : frames) {
    if (const Status handled = OnFrame(frame); !handled.ok()) {
      status = handled;
      break;
    }
  }
  if (!status.ok()) return Disconnect(status);
  if (queue_.holding() && queue_.inflight() == 0) {
    problem_ = queue_.hold_reason();
    queue_.Release();
    BackOff();
  }
}

Status AppendClient::Impl::OnFrame(const std::string& frame) {
  ENVLEDGER_ASSIGN_OR_RETURN(Response response, DecodeResponse(frame));
  ENVLEDGER_RETURN_IF_ERROR(queue_.OnResponse(std::move(response)));
  answered_ = true;
  if (queue_.holding()) return Ok();
  delay_ = options_.retry_delay;
  problem_.clear();
  return Ok();
}

void AppendClient::Impl::Disconnect(const Status& why) {
  problem_ = why.message();
  channel_.reset();
  queue_.Disconnected();
  // A daemon that answered and then went away may be back at once. One that never answered must not be asked in a tight
  // loop.
  if (!std::exchange(answered_, false)) BackOff();
}

void AppendClient::Impl::BackOff() {
  resume_at_ = Steady::now() + delay_;
  delay_ = std::min(2 * delay_, options_.max_retry_delay);
}

// --- AppendClient ---

AppendClient::AppendClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AppendClient::~AppendClient() = default;

std::unique_ptr<AppendClient> AppendClient::Create(AppendClientOptions options) {
  return std::unique_ptr<AppendClient>(new AppendClient(std::make_unique<Impl>(std::move(options))));
}

std::future<Result<Acknowledgment>> AppendClient::Append(const Transition& transition,
                                                         std::optional<uint64_t> expected_revision) {
  const auto promise = std::make_shared<std::promise<Result<Acknowledgment>>>();
  std::future<Result<Acknowledgment>> future = promise->get_future();
  Result<std::string> encoded = EncodeTransition(transition);
  if (!encoded.ok()) {
    promise->set_value(std::move(encoded).status());
    return future;
  }
  std::vector<AppendRecord> records;
  records.push_back({*std::move(encoded), expected_revision});
  AppendBatchAsync(records, [promise](Result<std::vector<Acknowledgment>> result, const ErrorInfo*) {
    if (result.ok()) {
      promise->set_value(result->front());
    } else {
      promise->set_value(std::move(result).status());
    }
  });
  return future;
}

std::future<Result<std::vector<Acknowledgment>>> AppendClient::AppendBatch(const std::vector<AppendRecord>& records) {
  const auto promise = std::make_shared<std::promise<Result<std::vector<Acknowledgment>>>>();
  auto future = promise->get_future();
  AppendBatchAsync(records, [promise](Result<std::vector<Acknowledgment>> result, const ErrorInfo*) {
    promise->set_value(std::move(result));
  });
  return future;
}

void AppendClient::AppendBatchAsync(const std::vector<AppendRecord>& records, Callback done) {
  impl_->Append(records, std::move(done));
}

void AppendClient::Flush() { impl_->Flush(); }

}  // namespace envledger
