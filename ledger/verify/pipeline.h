// Prepares entries (reading, hashing, decoding, checking) on several threads and passes them on in order. Private to
// this room.
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
#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"

namespace envledger {

class LogDb;

// Push, PushRead and Finish are for one thread. They call `consume` on that thread, in the order of the pushes. At most
// a few chunks are held in memory.
class PreparePipeline {
 public:
  enum class Depth {
    kWhole,   // PrepareEntry
    kHashes,  // only the leaf hash of a transition (PreparedEntry::only_hashed); events in full
  };
  // Further work on an entry after its preparation; called on any worker. May be empty.
  using Digest = std::function<uint64_t(const PreparedEntry& prepared)>;
  struct Item {
    uint64_t seq = 0;
    const PreparedEntry& prepared;
    uint64_t digest = 0;
  };
  using Consume = std::function<void(const Item& item)>;
  using Visit = std::function<bool(uint64_t seq, std::string_view bytes)>;
  // Calls the visitor with entries in order; runs on a worker.
  using Read = std::function<Status(const Visit& visit)>;

  PreparePipeline(unsigned threads, Consume consume, Depth depth = Depth::kWhole, Digest digest = {});
  ~PreparePipeline();

  // Adds an entry that the caller has read.
  void Push(uint64_t seq, std::string_view bytes);
  // Adds some hundred entries that a worker reads. After a read has failed, nothing more is consumed.
  void PushRead(Read read);
  // How many entries one read should cover.
  uint64_t read_entries() const;
  // Consumes what is under way. Returns the status of the first read that failed.
  Status Finish();

 private:
  struct Chunk;
  void Submit(std::unique_ptr<Chunk> chunk);
  void ConsumeOldest();
  void Fill(Chunk& chunk) const;
  void Work();

  const Consume consume_;
  const Depth depth_;
  const Digest digest_;
  const size_t max_waiting_;
  std::unique_ptr<Chunk> filling_;
  std::deque<std::unique_ptr<Chunk>> waiting_;  // submitted, in order
  Status read_failure_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Chunk*> todo_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
};

// Lets the pipeline's workers read all of the log from `from` on, in chunks. `log` must outlive Finish.
void PushLog(PreparePipeline& pipeline, const LogDb& log, uint64_t from = 0);

}  // namespace envledger
