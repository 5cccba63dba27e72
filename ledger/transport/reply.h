// Replies on their way from the handlers' threads to the loop's.
//
// A slot is the place of one reply in its connection's order. Whoever answers puts the slot into the outbox; the first
// one in an empty outbox wakes the loop, which takes all that have gathered: one wake-up and one write for many
// replies.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/transport/server.h"

namespace envledger {

class Connection;

// Thread-safe. Outlives the server while replies are held.
class Outbox {
 public:
  explicit Outbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  void Put(std::shared_ptr<Reply::Slot> slot) EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Reply::Slot>> TakeAll() EXCLUDES(mutex_);
  // From now on replies go nowhere and `wake` is not called.
  void Close() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Reply::Slot>> slots_ GUARDED_BY(mutex_);
};

struct Reply::Slot {
  enum class State { kWaiting, kSent, kDropped };

  Slot(std::shared_ptr<Outbox> out, std::weak_ptr<Connection> owner, size_t bytes)
      : outbox(std::move(out)), connection(std::move(owner)), request_bytes(bytes) {}

  const std::shared_ptr<Outbox> outbox;
  const std::weak_ptr<Connection> connection;
  const size_t request_bytes;

  // The Reply's until the slot is put into the outbox, then the loop's.
  FrameMaker make;
  State answer = State::kWaiting;

  // The loop's: `answer` once it has come out of the outbox.
  State state = State::kWaiting;
};

}  // namespace envledger
