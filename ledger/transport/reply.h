// Replies, and decisions about connections, on their way from other threads to the loop's.
//
// A slot is the place of one reply in its connection's order. Sending puts the slot into the outbox. The first slot in
// an empty outbox wakes the loop, which takes all that have gathered: one wake-up and one write for many replies. New
// connections use the same way.
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

// Thread-safe. Outlives the server while replies or new connections are held.
class Outbox {
 public:
  explicit Outbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  struct Mail {
    std::vector<std::shared_ptr<Reply::Slot>> replies;
    std::vector<std::shared_ptr<NewConnection::Slot>> connections;
  };
  void Put(std::shared_ptr<Reply::Slot> slot) EXCLUDES(mutex_);
  void Put(std::shared_ptr<NewConnection::Slot> slot) EXCLUDES(mutex_);
  Mail TakeAll() EXCLUDES(mutex_);
  // From now on everything put in is discarded and `wake` is not called.
  void Close() EXCLUDES(mutex_);

 private:
  template <typename Slot>
  void PutIn(std::vector<std::shared_ptr<Slot>>& slots, std::shared_ptr<Slot> slot) REQUIRES(mutex_);

  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  Mail mail_ GUARDED_BY(mutex_);
};

struct Reply::Slot {
  enum class State { kWaiting, kSent, kDropped };

  Slot(std::shared_ptr<Outbox> out, std::weak_ptr<Connection> owner, size_t bytes)
      : outbox(std::move(out)), connection(std::move(owner)), request_bytes(bytes) {}

  const std::shared_ptr<Outbox> outbox;
  const std::weak_ptr<Connection> connection;
  const size_t request_bytes;

  // Nobody will read the reply. Calls when_unwanted on this thread.
  void Abandon() EXCLUDES(mutex);

  Mutex mutex;
  bool unwanted GUARDED_BY(mutex) = false;
  std::function<void()> when_unwanted GUARDED_BY(mutex);

  // Owned by the Reply until the slot is put into the outbox, then by the loop.
  FrameMaker make;
  State answer = State::kWaiting;

  // Owned by the loop: `answer`, once it has come out of the outbox.
  State state = State::kWaiting;
};

struct NewConnection::Slot {
  Slot(std::shared_ptr<Outbox> out, std::weak_ptr<Connection> owner)
      : outbox(std::move(out)), connection(std::move(owner)) {}

  const std::shared_ptr<Outbox> outbox;
  const std::weak_ptr<Connection> connection;

  // Owned by the NewConnection until the slot is put into the outbox, then by the loop. If both are empty, it was
  // dropped.
  FrameHandler handler;
  Status refusal;
};

}  // namespace envledger
