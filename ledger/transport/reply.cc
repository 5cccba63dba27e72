#include "ledger/transport/reply.h"

#include <utility>

namespace envledger {

void Outbox::Put(std::shared_ptr<Reply::Slot> slot) {
  MutexLock lock(mutex_);
  if (!wake_) return;
  slots_.push_back(std::move(slot));
  if (slots_.size() == 1) wake_();
}

std::vector<std::shared_ptr<Reply::Slot>> Outbox::TakeAll() {
  MutexLock lock(mutex_);
  return std::exchange(slots_, {});
}

void Outbox::Close() {
  MutexLock lock(mutex_);
  wake_ = nullptr;
  slots_.clear();
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

}  // namespace envledger
