#include "ledger/service/indexer.h"

#include <algorithm>
#include <chrono>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"
#include "ledger/chain/tree.h"

namespace envledger {

Indexer::Indexer(const LogDb& log, IndexDb& index, TreeBuilder tree, const IndexerOptions& options, LogEnd& end)
    : log_(log),
      index_(index),
      options_(options),
      end_(end),
      builder_(&index.Latest()),
      tree_(std::move(tree)),
      progress_(index.watermark().seq) {}

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
  progress_.Advance(next.seq);
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

Status Indexer::WaitFor(uint64_t seq) {
  const MutexLock lock(mutex_);
  while (watermark() < seq && failure().ok() && !stopping_) {
    wanted_ = std::max(wanted_, seq);
    wake_.Set();
    moved_.Wait(mutex_);
  }
  if (watermark() >= seq) return Ok();
  ENVLEDGER_RETURN_IF_ERROR(failure());
  return Unavailable("the ledger is closing");
}

void Indexer::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.Set();
  moved_.NotifyAll();
  if (!thread_.joinable()) return;
  thread_.join();
  Status status = failure();
  if (status.ok()) status = CatchUp(end_.size(), {});
  if (status.ok()) status = index_.Flush();
  if (!status.ok()) Log(LogLevel::kWarning, "the index is left behind the log: " + status.ToString());
}

bool Indexer::Stopping() {
  const MutexLock lock(mutex_);
  return stopping_;
}

// Whether somebody waits, or what is durable makes a whole batch.
bool Indexer::BatchIsDue() {
  const MutexLock lock(mutex_);
  return stopping_ || wanted_ > watermark() || end_.size() - watermark() >= options_.batch_entries;
}

void Indexer::Loop() {
  NameThisThread("index");
  Progress::Subscription on_growth(end_.progress(), wake_);
  for (;;) {
    const auto patience = std::chrono::steady_clock::now() + options_.lazy;
    on_growth.WakeAt(watermark() + options_.batch_entries);
    while (!BatchIsDue() && wake_.WaitUntil(patience)) {
    }
    if (Stopping()) return;
    const uint64_t size = end_.size();
    if (size == watermark()) continue;
    const Status status = Step(size);
    if (!status.ok()) progress_.Stop(status);
    { const MutexLock lock(mutex_); }  // whoever looked before it moved is waiting by now
    moved_.NotifyAll();
    if (status.ok()) continue;
    Log(LogLevel::kError, "indexing stops: " + status.ToString());
    return;
  }
}

}  // namespace envledger
