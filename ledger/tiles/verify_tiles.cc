// The entries go through the same pipeline and verifier as those of a stored ledger. Their leaf hashes, in order, go
// through the builder that writes exports, so that every tile that must exist is built again and compared.
//
// When a bundle cannot be read, the chain cannot be followed further, and the verifier takes no more entries. But the
// bundle's tile of leaf hashes can replace it in the tree, so that all other files are still checked to the last byte.
// If that tile is missing too, the tree ends there.
#include "ledger/tiles/verify_tiles.h"

#include <algorithm>
#include <iterator>

#include "ledger/chain/tile_builder.h"
#include "ledger/files/file.h"
#include "ledger/tiles/export_directory.h"
#include "ledger/verify/pipeline.h"
#include "ledger/verify/verify_since.h"

namespace envledger {
namespace {

constexpr const char* kCheck = "tile";

std::string Range(uint64_t from, uint64_t count) {
  return count == 1 ? "entry " + std::to_string(from)
                    : "entries " + std::to_string(from) + " to " + std::to_string(from + count - 1);
}

class TilesVerification {
 public:
  TilesVerification(const std::string& directory, Checkpoint checkpoint, ExportListing listing, Verifier& verifier,
                    const VerifyOptions& options, const VerifyProgress& progress)
      : directory_(directory),
        checkpoint_(std::move(checkpoint)),
        listing_(std::move(listing)),
        verifier_(verifier),
        progress_(progress),
        pipeline_(
            ThreadsOf(options), [this](const PreparePipeline::Item& item) { Consume(item.seq, item.prepared); },
            options.only_hashes ? PreparePipeline::Depth::kHashes : PreparePipeline::Depth::kWhole) {}

  Result<VerifyReport> Run() {
    ENVLEDGER_RETURN_IF_ERROR(ReadEntries());
    if (progress_) progress_(builder_.size(), checkpoint_.size);
    ENVLEDGER_RETURN_IF_ERROR(std::move(problem_));
    if (builder_.size() == checkpoint_.size) {
      ENVLEDGER_RETURN_IF_ERROR(builder_.VisitPartial(sink_));
      // If the chain is complete, the verifier compares the root with every checkpoint.
      if (hole_ && builder_.Root() != checkpoint_.root) {
        Fail(std::nullopt, Verdict::kTampered, "the hashes of all entries do not give the root of " + CheckpointPath());
      }
    }
    for (const std::string& name : listing_.unknown) {
      Fail(std::nullopt, Verdict::kTampered, name + " is not a file of an export");
    }
    VerifyReport report = verifier_.Finish(failures_);
    if (builder_.size() == checkpoint_.size) report.root = builder_.Root();
    for (VerifyFailure& failure : report.failures) Locate(failure);
    ListOwnFailures(report);
    Tell(report);
    return report;
  }

 private:
  std::string CheckpointPath() const { return directory_ + "/" + std::string(kExportCheckpoint); }
  bool Has(const TileId& tile) const { return listing_.tiles.contains(tile); }
  void Fail(std::optional<uint64_t> seq, Verdict verdict, std::string message) {
    failures_.push_back({seq, kCheck, std::move(message), verdict});
  }

  Result<std::string> Read(const TileId& tile) const {
    return ReadFile(directory_ + "/" + TilePath(tile), tile.entries ? kMaxBundleBytes : kMaxTileBytes);
  }
  // Returns nothing, and notes a failure, when the file is longer than any valid one. Other errors end the
  // verification.
  Result<std::optional<std::string>> ReadOrFail(const TileId& tile, std::optional<uint64_t> seq) {
    auto bytes = Read(tile);
    if (bytes.ok()) return std::optional(*std::move(bytes));
    if (bytes.status().code() != Code::kResourceExhausted) return std::move(bytes).status();
    Fail(seq, Verdict::kTampered, TilePath(tile) + ": " + bytes.status().message());
    return std::optional<std::string>();
  }

  TileId BundleAt(uint64_t index) const {
    return {.entries = true, .index = index, .width = TileWidthAt(checkpoint_.size, 0, index)};
  }

