#include "ledger/verify/verify.h"

#include "ledger/files/file.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_db.h"
#include "ledger/store/log_mark.h"
#include "ledger/verify/index_check.h"
#include "ledger/verify/pipeline.h"
#include "ledger/verify/verify_since.h"

namespace envledger {
namespace {

// The index, if it can be compared with a log of `log_size`; otherwise null, with the reason in `failures`.
std::unique_ptr<IndexDb> Comparable(Result<std::unique_ptr<IndexDb>> index, uint64_t log_size,
                                    std::vector<VerifyFailure>& failures) {
  if (!index.ok()) {
    failures.push_back({std::nullopt, "index",
                        "the index cannot be opened, so it was not compared with the log: " + index.status().message() +
                            ". The daemon rebuilds it when it starts, and so does `envledger index rebuild`",
                        Verdict::kIncomplete});
    return nullptr;
  }
  if ((*index)->watermark().seq > log_size) {
    failures.push_back({log_size, "index",
                        "the index reaches entry " + std::to_string((*index)->watermark().seq) +
                            ", but the log has only " + std::to_string(log_size) + " entries",
                        Verdict::kIncomplete});
    return nullptr;
  }
  return *std::move(index);
}

PreparePipeline::Depth DepthOf(const VerifyOptions& options) {
  return options.only_hashes ? PreparePipeline::Depth::kHashes : PreparePipeline::Depth::kWhole;
}

class StoredCheckpoints : public CheckpointSource {
 public:
  explicit StoredCheckpoints(const LogDb& log) : log_(log) {}
  Result<std::optional<CheckpointInput>> Next() override {
    if (next_ == page_.size()) {
      if (!page_.empty()) {
        if (page_.back().size == UINT64_MAX) return std::optional<CheckpointInput>();
        from_size_ = page_.back().size + 1;
      }
      ENVLEDGER_ASSIGN_OR_RETURN(page_, log_.Checkpoints(from_size_, kPage));
      next_ = 0;
      if (page_.empty()) return std::optional<CheckpointInput>();
    }
    StoredCheckpoint& stored = page_[next_++];
    return std::optional(
        CheckpointInput{std::move(stored.note), "stored at size " + std::to_string(stored.size), false, stored.size});
  }

 private:
  static constexpr size_t kPage = 64;  // a note may have a megabyte
  const LogDb& log_;
  uint64_t from_size_ = 0;
  std::vector<StoredCheckpoint> page_;
  size_t next_ = 0;  // in the page
};

// The anchors, and the published copy of the latest checkpoint. The copy is beside the database, so it is not an anchor,
// but it reveals a tail that was cut off carelessly.
std::vector<CheckpointInput> WithPublished(std::vector<CheckpointInput> given, const Result<std::string>& published) {
  if (published.ok()) given.push_back({*published, "published in the data directory", false});
  return given;
}

// The daemon stores a checkpoint before it publishes it. So the log has the published one, unless its end was lost.
Status CheckPublished(const Result<std::string>& published, const LogDb& log, std::vector<VerifyFailure>& failures) {
  const Code code = published.status().code();
  if (code == Code::kCorruption || code == Code::kResourceExhausted) {
    failures.push_back({std::nullopt, "checkpoint", "the published checkpoint is none: " + published.status().message(),
                        Verdict::kTampered});
  }
  if (!published.ok()) return Ok();
  const auto checkpoint = ReadCheckpointNote(*published);
  if (!checkpoint.ok() || checkpoint->size > log.size()) return Ok();  // the verifier says so
  ENVLEDGER_ASSIGN_OR_RETURN(const auto stored, log.Checkpoints(checkpoint->size, 1));
  if (!stored.empty() && stored.front().size == checkpoint->size) return Ok();
  failures.push_back({std::nullopt, "checkpoint",
                      "the log holds no checkpoint of size " + std::to_string(checkpoint->size) +
                          ", but one is published in the data directory: the end of the log was lost",
                      Verdict::kTampered});
  return Ok();
}

// The report on a log that cannot be opened.
VerifyReport Unreadable(const Status& why) {
  VerifyReport report;
  AddFailure(report, {std::nullopt, "form", "the log cannot be opened: " + why.message(), Verdict::kTampered});
  report.checks["form"] = "nothing was checked: the log cannot be opened";
  return report;
}

// Ends the check of an index of `indexed` entries. Returns what the report says was checked, and adds what was found.
Result<std::string> FinishIndexCheck(IndexCheck& check, uint64_t indexed, const LogDb& log, bool log_is_whole,
                                     std::vector<VerifyFailure>& failures) {
  if (!log_is_whole) return std::string("not checked: the log itself does not verify");
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<VerifyFailure> found, check.Finish(log, VerifyReport::kMaxFailures));
  failures.insert(failures.end(), found.begin(), found.end());
  return std::to_string(check.keys()) + " keys both ways, of " + std::to_string(indexed) + " entries; " +
         std::to_string(log.size() - indexed) + " are not indexed yet";
}

// What is compared, read in this order: beside a running daemon all of it grows, and what depends on the log is read
// before the log, so that it can lag behind the log but never be ahead of it.
struct Parts {
  Parts(const std::string& data_dir, const VerifyOptions& options)
      : mark(ReadLogMark(LogMarkPath(data_dir))),
        published(ReadRegularFile(PublishedCheckpointPath(data_dir), kMaxNoteBytes)),
        given(WithPublished(options.anchors, published)),
        index(options.only_hashes ? Result<std::unique_ptr<IndexDb>>(NotFound("not needed"))
                                  : IndexDb::OpenReadOnly(IndexPath(data_dir), {})),
        log(LogDb::OpenReadOnly(LogPath(data_dir), {})) {}
  std::optional<LogMark> known_mark() const { return mark.ok() ? *mark : std::nullopt; }

