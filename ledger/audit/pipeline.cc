#include "ledger/audit/pipeline.h"

#include <algorithm>

namespace envledger {
namespace {

constexpr size_t kChunkEntries = 512;
constexpr size_t kChunkBytes = 1 << 20;

}  // namespace

struct PreparePipeline::Chunk {
  struct Item {
    uint64_t seq;
    size_t offset;
    size_t size;
  };
  std::string bytes;
  std::vector<Item> items;
  std::vector<PreparedEntry> prepared;
  bool done = false;  // guarded by the pipeline's mutex

  std::string_view View(const Item& item) const { return std::string_view(bytes).substr(item.offset, item.size); }
};

PreparePipeline::PreparePipeline(unsigned threads, Consume consume)
    : consume_(std::move(consume)), max_waiting_(2 * std::max(1u, threads) + 2), filling_(std::make_unique<Chunk>()) {
  for (unsigned i = 0; i < std::max(1u, threads); ++i) workers_.emplace_back([this] { Work(); });
}

PreparePipeline::~PreparePipeline() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& worker : workers_) worker.join();
}

void PreparePipeline::Push(uint64_t seq, std::string_view bytes) {
  // Entries begin at multiples of 8, so that they can be read in place.
  filling_->bytes.resize((filling_->bytes.size() + 7) / 8 * 8);
  filling_->items.push_back({seq, filling_->bytes.size(), bytes.size()});
  filling_->bytes.append(bytes);
  if (filling_->items.size() == kChunkEntries || filling_->bytes.size() >= kChunkBytes) Submit();
}

void PreparePipeline::Finish() {
  Submit();
  while (!waiting_.empty()) ConsumeOldest();
}

void PreparePipeline::Submit() {
  if (filling_->items.empty()) return;
  {
    const MutexLock lock(mutex_);
    todo_.push_back(filling_.get());
  }
  changed_.NotifyAll();
  waiting_.push_back(std::move(filling_));
  filling_ = std::make_unique<Chunk>();
  while (waiting_.size() > max_waiting_) ConsumeOldest();
}

void PreparePipeline::ConsumeOldest() {
  {
    const MutexLock lock(mutex_);
    while (!waiting_.front()->done) changed_.Wait(mutex_);
  }
  const Chunk& chunk = *waiting_.front();
  for (size_t i = 0; i < chunk.items.size(); ++i) {
    consume_(chunk.items[i].seq, chunk.View(chunk.items[i]), chunk.prepared[i]);
  }
  waiting_.pop_front();
}

void PreparePipeline::Work() {
  for (;;) {
    Chunk* chunk = nullptr;
    {
      const MutexLock lock(mutex_);
      while (todo_.empty() && !stopping_) changed_.Wait(mutex_);
      if (stopping_) return;
      chunk = todo_.front();
      todo_.pop_front();
    }
    chunk->prepared.reserve(chunk->items.size());
    for (const Chunk::Item& item : chunk->items) chunk->prepared.push_back(PrepareEntry(chunk->View(item)));
    {
      const MutexLock lock(mutex_);
      chunk->done = true;
    }
    changed_.NotifyAll();
  }
}

}  // namespace envledger
