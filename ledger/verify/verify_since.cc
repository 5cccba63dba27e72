// The anchor vouches for the entries before its size. Those are read one by one, when a newer entry continues an
// envelope or a principal's links, and each is proven against the anchor (proven_past.h). The newer entries are
// verified like a whole ledger.
#include "ledger/verify/verify_since.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "ledger/verify/proven_past.h"

namespace envledger {
namespace {

struct Anchors {
  std::vector<Checkpoint> all;  // parallel to the inputs
  Checkpoint base;              // the largest
};

Result<Anchors> OpenAnchors(const std::vector<CheckpointInput>& inputs) {
  Anchors anchors;
  for (const CheckpointInput& input : inputs) {
    ENVLEDGER_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpointNote(input.note));
    if (checkpoint.size >= anchors.base.size) anchors.base = checkpoint;
    anchors.all.push_back(std::move(checkpoint));
  }
  if (anchors.base.size == 0) return InvalidArgument("none of the checkpoints kept elsewhere covers an entry");
  return anchors;
}

// Proves everything that the anchors vouch for and that is not going to be read.
Result<std::unique_ptr<PastOf>> ProvePast(LedgerReader& reader, const VerifyOptions& options, const Anchors& anchors) {
  ENVLEDGER_ASSIGN_OR_RETURN(auto past, PastOf::Open(reader, anchors.base));
  for (size_t i = 0; i < anchors.all.size(); ++i) {
    ENVLEDGER_RETURN_IF_ERROR(
        past->CheckOlder(anchors.all[i]).Prepend("the checkpoint " + options.anchors[i].where + ": "));
  }
  return past;
}

bool SaysOfTheLedger(const Status& status) {
  return status.code() == Code::kCorruption || status.code() == Code::kNotFound;
}

}  // namespace

unsigned ThreadsOf(const VerifyOptions& options) {
  return options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
}

ParallelFor OnThreads(unsigned threads) {
  return [threads](size_t count, const std::function<void(size_t)>& task) {
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < count; i = next++) task(i);
    };
    std::vector<std::thread> workers;
    for (size_t i = 1; i < std::min<size_t>(threads, count); ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();
  };
}

Result<std::optional<CheckpointInput>> ServedCheckpoints::Next() {
  if (next_ == page_.size()) {
    CheckpointsRequest request;
    request.from_size = from_size_;
    request.limit = kCheckpointPage;
    ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, reader_.Checkpoints(request));
    page_ = std::move(response.notes);
    next_ = 0;
    if (page_.empty()) return std::optional<CheckpointInput>();
  }
  std::string& note = page_[next_++];
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointNote(note));
  if (checkpoint.size < from_size_) return Internal("the ledger's checkpoints are not in order");
  // Signed after `until_` was read: it vouches for entries that are not read here, and so do all after it.
  if (checkpoint.size > until_) return std::optional<CheckpointInput>();
  from_size_ = checkpoint.size + 1;
  return std::optional(CheckpointInput{std::move(note), "served for size " + std::to_string(checkpoint.size), false});
}

Status PushServed(PreparePipeline& pipeline, LedgerReader& reader, uint64_t from, uint64_t until,
                  std::vector<VerifyFailure>& failures) {
  for (uint64_t next = from; next < until;) {
    EntriesRequest request;
    request.from_seq = next;
    request.limit = static_cast<uint32_t>(std::min<uint64_t>(until - next, UINT32_MAX));
    auto page = reader.Entries(request);
    if (!page.ok() && page.status().code() == Code::kCorruption) {
      failures.push_back({next, "sequence", page.status().message(), Verdict::kTampered});
      return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(page.status());
    if (page->entries.empty()) return Internal("the daemon returned no entries at " + std::to_string(next));
    for (const std::string& entry : page->entries) pipeline.Push(next++, entry);
  }
  return Ok();
}

Result<std::optional<VerifyReport>> VerifySince(LedgerReader& reader, const VerifyOptions& options,
                                                const VerifyProgress& progress, std::string& why) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Anchors anchors, OpenAnchors(options.anchors));
  ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse head, reader.Entries({0, 1}));
  const uint64_t size = head.tree_size;
  if (size < anchors.base.size) {
    why = "the ledger has fewer entries than the checkpoint vouches for";
    return std::optional<VerifyReport>();
  }
  auto past = ProvePast(reader, options, anchors);
  if (!past.ok() && SaysOfTheLedger(past.status())) {
    why = past.status().message();
    return std::optional<VerifyReport>();
  }
  ENVLEDGER_RETURN_IF_ERROR(past.status());
  ServedCheckpoints served(reader, anchors.base.size, size);
  Verifier verifier(options.trusted_key, options.anchors,
                    {.from = (*past)->frontier(),
                     .past = past->get(),
                     .stored = &served,
                     .parallel_for = OnThreads(ThreadsOf(options))});
  const Status events = (*past)->ForEachKeyEvent(
      [&](uint64_t seq, const PreparedEntry& prepared) { verifier.AddPastEvent(seq, prepared); });
  if (!events.ok() && SaysOfTheLedger(events)) {
    why = events.message();
    return std::optional<VerifyReport>();
  }
  ENVLEDGER_RETURN_IF_ERROR(events);
  const uint64_t first = (*past)->frontier().size();
  uint64_t done = 0;
  PreparePipeline pipeline(ThreadsOf(options), [&](const PreparePipeline::Item& item) {
    verifier.Add(item.seq, item.prepared);
    if (++done % kProgressEvery == 0 && progress) progress(done, size - first);
  });
  std::vector<VerifyFailure> failures;
  ENVLEDGER_RETURN_IF_ERROR(PushServed(pipeline, reader, first, size, failures));
  ENVLEDGER_RETURN_IF_ERROR(pipeline.Finish());
  if (!failures.empty()) verifier.EndEarly();
  if (progress) progress(done, size - first);
  VerifyReport report = verifier.Finish(std::move(failures));
  ENVLEDGER_RETURN_IF_ERROR(verifier.input_status());
  report.checks["since"] = "entries before " + std::to_string(first) + " are vouched for by the checkpoint of size " +
                           std::to_string(anchors.base.size) + "; " + std::to_string((*past)->proven()) +
                           " of them were read, each proven";
  report.checks["index"] = "not checked: only new entries are read";
  return std::optional(std::move(report));
}

}  // namespace envledger