  Status ReadEntries() {
    const uint64_t bundles = TilesAtLevel(checkpoint_.size, 0);
    uint64_t present_end = 0;  // one past the last bundle that exists
    for (const TileId& tile : listing_.tiles) {
      if (tile.entries && TreeHasTile(checkpoint_.size, tile)) present_end = tile.index + 1;
    }
    for (uint64_t index = 0; index < bundles && problem_.ok(); ++index) {
      const TileId bundle = BundleAt(index);
      bool read = false;
      if (Has(bundle)) {
        ENVLEDGER_ASSIGN_OR_RETURN(read, PushBundle(bundle));
      } else {
        Fail(index * kTileWidth, index >= present_end ? Verdict::kTruncated : Verdict::kIncomplete,
             TilePath(bundle) + ", which holds " + Range(index * kTileWidth, bundle.width) + ", is missing");
      }
      if (read) continue;
      ENVLEDGER_RETURN_IF_ERROR(pipeline_.Finish());
      if (!hole_) hole_ = index * kTileWidth;
      // For a cut tail, the verifier reports the truncation itself. But without a first entry it would report more than
      // is known.
      if (index < present_end || index == 0) verifier_.EndEarly();
      ENVLEDGER_ASSIGN_OR_RETURN(const bool stood_in, AppendTileOf(bundle));
      if (!stood_in) break;
    }
    return pipeline_.Finish();
  }

  // Returns false, and notes a failure, when the bundle is malformed.
  Result<bool> PushBundle(const TileId& bundle) {
    const uint64_t first = bundle.index * kTileWidth;
    ENVLEDGER_ASSIGN_OR_RETURN(const auto bytes, ReadOrFail(bundle, first));
    if (!bytes) return false;
    const auto entries = ParseBundle(*bytes, bundle.width);
    if (!entries.ok()) {
      Fail(first, Verdict::kTampered, TilePath(bundle) + ": " + entries.status().message());
      return false;
    }
    ++files_;
    uint64_t seq = first;
    for (const std::string_view entry : *entries) pipeline_.Push(seq++, entry);
    return VisitNarrower(bundle, [&](const TileId& narrower) {
      const std::string_view last = (*entries)[narrower.width - 1];
      const auto end = static_cast<size_t>(last.data() + last.size() - bytes->data());
      return ComparePrefix(narrower, std::string_view(*bytes).substr(0, end), bundle, first);
    });
  }

  // Uses the leaf hashes in place of a bundle that cannot be read. False when they are missing too.
  Result<bool> AppendTileOf(const TileId& bundle) {
    const TileId tile{.index = bundle.index, .width = bundle.width};
    if (!Has(tile)) {
      Fail(tile.index * kTileWidth, Verdict::kIncomplete,
           TilePath(tile) + " is missing: without it and " + TilePath(bundle) +
               " the entries after them cannot be checked");
      return false;
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const auto bytes, ReadOrFail(tile, tile.index * kTileWidth));
    if (!bytes) return false;
    const auto hashes = ParseTile(*bytes, tile.width);
    if (!hashes.ok()) {
      Fail(tile.index * kTileWidth, Verdict::kTampered, TilePath(tile) + ": " + hashes.status().message());
      return false;
    }
    for (const Hash& hash : *hashes) ENVLEDGER_RETURN_IF_ERROR(builder_.Append(hash, sink_));
    return true;
  }

  void Consume(uint64_t seq, const PreparedEntry& prepared) {
    if (!problem_.ok()) return;
    if (!hole_) {
      verifier_.Add(seq, prepared);
    } else if (!prepared.status.ok()) {
      Fail(seq, Verdict::kTampered,
           TilePath(BundleAt(seq / kTileWidth)) + ", its entry " + std::to_string(seq % kTileWidth) + ": " +
               prepared.status.ToString());
    }
    problem_ = builder_.Append(prepared.leaf_hash, sink_);
    if (builder_.size() % kProgressEvery == 0 && progress_) progress_(builder_.size(), checkpoint_.size);
  }

