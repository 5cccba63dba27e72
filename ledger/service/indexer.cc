#include "ledger/service/indexer.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"
#include "ledger/chain/tree.h"

namespace envledger {

Indexer::Indexer(const LogDb& log, IndexDb& index, TreeBuilder tree, const IndexerOptions& options,
                 std::function<uint64_t()> size, std::function<void()> on_indexed)
    : log_(log),
      index_(index),
      options_(options),
      size_(std::move(size)),
      on_indexed_(std::move(on_indexed)),
      builder_(&index.Latest()),
      tree_(std::move(tree)),
      watermark_(index.watermark().seq) {}

Indexer::~Indexer() { Stop(); }

Status Indexer::Step(uint64_t until) {
  const uint64_t from = watermark();
  until = std::min<uint64_t>(until, from + options_.batch_entries);
  puts_.clear();
  Watermark next{from, {}};
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log_.Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
    // The entry was checked when it was sealed, so its form is trusted here and its transition only read.
    PreparedEntry prepared;
    auto entry = CheckEntry(bytes);
    problem = entry.ok() && seq == next.seq
                  ? Ok()
                  : Corruption("entry " + std::to_string(next.seq) + " is missing or malformed");
    if (!problem.ok()) return false;
    prepared.entry = *std::move(entry);
    if (!prepared.entry.event) prepared.facts = FactsOf(prepared.entry.transition);
    problem = builder_.Add(prepared, puts_);
    if (!problem.ok()) return false;
    // The chain saves hashing every entry once more: each holds the leaf hash of the one before.
    if (seq > from) tree_.Add(prepared.entry.header.previous, puts_);
    next.seq = seq + 1;
    if (next.seq == until) {
      const Hash last = LeafHash(bytes);
      tree_.Add(last, puts_);
      next.last_leaf_hash = View(last);
    }
    return true;
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem).Prepend("index entry " + std::to_string(next.seq) + ": "));
  if (next.seq != until) return Corruption("the log ends at entry " + std::to_string(next.seq) + ", before its size");
  ENVLEDGER_RETURN_IF_ERROR(index_.Apply(puts_, next));
  builder_.Trim(options_.principal_cache);
  watermark_.store(next.seq, std::memory_order_release);
  return Ok();
}

Status Indexer::CatchUp(uint64_t until, const std::function<void(uint64_t)>& progress) {
  while (watermark() < until) {
    ENVLEDGER_RETURN_IF_ERROR(Step(until));
    if (progress) progress(watermark());
  }
  return Ok();
}

void Indexer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Indexer::Notify() {
  // The loop itself decides when a batch is worth while; it looks at the size at least once in every lazy interval.
  if (size_() - watermark() >= options_.batch_entries) wake_.NotifyOne();
}

Status Indexer::WaitFor(uint64_t seq) {
  const MutexLock lock(mutex_);
  while (watermark() < seq && failure_.ok() && !stopping_) {
    wanted_ = std::max(wanted_, seq);
    wake_.NotifyOne();
    moved_.Wait(mutex_);
  }
  if (watermark() >= seq) return Ok();
  if (!failure_.ok()) return failure_;
  return Unavailable("the ledger is closing");
}

void Indexer::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  moved_.NotifyAll();
  if (!thread_.joinable()) return;
  thread_.join();
  Status status = failure();
  if (status.ok()) status = CatchUp(size_(), {});
  if (status.ok()) status = index_.Flush();
  if (!status.ok()) Log(LogLevel::kWarning, "the index is left behind the log: " + status.ToString());
}

Status Indexer::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

void Indexer::Loop() {
  NameThisThread("index");
  for (;;) {
    {
      const MutexLock lock(mutex_);
      const auto patience = std::chrono::steady_clock::now() + options_.lazy;
      while (!stopping_ && wanted_ <= watermark() && size_() - watermark() < options_.batch_entries) {
        if (!wake_.WaitUntil(mutex_, patience)) break;
      }
      if (stopping_) return;
    }
    const uint64_t size = size_();
    if (size == watermark()) continue;
    const Status status = Step(size);
    {
      const MutexLock lock(mutex_);
      failure_ = status;
    }
    moved_.NotifyAll();
    if (!status.ok()) {
      Log(LogLevel::kError, "indexing stops: " + status.ToString());
      if (on_indexed_) on_indexed_();
      return;
    }
    if (on_indexed_) on_indexed_();
  }
}

}  // namespace envledger
