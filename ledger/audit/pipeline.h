// Prepares entries (hashing, decoding, checking) on several threads and hands them on in order. Private to this room.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/chain/verifier.h"

namespace envledger {

// Push and Finish are for one thread, on which `consume` is called, in the order of the pushes. At most a few chunks
// are held in memory.
class PreparePipeline {
 public:
  using Consume = std::function<void(uint64_t seq, std::string_view bytes, const PreparedEntry& prepared)>;
  PreparePipeline(unsigned threads, Consume consume);
  ~PreparePipeline();

  void Push(uint64_t seq, std::string_view bytes);
  void Finish();

 private:
  struct Chunk;
  void Submit();
  void ConsumeOldest();
  void Work();

  const Consume consume_;
  const size_t max_waiting_;
  std::unique_ptr<Chunk> filling_;
  std::deque<std::unique_ptr<Chunk>> waiting_;  // submitted, in order

  Mutex mutex_;
  CondVar changed_;
  std::deque<Chunk*> todo_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
};

}  // namespace envledger