  Result<std::optional<LogMark>> mark;
  Result<std::string> published;
  std::vector<CheckpointInput> given;
  Result<std::unique_ptr<IndexDb>> index;
  Result<std::unique_ptr<LogDb>> log;
};

// Where something beside the log says that the log's entries end, and with which leaf hash.
struct SaidEnd {
  uint64_t size;
  std::string_view last_leaf_hash;
};
struct OtherEnd {
  std::string_view check;
  std::string_view message;
  Verdict verdict;
};
constexpr OtherEnd kNotAcknowledged = {
    "chain", "the entry is not the one that was acknowledged, as the mark beside the log shows", Verdict::kTampered};
constexpr OtherEnd kOfAnotherLog = {
    "index",
    "the index ends at an entry with another leaf hash: it was made from another log, or its watermark is damaged",
    Verdict::kIncomplete};

void ExpectLast(const PreparePipeline::Item& item, const SaidEnd& said, const OtherEnd& otherwise,
                std::vector<VerifyFailure>& failures) {
  if (item.seq + 1 != said.size || said.last_leaf_hash == View(item.prepared.leaf_hash)) return;
  failures.push_back({item.seq, std::string(otherwise.check), std::string(otherwise.message), otherwise.verdict});
}

// Every entry of the log, with its index. `why_all`: why everything is read although less was asked for.
Result<VerifyReport> VerifyAll(Parts parts, const VerifyOptions& options, const VerifyProgress& progress,
                               const std::string& why_all) {
  if (IsLogDamage(parts.log.status())) return Unreadable(parts.log.status());
  ENVLEDGER_RETURN_IF_ERROR(parts.log.status());
  const LogDb* const log = parts.log->get();
  const std::optional<LogMark> mark = parts.known_mark();
  StoredCheckpoints stored(*log);

  std::vector<VerifyFailure> index_failures;
  const uint64_t total = log->size();
  if (const Status end = log->CheckEnd(mark); !end.ok()) {
    index_failures.push_back({total, "sequence", end.message(), Verdict::kTruncated});
  } else {
    ENVLEDGER_RETURN_IF_ERROR(CheckPublished(parts.published, *log, index_failures));
  }
  const std::unique_ptr<IndexDb> index =
      options.only_hashes ? nullptr : Comparable(std::move(parts.index), total, index_failures);
  const std::unique_ptr<IndexReader> snapshot = index ? index->Snapshot() : nullptr;
  const Watermark watermark = index ? index->watermark() : Watermark();
  std::unique_ptr<IndexCheck> index_check = snapshot ? std::make_unique<IndexCheck>(*snapshot) : nullptr;

  Verifier verifier(options.trusted_key, std::move(parts.given),
                    {.from = {}, .stored = &stored, .parallel_for = OnThreads(ThreadsOf(options))});
  bool log_is_whole = true;
  uint64_t done = 0;
  PreparePipeline::Digest digest;
  if (index_check) digest = [&](const PreparedEntry& prepared) { return index_check->Digest(prepared); };
  PreparePipeline pipeline(
      ThreadsOf(options),
      [&](const PreparePipeline::Item& item) {
        log_is_whole =
            log_is_whole && item.prepared.status.ok() && item.prepared.entry.header.seq == item.seq && item.seq == done;
        verifier.Add(item.seq, item.prepared);
        if (index_check && log_is_whole) index_check->Add(item.prepared, item.digest);
        if (mark) ExpectLast(item, {mark->size, View(mark->last_leaf_hash)}, kNotAcknowledged, index_failures);
        ExpectLast(item, {watermark.seq, watermark.last_leaf_hash}, kOfAnotherLog, index_failures);
        if (++done % kProgressEvery == 0 && progress) progress(done, total);
      },
      DepthOf(options), std::move(digest));
  PushLog(pipeline, *log);
  if (const Status scanned = pipeline.Finish(); !scanned.ok()) {
    index_failures.push_back(
        {verifier.next_seq(), "form", "the log cannot be read further: " + scanned.ToString(), Verdict::kTampered});
    verifier.EndEarly();
    log_is_whole = false;
  }
  if (progress) progress(done, total);

  const std::string unread =
      options.only_hashes ? "not checked: only hashes are compared" : "not checked: it cannot be read";
  ENVLEDGER_ASSIGN_OR_RETURN(
      const std::string index_checked,
      index_check ? FinishIndexCheck(*index_check, snapshot->watermark(), *log, log_is_whole, index_failures) : unread);
  VerifyReport report = verifier.Finish(std::move(index_failures));
  ENVLEDGER_RETURN_IF_ERROR(verifier.input_status());
  report.checks["index"] = index_checked;
  if (!why_all.empty()) report.checks["since"] = "everything was read, because " + why_all;
  return report;
}

}  // namespace

