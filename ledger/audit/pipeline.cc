#include "ledger/audit/pipeline.h"

#include <algorithm>
#include <utility>

namespace envledger {
namespace {

constexpr size_t kChunkEntries = 512;
constexpr size_t kChunkBytes = 1 << 20;
constexpr uint64_t kReadEntries = 512;  // a seek costs as much as some dozen entries

}  // namespace

struct PreparePipeline::Chunk {
  struct Place {
    uint64_t seq;
    size_t offset;
    size_t size;
  };
  Read read;  // empty: `bytes` is filled already
  std::string bytes;
  std::vector<Place> places;
  std::vector<PreparedEntry> prepared;
  std::vector<uint64_t> digests;
  Status status;      // of `read`
  bool done = false;  // guarded by the pipeline's mutex

  void Add(uint64_t seq, std::string_view entry) {
    // Entries begin at multiples of 8, so that they can be read in place.
    bytes.resize((bytes.size() + 7) / 8 * 8);
    places.push_back({seq, bytes.size(), entry.size()});
    bytes.append(entry);
  }
  std::string_view View(const Place& place) const { return std::string_view(bytes).substr(place.offset, place.size); }
};

PreparePipeline::PreparePipeline(unsigned threads, Consume consume, Prepare prepare, Digest digest)
    : consume_(std::move(consume)),
      prepare_(std::move(prepare)),
      digest_(std::move(digest)),
      max_waiting_(2 * std::max(1u, threads) + 2),
      filling_(std::make_unique<Chunk>()) {
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
  filling_->Add(seq, bytes);
  if (filling_->places.size() < kChunkEntries && filling_->bytes.size() < kChunkBytes) return;
  Submit(std::exchange(filling_, std::make_unique<Chunk>()));
}

void PreparePipeline::PushRead(Read read) {
  if (!filling_->places.empty()) Submit(std::exchange(filling_, std::make_unique<Chunk>()));
  auto chunk = std::make_unique<Chunk>();
  chunk->read = std::move(read);
  Submit(std::move(chunk));
}

Status PreparePipeline::Finish() {
  if (!filling_->places.empty()) Submit(std::exchange(filling_, std::make_unique<Chunk>()));
  while (!waiting_.empty()) ConsumeOldest();
  return read_failure_;
}

void PreparePipeline::Submit(std::unique_ptr<Chunk> chunk) {
  {
    const MutexLock lock(mutex_);
    todo_.push_back(chunk.get());
  }
  changed_.NotifyAll();
  waiting_.push_back(std::move(chunk));
  while (waiting_.size() > max_waiting_) ConsumeOldest();
}

void PreparePipeline::ConsumeOldest() {
  {
    const MutexLock lock(mutex_);
    while (!waiting_.front()->done) changed_.Wait(mutex_);
  }
  const Chunk& chunk = *waiting_.front();
  // What was read before the failure is consumed; what lies behind it would only look like a gap.
  for (size_t i = 0; i < chunk.places.size() && read_failure_.ok(); ++i) {
    const Chunk::Place& place = chunk.places[i];
    consume_({place.seq, chunk.View(place), chunk.prepared[i], digest_ ? chunk.digests[i] : 0});
  }
  if (read_failure_.ok()) read_failure_ = chunk.status;
  waiting_.pop_front();
}

void PreparePipeline::Fill(Chunk& chunk) const {
  if (chunk.read) {
    chunk.status = chunk.read([&](uint64_t seq, std::string_view bytes) {
      chunk.Add(seq, bytes);
      return true;
    });
  }
  chunk.prepared.reserve(chunk.places.size());
  for (const Chunk::Place& place : chunk.places) chunk.prepared.push_back(prepare_(chunk.View(place)));
  if (!digest_) return;
  chunk.digests.reserve(chunk.places.size());
  for (const PreparedEntry& prepared : chunk.prepared) chunk.digests.push_back(digest_(prepared));
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
    Fill(*chunk);
    {
      const MutexLock lock(mutex_);
      chunk->done = true;
    }
    changed_.NotifyAll();
  }
}

void PushLog(PreparePipeline& pipeline, const LogDb& log, uint64_t from) {
  const uint64_t size = log.size();
  while (from < UINT64_MAX) {
    // The last read goes on past the end, where a key that is no seq could hide.
    const uint64_t end = from < size && size - from > kReadEntries ? from + kReadEntries : UINT64_MAX;
    pipeline.PushRead([&log, from, end](const PreparePipeline::Visit& visit) { return log.Scan(from, end, visit); });
    from = end;
  }
}

}  // namespace envledger