  // Compares the file of a tile with what it must contain.
  Status CompareTile(const TileId& tile, const std::vector<Hash>& hashes) {
    // A failure above level 0 belongs to no single entry; if an entry was changed, the tile of level 0 shows which.
    const std::optional<uint64_t> first = tile.level == 0 ? std::optional(tile.index * kTileWidth) : std::nullopt;
    const std::string due = EncodeTile(hashes);
    if (Has(tile)) {
      ENVLEDGER_ASSIGN_OR_RETURN(const auto bytes, ReadOrFail(tile, first));
      if (bytes) CompareHashes(tile, *bytes, due);
    } else {
      Fail(first, Verdict::kIncomplete, TilePath(tile) + " is missing");
    }
    return VisitNarrower(tile,
                         [&](const TileId& narrower) {
                           return ComparePrefix(narrower, std::string_view(due).substr(0, narrower.width * kHashBytes),
                                                tile, first);
                         })
        .status();
  }

  void CompareHashes(const TileId& tile, const std::string& bytes, const std::string& due) {
    ++files_;
    const auto at =
        static_cast<size_t>(std::mismatch(bytes.begin(), bytes.end(), due.begin(), due.end()).first - bytes.begin());
    if (at == bytes.size() && at == due.size()) return;
    const uint64_t hash = std::min(at, due.size() - 1) / kHashBytes;
    const uint64_t number = tile.index * kTileWidth + hash;
    std::string message = TilePath(tile) + ": ";
    if (bytes.size() != due.size()) {
      message += "it has " + std::to_string(bytes.size()) + " bytes, not " + std::to_string(due.size()) + "; ";
    }
    message += "at byte " + std::to_string(at) + ", hash " + std::to_string(hash) + " is not that of ";
    message += tile.level == 0 ? Range(number, 1) + " in " + TilePath(BundleAt(tile.index))
                               : TilePath({.level = tile.level - 1, .index = number});
    Fail(tile.level == 0 ? std::optional(number) : std::nullopt, Verdict::kTampered, std::move(message));
  }

  // Visits the narrower tiles or bundles that smaller trees had in place of `tile`. Returns true unless there is an
  // error.
  template <typename Visit>
  Result<bool> VisitNarrower(TileId tile, const Visit& visit) {
    const unsigned width = tile.width;
    tile.width = 0;
    for (auto at = listing_.tiles.upper_bound(tile); at != listing_.tiles.end(); ++at) {
      if (at->entries != tile.entries || at->level != tile.level || at->index != tile.index || at->width >= width)
        break;
      ENVLEDGER_RETURN_IF_ERROR(visit(*at));
    }
    return true;
  }

  Status ComparePrefix(const TileId& narrower, std::string_view due, const TileId& whole, std::optional<uint64_t> seq) {
    auto bytes = Read(narrower);
    // An export that is running may just have removed it.
    if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return Ok();
    if (!bytes.ok() && bytes.status().code() != Code::kResourceExhausted) return std::move(bytes).status();
    if (bytes.ok() && *bytes == due) {
      ++narrower_files_;
      return Ok();
    }
    std::string where = "it is longer";
    if (bytes.ok()) {
      const auto at = std::mismatch(bytes->begin(), bytes->end(), due.begin(), due.end()).first - bytes->begin();
      where = "at byte " + std::to_string(at) + ", it differs";
    }
    Fail(seq, Verdict::kTampered,
         TilePath(narrower) + ": " + where + " from the beginning of " + TilePath(whole) + ", which " +
             std::to_string(narrower.width) + (whole.entries ? " entries" : " hashes") + " of it must be");
    return Ok();
  }

  // Adds to a failure which file holds the entry, and where in that file.
  void Locate(VerifyFailure& failure) const {
    static constexpr std::string_view kOfEntries[] = {"form", "sequence", "chain", "time", "lifecycle", "links"};
    if (!failure.seq || *failure.seq >= checkpoint_.size ||
        std::find(std::begin(kOfEntries), std::end(kOfEntries), failure.check) == std::end(kOfEntries)) {
      return;
    }
    const TileId bundle = BundleAt(*failure.seq / kTileWidth);
    const uint64_t within = *failure.seq % kTileWidth;
    std::string where = TilePath(bundle) + ", its entry " + std::to_string(within);
    const auto bytes = Has(bundle) ? Read(bundle) : Result<std::string>(NotFound(""));
    const auto entries =
        bytes.ok() ? ParseBundle(*bytes, bundle.width) : Result<std::vector<std::string_view>>(NotFound(""));
    if (entries.ok()) where += " at byte " + std::to_string((*entries)[within].data() - bytes->data());
    failure.message = where + ": " + failure.message;
  }