Result<VerifyReport> VerifyStored(const std::string& data_dir, const VerifyOptions& options,
                                  const VerifyProgress& progress) {
  std::string why_all;
  if (options.since_anchor) {
    const auto reader = OpenStored(data_dir);
    if (reader.ok()) {
      ENVLEDGER_ASSIGN_OR_RETURN(auto report, VerifySince(**reader, options, progress, why_all));
      if (report) return *std::move(report);
    } else if (reader.status().verdict() || reader.status().code() == Code::kCorruption) {
      why_all = reader.status().message();
    } else {
      return reader.status();
    }
  }
  return VerifyAll(Parts(data_dir, options), options, progress, why_all);
}

Result<VerifyReport> VerifyServed(LedgerReader& reader, const VerifyOptions& options, const VerifyProgress& progress) {
  std::string why_all;
  if (options.since_anchor) {
    ENVLEDGER_ASSIGN_OR_RETURN(auto report, VerifySince(reader, options, progress, why_all));
    if (report) return *std::move(report);
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse head, reader.Entries({0, 1}));
  const uint64_t total = head.tree_size;
  ServedCheckpoints served(reader, 0, total);
  Verifier verifier(options.trusted_key, options.anchors,
                    {.from = {}, .stored = &served, .parallel_for = OnThreads(ThreadsOf(options))});
  uint64_t done = 0;
  PreparePipeline pipeline(
      ThreadsOf(options),
      [&](const PreparePipeline::Item& item) {
        verifier.Add(item.seq, item.prepared);
        if (++done % kProgressEvery == 0 && progress) progress(done, total);
      },
      DepthOf(options));
  std::vector<VerifyFailure> failures;
  ENVLEDGER_RETURN_IF_ERROR(PushServed(pipeline, reader, 0, total, failures));
  ENVLEDGER_RETURN_IF_ERROR(pipeline.Finish());
  if (!failures.empty()) verifier.EndEarly();
  if (progress) progress(done, total);
  VerifyReport report = verifier.Finish(std::move(failures));
  ENVLEDGER_RETURN_IF_ERROR(verifier.input_status());
  report.checks["index"] = "not checked: it needs the data directory";
  if (!why_all.empty()) report.checks["since"] = "everything was read, because " + why_all;
  return report;
}

}  // namespace envledger
