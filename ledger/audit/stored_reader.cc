// A ledger's directory, opened for reading. The index on disk may lag behind the log (it has no write-ahead log), may
// be missing or damaged: what it lacks is derived here from the log, in memory, by the code that the daemon's indexer
// uses.
#include <algorithm>

#include "ledger/audit/index_keys.h"
#include "ledger/audit/keys.h"
#include "ledger/audit/reader.h"
#include "ledger/audit/tree_index.h"
#include "ledger/audit/view.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/store/layout.h"

namespace envledger {
namespace {

// How far `index` can be trusted to be of this log.
uint64_t UsableWatermark(const LogDb& log, const IndexDb& index) {
  const Watermark watermark = index.watermark();
  if (watermark.seq == 0 || watermark.seq > log.size()) return 0;
  const auto last = log.Read(watermark.seq - 1);
  return last.ok() && watermark.last_leaf_hash == View(LeafHash(*last)) ? watermark.seq : 0;
}

// The keys of what `base` does not reach. IndexDamage when `base` lacks what they go on from.
Result<std::vector<IndexPut>> DeriveTail(const LogDb& log, const IndexReader& base, uint64_t from, uint64_t until) {
  std::vector<IndexPut> puts;
  IndexBuilder builder(&base);
  ENVLEDGER_ASSIGN_OR_RETURN(TreeBuilder tree, TreeBuilder::Resume(base));
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
    const PreparedEntry prepared = PrepareEntry(bytes);
    problem = prepared.status.ok() ? builder.Add(prepared, puts) : prepared.status;
    tree.Add(prepared.leaf_hash, puts);
    if (!problem.ok()) problem = std::move(problem).Prepend("entry " + std::to_string(seq) + ": ");
    return problem.ok();
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  return puts;
}

// The tree's right edge before the last leaf of the latest checkpoint, as stored with it; the empty one when that, and
// the checkpoint's last entry, do not give the checkpoint's root.
Frontier StoredFrontier(const LogDb& log, const StoredCheckpoint& latest, const std::string& bytes) {
  const auto note = ParseNote(latest.note);
  const auto checkpoint = note.ok() ? ParseCheckpoint(note->text) : Result<Checkpoint>(note.status());
  if (!checkpoint.ok() || checkpoint->size != latest.size || latest.size == 0 || bytes.size() % 32 != 0) return {};
  std::vector<Hash> hashes;
  for (size_t at = 0; at < bytes.size(); at += 32) hashes.push_back(*HashFrom(bytes.substr(at, 32)));
  const auto stored = Frontier::From(latest.size - 1, std::move(hashes));
  const auto last = log.Read(latest.size - 1);
  if (!stored.ok() || !last.ok()) return {};
  Frontier whole = *stored;
  whole.Append(LeafHash(*last));
  return whole.Root() == checkpoint->root ? *stored : Frontier();
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
  static Result<std::unique_ptr<LedgerReader>> Open(const std::string& data_dir) {
    auto reader = std::make_unique<StoredReader>();
    // The index first: beside a running daemon it may then lag behind the log, but not be ahead of it.
    auto index = IndexDb::OpenReadOnly(IndexPath(data_dir), {});
    ENVLEDGER_ASSIGN_OR_RETURN(reader->log_, LogDb::OpenReadOnly(LogPath(data_dir), {}));
    const LogDb& log = *reader->log_;
    uint64_t reach = 0;
    if (index.ok()) {
      reach = UsableWatermark(log, **index);
      reader->index_ = *std::move(index);
    }
    std::unique_ptr<IndexReader> stored = reach > 0 ? reader->index_->Snapshot() : EmptyReader();
    auto tail = DeriveTail(log, *stored, reach, log.size());
    if (!tail.ok() && IsIndexDamage(tail.status())) {
      stored = EmptyReader();
      tail = DeriveTail(log, *stored, 0, log.size());
    }
    ENVLEDGER_RETURN_IF_ERROR(tail.status());

    LedgerView& view = reader->view_;
    view.log = &log;
    view.tree_size = log.size();
    view.index = OverlayReader(std::move(stored), *std::move(tail), log.size());
    std::string frontier;
    ENVLEDGER_ASSIGN_OR_RETURN(const auto latest, log.LatestCheckpoint(&frontier));
    if (latest) view.checkpoint = latest->note;
    ENVLEDGER_ASSIGN_OR_RETURN(view.root, RootOf(log, view.tree_size, latest, frontier));
    return std::unique_ptr<LedgerReader>(std::move(reader));
  }

  Result<QueryResponse> Query(const QueryRequest& request) override { return RunQuery(view_, request, limits_); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override { return RunEnvelope(view_, request); }
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
    response.problem = "no daemon asked: this is what the directory holds";
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
  LedgerView view_;  // goes before the databases that it reads
  const AnswerLimits limits_;
};

}  // namespace

Result<std::unique_ptr<LedgerReader>> OpenStored(const std::string& data_dir) {
  auto reader = StoredReader::Open(data_dir);
  if (!reader.ok()) return std::move(reader).status().Prepend("ledger in " + data_dir + ": ");
  return reader;
}

}  // namespace envledger
