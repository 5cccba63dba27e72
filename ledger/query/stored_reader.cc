// A ledger's directory, opened for reading. The index on disk may lag behind the log (it has no write-ahead log), and
// may be missing or damaged. Its missing part is derived here from the log, by the code that the daemon's indexer uses,
// and laid over it: in memory if it is small, otherwise in a temporary directory.
#include "ledger/query/stored_reader.h"

#include <algorithm>
#include <cstdint>

#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/logged_keys.h"
#include "ledger/index/tail_index.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/scratch_index.h"
#include "ledger/query/view.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_mark.h"

namespace envledger {
namespace {

constexpr size_t kTotalsBytes = 16u << 20;  // of principals' totals, held while a long tail is indexed

// How far `index` can be trusted to be of this log: its watermark, or 0.
uint64_t UsableWatermark(const LogDb& log, const IndexDb& index) {
  const Watermark watermark = index.watermark();
  if (watermark.seq == 0 || watermark.seq > log.size()) return 0;
  const auto last = log.Read(watermark.seq - 1);
  return last.ok() && watermark.last_leaf_hash == View(LeafHash(*last)) ? watermark.seq : 0;
}

// Like DeriveTail, with the rest in a scratch index, which must outlive the result.
Result<std::unique_ptr<IndexReader>> DeriveOnDisk(const LogDb& log, std::shared_ptr<const IndexReader> base,
                                                  uint64_t until, const StoredOptions& options, IndexDb& scratch) {
  const uint64_t from = base->watermark();
  // The totals that postings continue are in the base, or have been written by then.
  const auto reader =
      OverlayReader(base, std::shared_ptr<const IndexReader>(std::shared_ptr<void>(), &scratch.Latest()), from);
  IndexBuilder builder(reader.get(), from == 0 ? IndexBuilder::Links::kAsTheyStand : IndexBuilder::Links::kContinue);
  ENVLEDGER_ASSIGN_OR_RETURN(TreeBuilder tree, TreeBuilder::Resume(*base));
  const uint64_t batch = std::clamp<uint64_t>(options.tail_in_memory, 1, 8192);
  std::vector<IndexPut> puts;
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
    const PreparedEntry prepared = PrepareEntry(bytes);
    problem = prepared.status.ok() ? builder.Add(prepared, puts) : prepared.status;
    tree.Add(prepared.leaf_hash, puts);
    if (problem.ok() && (seq + 1 == until || (seq + 1 - from) % batch == 0)) {
      problem = scratch.Apply(puts, {seq + 1, std::string(View(prepared.leaf_hash))});
      puts.clear();
      builder.Trim(kTotalsBytes);
      if (options.progress) options.progress(seq + 1 - from, until - from);
    }
    if (!problem.ok()) problem = std::move(problem).Prepend("entry " + std::to_string(seq) + ": ");
    return problem.ok();
  }));
  ENVLEDGER_RETURN_IF_ERROR(problem);
  return OverlayReader(std::move(base), scratch.Snapshot(), until);
}

// The tree's right edge before the last leaf of the latest checkpoint, as stored with it. The empty one when that edge
// and the checkpoint's last entry do not give the checkpoint's root.
Frontier StoredFrontier(const LogDb& log, const StoredCheckpoint& latest, const std::string& bytes) {
  const auto checkpoint = ReadCheckpointNote(latest.note);
  if (!checkpoint.ok() || checkpoint->size != latest.size || latest.size == 0) return {};
  const auto last = log.Read(latest.size - 1);
  if (!last.ok()) return {};
  auto stored = Frontier::DecodeProven(bytes, latest.size, LeafHash(*last), checkpoint->root);
  return stored.ok() ? *std::move(stored) : Frontier();
}

// The root over the whole log, from the latest checkpoint on.
Result<Hash> RootOf(const LogDb& log, uint64_t size, const std::optional<StoredCheckpoint>& latest,
                    const std::string& frontier_bytes) {
  Frontier frontier = latest && latest->size <= size ? StoredFrontier(log, *latest, frontier_bytes) : Frontier();
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(frontier.size(), size, [&](uint64_t, std::string_view bytes) {
    frontier.Append(LeafHash(bytes));
    return true;
  }));
  return frontier.Root();
}

