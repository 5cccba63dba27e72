#include "ledger/verify/pipeline.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ledger/store/log_db.h"

namespace envledger {
namespace {

constexpr size_t kChunkEntries = 512;
constexpr size_t kChunkBytes = 1 << 20;
// Entries in one read: a seek costs as much as some dozen entries, and entries are held until they are consumed.
constexpr uint64_t kReadEntries = 512;
constexpr uint64_t kReadHashes = 8192;  // where only hashes are compared, entries are not held

}  // namespace

struct PreparePipeline::Chunk {
  struct Place {
    size_t offset;
    size_t size;
  };
  Read read;  // empty if `bytes` is already filled
  std::string bytes;
  std::vector<Place> places;  // of the entries in `bytes`
  std::vector<uint64_t> seqs;
  std::vector<PreparedEntry> prepared;
  std::vector<uint64_t> digests;
  // Where only hashes are compared, only the hash of an entry is kept. Events, of which there are few, are kept whole.
  std::vector<Hash> hashes;
  std::map<size_t, PreparedEntry> events;
  std::deque<std::string> event_bytes;

  Status status;      // of `read`
  bool done = false;  // guarded by the pipeline's mutex

  void Add(uint64_t seq, std::string_view entry) {
    seqs.push_back(seq);
    // Aligns the entry to a multiple of 8, so that it can be read in place.
    bytes.resize((bytes.size() + 7) / 8 * 8);
    places.push_back({bytes.size(), entry.size()});
    bytes.append(entry);
  }
  void AddHashed(uint64_t seq, std::string_view entry) {
    seqs.push_back(seq);
    AddHash(entry);
  }
  void AddHash(std::string_view entry) {
    if (HoldsEvent(entry)) events.emplace(hashes.size(), PrepareEntry(event_bytes.emplace_back(entry)));
    hashes.push_back(LeafHash(entry));
  }
  std::string_view View(const Place& place) const { return std::string_view(bytes).substr(place.offset, place.size); }
};

PreparePipeline::PreparePipeline(unsigned threads, Consume consume, Depth depth, Digest digest)
    : consume_(std::move(consume)),
      depth_(depth),
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
  if (filling_->seqs.size() < kChunkEntries && filling_->bytes.size() < kChunkBytes) return;
  Submit(std::exchange(filling_, std::make_unique<Chunk>()));
}

void PreparePipeline::PushRead(Read read) {
  if (!filling_->seqs.empty()) Submit(std::exchange(filling_, std::make_unique<Chunk>()));
  auto chunk = std::make_unique<Chunk>();
  chunk->read = std::move(read);
  Submit(std::move(chunk));
}

Status PreparePipeline::Finish() {
  if (!filling_->seqs.empty()) Submit(std::exchange(filling_, std::make_unique<Chunk>()));
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
  // Everything up to the failed read is consumed. What is after it would only look like a gap.
  PreparedEntry hashed;
  hashed.only_hashed = true;
  for (size_t i = 0; i < chunk.seqs.size() && read_failure_.ok(); ++i) {
    if (depth_ == Depth::kWhole) {
      consume_({chunk.seqs[i], chunk.prepared[i], digest_ ? chunk.digests[i] : 0});
      continue;
    }
    const auto event = chunk.events.find(i);
    hashed.leaf_hash = chunk.hashes[i];
    consume_({chunk.seqs[i], event != chunk.events.end() ? event->second : hashed, 0});
  }
  if (read_failure_.ok()) read_failure_ = chunk.status;
  waiting_.pop_front();
}

void PreparePipeline::Fill(Chunk& chunk) const {
  const bool hashes = depth_ == Depth::kHashes;
  if (chunk.read) {
    chunk.status = chunk.read([&](uint64_t seq, std::string_view bytes) {
      hashes ? chunk.AddHashed(seq, bytes) : chunk.Add(seq, bytes);
      return true;
    });
  }
  if (hashes) {
    for (const Chunk::Place& place : chunk.places) chunk.AddHash(chunk.View(place));
    return;
  }
  chunk.prepared.reserve(chunk.seqs.size());
  for (const Chunk::Place& place : chunk.places) chunk.prepared.push_back(PrepareEntry(chunk.View(place)));
  if (!digest_) return;
  chunk.digests.reserve(chunk.seqs.size());
  for (const PreparedEntry& prepared : chunk.prepared) chunk.digests.push_back(digest_(prepared));
}

uint64_t PreparePipeline::read_entries() const { return depth_ == Depth::kHashes ? kReadHashes : kReadEntries; }

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
  const uint64_t step = pipeline.read_entries();
  while (from < UINT64_MAX) {
    // The last read goes on past the end, where a key that is not a seq could hide.
    const uint64_t end = from < size && size - from > step ? from + step : UINT64_MAX;
    pipeline.PushRead([&log, from, end](const PreparePipeline::Visit& visit) { return log.Scan(from, end, visit); });
    from = end;
  }
}

}  // namespace envledger
