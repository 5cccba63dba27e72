#include "ledger/transport/reply.h"

#include <utility>

namespace envledger {

template <typename Slot>
void Outbox::PutIn(std::vector<std::shared_ptr<Slot>>& slots, std::shared_ptr<Slot> slot) {
  if (!wake_) return;
  const bool first = mail_.replies.empty() && mail_.connections.empty();
  slots.push_back(std::move(slot));
  if (first) wake_();
}

void Outbox::Put(std::shared_ptr<Reply::Slot> slot) {
  const MutexLock lock(mutex_);
  PutIn(mail_.replies, std::move(slot));
}

void Outbox::Put(std::shared_ptr<NewConnection::Slot> slot) {
  const MutexLock lock(mutex_);
  PutIn(mail_.connections, std::move(slot));
}

Outbox::Mail Outbox::TakeAll() {
  const MutexLock lock(mutex_);
  return std::exchange(mail_, {});
}

void Outbox::Close() {
  Mail dropped;  // destroyed outside the lock, because handlers may run code in their destructors
  const MutexLock lock(mutex_);
  wake_ = nullptr;
  std::swap(dropped, mail_);
}

Reply::Reply(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
Reply::Reply(Reply&&) noexcept = default;

Reply& Reply::operator=(Reply&& other) noexcept {
  const Reply dropped(std::move(slot_));
  slot_ = std::move(other.slot_);
  return *this;
}

Reply::~Reply() {
  if (slot_ == nullptr) return;
  slot_->answer = Slot::State::kDropped;
  const std::shared_ptr<Outbox> outbox = slot_->outbox;
  outbox->Put(std::move(slot_));
}

void Reply::Send(std::string frame) {
  Send([frame = std::move(frame)]() mutable { return std::move(frame); });
}

void Reply::Send(FrameMaker make) {
  if (slot_ == nullptr) return;
  slot_->make = std::move(make);
  slot_->answer = Slot::State::kSent;
  const std::shared_ptr<Outbox> outbox = slot_->outbox;
  outbox->Put(std::move(slot_));
}

Reply::Watch Reply::MakeWatch() const { return Watch(slot_); }

Reply::Watch::Watch(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}

bool Reply::Watch::Unwanted() const {
  const MutexLock lock(slot_->mutex);
  return slot_->unwanted;
}

void Reply::Watch::WhenUnwanted(std::function<void()> tell) const {
  {
    const MutexLock lock(slot_->mutex);
    if (!slot_->unwanted) {
      slot_->when_unwanted = std::move(tell);
      return;
    }
  }
  tell();
}

void Reply::Slot::Abandon() {
  std::function<void()> tell;
  {
    const MutexLock lock(mutex);
    unwanted = true;
    tell = std::exchange(when_unwanted, nullptr);
  }
  if (tell) tell();
}

NewConnection::NewConnection(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
NewConnection::NewConnection(NewConnection&&) noexcept = default;

NewConnection& NewConnection::operator=(NewConnection&& other) noexcept {
  const NewConnection dropped(std::move(slot_));
  slot_ = std::move(other.slot_);
  return *this;
}

NewConnection::~NewConnection() {
  if (slot_ == nullptr) return;
  const std::shared_ptr<Outbox> outbox = slot_->outbox;
  outbox->Put(std::move(slot_));
}

void NewConnection::Accept(FrameHandler handler) {
  if (slot_ == nullptr) return;
  slot_->handler = std::move(handler);
  const NewConnection decided(std::move(slot_));
}

void NewConnection::Refuse(Status why) {
  if (slot_ == nullptr) return;
  slot_->refusal = std::move(why);
  const NewConnection decided(std::move(slot_));
}

}  // namespace envledger