class StoredReader : public LedgerReader {
 public:
  static Result<std::unique_ptr<LedgerReader>> Open(const std::string& data_dir, const StoredOptions& options) {
    auto reader = std::make_unique<StoredReader>();
    // The index is opened first: beside a running daemon it may then lag behind the log, but not be ahead of it.
    auto index = IndexDb::OpenReadOnly(IndexPath(data_dir), {});
    // So is the mark of the log.
    const auto mark = ReadLogMark(LogMarkPath(data_dir));
    // A process that answers once, and reads most entries once, has little use for a large cache.
    ENVLEDGER_ASSIGN_OR_RETURN(reader->log_, LogDb::OpenReadOnly(LogPath(data_dir), {.block_cache_bytes = 8 << 20}));
    const LogDb& log = *reader->log_;
    ENVLEDGER_RETURN_IF_ERROR(log.CheckEnd(mark.ok() ? *mark : std::nullopt));
    uint64_t reach = 0;
    if (index.ok()) {
      reach = UsableWatermark(log, **index);
      reader->index_ = *std::move(index);
    }
    LedgerView& view = reader->view_;
    view.log = &log;
    view.tree_size = log.size();
    const auto derive = [&](std::unique_ptr<IndexReader> base) -> Result<std::unique_ptr<IndexReader>> {
      if (log.size() - base->watermark() <= options.tail_in_memory) {
        return DeriveTail(log, std::move(base), log.size(), SIZE_MAX);
      }
      ENVLEDGER_ASSIGN_OR_RETURN(reader->scratch_, ScratchIndex::Make());
      return DeriveOnDisk(log, std::move(base), log.size(), options, reader->scratch_->db());
    };
    auto whole = derive(reach > 0 ? reader->index_->Snapshot() : EmptyReader());
    if (!whole.ok() && IsIndexDamage(whole.status())) {
      reader->scratch_.reset();
      whole = derive(EmptyReader());
    }
    ENVLEDGER_ASSIGN_OR_RETURN(view.index, std::move(whole));
    std::string frontier;
    ENVLEDGER_ASSIGN_OR_RETURN(const auto latest, log.LatestCheckpoint(&frontier));
    if (latest) view.checkpoint = latest->note;
    ENVLEDGER_ASSIGN_OR_RETURN(view.root, RootOf(log, view.tree_size, latest, frontier));
    return std::unique_ptr<LedgerReader>(std::move(reader));
  }

  Result<QueryResponse> Query(const QueryRequest& request) override { return RunQuery(view_, request, limits_); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    return RunEnvelope(view_, request, limits_);
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    return RunPrincipals(view_, request, limits_);
  }
  Result<EntriesResponse> Entries(const EntriesRequest& request) override {
    return RunEntries(view_, request, limits_);
  }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    if (request.sign_now) return InvalidArgument("only a running daemon can sign a checkpoint");
    return RunCheckpoints(view_, request, limits_);
  }

  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    return RunInclusionProof(view_, request);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override {
    return RunConsistencyProof(view_, request);
  }
  Result<EventsResponse> Events(const EventsRequest& request) override { return RunEvents(view_, request, limits_); }

  Result<StatusResponse> Status(const StatusRequest&) override {
    StatusResponse response;
    response.problem = "no daemon was asked: this is what the directory holds";
    response.tree_size = view_.tree_size;
    response.root = view_.root;
    response.last_checkpoint = view_.checkpoint;
    ENVLEDGER_ASSIGN_OR_RETURN(const KeyHistory keys, NotedKeys(*log_));
    response.origin = keys.origin();
    response.vkey = FormatVerifierKey(keys.current().key);
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string last, log_->Read(view_.tree_size - 1));
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView last_entry, CheckEntry(last));
    response.last_recorded_at = last_entry.header.recorded_at;
    response.gauges.push_back({"log-disk-bytes", log_->DiskBytes()});
    if (index_) response.gauges.push_back({"index-disk-bytes", index_->DiskBytes()});
    if (index_) response.gauges.push_back({"index-watermark", index_->watermark().seq});
    return response;
  }

 private:
  std::unique_ptr<LogDb> log_;
  std::unique_ptr<IndexDb> index_;
  std::unique_ptr<ScratchIndex> scratch_;
  LedgerView view_;  // destroyed before the databases that it reads
  const AnswerLimits limits_{};
};

}  // namespace

Result<std::unique_ptr<LedgerReader>> OpenStored(const std::string& data_dir, const StoredOptions& options) {
  auto reader = StoredReader::Open(data_dir, options);
  if (!reader.ok()) return std::move(reader).status().Prepend("ledger in " + data_dir + ": ");
  return reader;
}

}  // namespace envledger