  // The verifier lists only the first failures it was given, and it is given those of files last; so all of them are
  // merged here.
  void ListOwnFailures(VerifyReport& report) {
    std::erase_if(report.failures, [](const VerifyFailure& failure) { return failure.check == kCheck; });
    std::move(failures_.begin(), failures_.end(), std::back_inserter(report.failures));
    std::stable_sort(report.failures.begin(), report.failures.end(), [](const auto& a, const auto& b) {
      return a.seq.value_or(UINT64_MAX) < b.seq.value_or(UINT64_MAX);
    });
    if (report.failures.size() > VerifyReport::kMaxFailures) report.failures.resize(VerifyReport::kMaxFailures);
  }

  void Tell(VerifyReport& report) const {
    uint64_t beyond = 0;
    for (const TileId& tile : listing_.tiles) {
      if (tile.width > TileWidthAt(checkpoint_.size, tile.level, tile.index)) ++beyond;
    }
    std::string told = std::to_string(files_) + " tiles and bundles byte for byte, and " +
                       std::to_string(narrower_files_) + " of smaller trees";
    if (beyond > 0) {
      told += "; not checked: " + std::to_string(beyond) + " beyond the checkpoint, for which nothing vouches";
    }
    if (builder_.size() < checkpoint_.size) {
      told += "; not checked: the tree from entry " + std::to_string(builder_.size()) + " on";
    }
    report.checks[kCheck] = told;
    if (hole_) report.checks["chain"] += "; not followed from entry " + std::to_string(*hole_) + " on";
    if (!listing_.elsewhere.empty()) {
      report.checks["files"] = "not checked: " + std::to_string(listing_.elsewhere.size()) +
                               " beside the export, such as " + Quoted(listing_.elsewhere.front());
    }
    report.checks["index"] = "not checked: an export has none";
  }

  const std::string directory_;
  const Checkpoint checkpoint_;
  const ExportListing listing_;
  Verifier& verifier_;
  const VerifyProgress& progress_;
  TileBuilder builder_;
  Status problem_;                       // an error that ends the verification
  std::optional<uint64_t> hole_;         // the first unreadable entry; the chain is not followed beyond it
  std::vector<VerifyFailure> failures_;  // all failures of check kCheck
  uint64_t files_ = 0;
  uint64_t narrower_files_ = 0;
  const TileBuilder::Sink sink_ = [this](const TileId& tile, const std::vector<Hash>& hashes) {
    return CompareTile(tile, hashes);
  };
  PreparePipeline pipeline_;  // destroyed first: its threads use the other members
};

// The report for a directory with a malformed checkpoint: without it, nobody knows which files must exist.
VerifyReport NoCheckpoint(const std::string& path, const Status& why) {
  VerifyReport report;
  report.verdict = Verdict::kTampered;
  report.failures.push_back({std::nullopt, "checkpoint", path + ": " + why.message(), Verdict::kTampered});
  report.failure_count = 1;
  report.root = EmptyRoot();
  report.checks["checkpoint"] = "the export's checkpoint is malformed: nothing else was checked";
  return report;
}

}  // namespace

Result<VerifyReport> VerifyTiles(const std::string& directory, const VerifyOptions& options,
                                 const VerifyProgress& progress) {
  const std::string path = directory + "/" + std::string(kExportCheckpoint);
  auto bytes = ReadFile(path, kMaxNoteBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kResourceExhausted) return NoCheckpoint(path, bytes.status());
  if (!bytes.ok()) return std::move(bytes).status().Prepend("no export in " + directory + ": ");
  const auto checkpoint = ReadCheckpointNote(*bytes);
  if (!checkpoint.ok()) return NoCheckpoint(path, checkpoint.status());
  // The checkpoint is read before the listing: an export that is running only adds files to those it covers.
  ENVLEDGER_ASSIGN_OR_RETURN(ExportListing listing, ListExport(directory));
  std::vector<CheckpointInput> checkpoints = options.anchors;
  checkpoints.push_back({*std::move(bytes), "in " + path, false});
  Verifier verifier(options.trusted_key, std::move(checkpoints));
  return TilesVerification(directory, *checkpoint, std::move(listing), verifier, options, progress).Run();
}

}  // namespace envledger
