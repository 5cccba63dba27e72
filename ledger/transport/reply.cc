#include "ledger/transport/reply.h"

#include <cstdint>
#include <limits>
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
  if (slot_ == nullptr) return;
  // What no header can announce cannot be sent; the connection is closed, as for a reply that never comes.
  const bool fits = !frame.empty() && frame.size() <= std::numeric_limits<uint32_t>::max();
  slot_->answer = fits ? Slot::State::kSent : Slot::State::kDropped;
  if (fits) slot_->frame = std::move(frame);
  const std::shared_ptr<Outbox> outbox = slot_->outbox;
  outbox->Put(std::move(slot_));
}

}  // namespace envledger
