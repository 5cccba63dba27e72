// An export continues from the last full bundle of the one before. Of the old tree, only the right edge is needed: the
// partial tiles of the levels above 0, read from the directory. The entries after that bundle are read from the ledger
// again. At the old size, the computed root must equal the old checkpoint's root, which proves that the ledger still
// has everything that was exported before, without reading it. At the new size, the root must equal the new
// checkpoint's root, which is signed.
#include "ledger/tiles/export_tiles.h"

#include <algorithm>

#include "ledger/base/message.h"
#include "ledger/chain/tile_builder.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/evidence/served_keys.h"
#include "ledger/tiles/export_directory.h"

namespace envledger {
namespace {

Status Tampered(const std::string& what) { return {Verdict::kTampered, what}; }
Status Truncated(const std::string& what) { return {Verdict::kTruncated, what}; }
Status WrongKey(const std::string& what) { return {Verdict::kWrongKey, what}; }
Status Damaged(const std::string& directory, const std::string& what) {
  return Tampered("the export in " + directory + " is damaged: " + what +
                  " (for details run verify --tiles; to replace it, export into an empty directory)");
}

class TileExport {
 public:
  TileExport(LedgerReader& reader, ExportDirectory& directory, const TileExportOptions& options)
      : reader_(reader), directory_(directory), policy_(options.policy) {}

  Result<TileExportReport> Run(bool sign_now, const VerifyProgress& progress) {
    ENVLEDGER_RETURN_IF_ERROR(ReadLedgerKeys());
    ENVLEDGER_RETURN_IF_ERROR(ReadLedgerCheckpoint(sign_now));
    ENVLEDGER_RETURN_IF_ERROR(ReadOldExport());
    ENVLEDGER_RETURN_IF_ERROR(CompareSizes());
    ENVLEDGER_RETURN_IF_ERROR(Resume());
    ENVLEDGER_RETURN_IF_ERROR(AddEntries(progress));
    if (builder_.Root() != report_.checkpoint.root) {
      return Tampered("the ledger's entries do not give the root of its own checkpoint of " +
                      Entries(report_.checkpoint.size) + (old_ ? " on top of the earlier export" : "") +
                      "; nothing was exported");
    }
    ENVLEDGER_RETURN_IF_ERROR(PlacePartial());
    if (note_ != old_note_) {
      ENVLEDGER_RETURN_IF_ERROR(directory_.Commit(note_));
    } else {
      ENVLEDGER_RETURN_IF_ERROR(directory_.Settle());
    }
    auto removed = directory_.RemoveStale(report_.checkpoint.size);
    if (!removed.ok()) {
      return Status(Code::kUnknownOutcome,
                    "the export is complete as of " + Entries(report_.checkpoint.size) +
                        ", but not all files that it no longer needs could be removed: " + removed.status().message());
    }
    report_.files_removed = *removed;
    report_.files_added = directory_.files_placed();
    report_.bytes_added = directory_.bytes_placed();
    return report_;
  }

 private:
  Status ReadLedgerKeys() {
    auto keys = ReadKeys(reader_);
    if (keys.status().code() == Code::kCorruption) return Tampered("the ledger's keys: " + keys.status().message());
    ENVLEDGER_RETURN_IF_ERROR(keys.status());
    keys_ = *std::move(keys);
    return Ok();
  }

  Status ReadLedgerCheckpoint(bool sign_now) {
    CheckpointsRequest request;
    request.latest = true;
    request.sign_now = sign_now;
    ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, reader_.Checkpoints(request));
    if (response.notes.empty()) return NotFound("the ledger has signed no checkpoint yet; --sign-now signs one");
    note_ = std::move(response.notes.back());
    ENVLEDGER_ASSIGN_OR_RETURN(ProofChecker checker, ProofChecker::Make(policy_));
    if (const Status learned = checker.LearnHistory(*keys_); !learned.ok()) return WrongKey(learned.message());
    const auto tree = checker.Open(note_, AskGrowth(reader_));
    if (tree.status().code() == Code::kCorruption) {
      return WrongKey("the ledger's latest checkpoint " + tree.status().message());
    }
    ENVLEDGER_RETURN_IF_ERROR(tree.status());
    report_.checkpoint = tree->checkpoint();
    report_.key = tree->signer();
    return Ok();
  }

  Status ReadOldExport() {
    ENVLEDGER_ASSIGN_OR_RETURN(std::optional<std::string> bytes, directory_.ReadCheckpoint());
    if (!bytes) return Ok();
    const std::string path = directory_.path() + "/" + std::string(kExportCheckpoint);
    // The origin is checked first: the checkpoint of another ledger is not damage.
    const auto claimed = ReadCheckpointNote(*bytes);
    if (!claimed.ok()) return Damaged(directory_.path(), path + ": " + claimed.status().message());
    if (claimed->origin != report_.checkpoint.origin) {
      return Conflict("origin", directory_.path() + " holds an export of " + Quoted(claimed->origin) + ", not of " +
                                    Quoted(report_.checkpoint.origin));
    }
    auto opened = OpenCheckpoint(*bytes, *keys_);
    if (opened.status().code() == Code::kNotFound) {
      return WrongKey(
          path + " is not signed by any of this ledger's keys: it belongs to another ledger with the same origin, " +
          "or was changed");
    }
    if (!opened.ok()) return Damaged(directory_.path(), path + ": " + opened.status().message());
    old_ = *std::move(opened);
    old_note_ = *std::move(bytes);
    report_.old_size = old_->size;
    return Ok();
  }

  Status CompareSizes() const {
    if (!old_) return Ok();
    const Checkpoint& now = report_.checkpoint;
    if (now.size < old_->size) {
      return Truncated("the export in " + directory_.path() + " has " + Entries(old_->size) +
                       ", signed by the ledger, but the ledger's latest checkpoint covers only " + Entries(now.size));
    }
    if (now.size == old_->size && now.root != old_->root) {
      return Tampered("the ledger's checkpoint of " + Entries(now.size) + " has another root than the one in " +
                      directory_.path() + ", and both are signed");
    }
    return Ok();
  }

  // Loads the right edge of the old tree at its last full bundle.
  Status Resume() {
    if (!old_) return Ok();
    TileBuilder::Pending pending;
    for (unsigned level = 1; level < kTileLevels; ++level) {
      ENVLEDGER_ASSIGN_OR_RETURN(pending[level], ReadOldPartial(level));
    }
    ENVLEDGER_ASSIGN_OR_RETURN(builder_, TileBuilder::From(old_->size - old_->size % kTileWidth, pending));
    // The directory must agree with its own checkpoint, so that its damage is not blamed on the ledger.
    ENVLEDGER_ASSIGN_OR_RETURN(pending[0], ReadOldPartial(0));
    ENVLEDGER_ASSIGN_OR_RETURN(const TileBuilder whole, TileBuilder::From(old_->size, std::move(pending)));
    if (whole.Root() == old_->root) return Ok();
    return Damaged(directory_.path(), "its hash tiles do not give the root of its checkpoint");
  }

  Result<std::vector<Hash>> ReadOldPartial(unsigned level) const {
    const uint64_t hashes = HashesAtLevel(old_->size, level);
    const TileId tile{
        .level = level, .index = hashes / kTileWidth, .width = static_cast<unsigned>(hashes % kTileWidth)};
    if (tile.width == 0) return std::vector<Hash>();
    auto bytes = directory_.ReadTile(tile);
    if (!bytes.ok() && bytes.status().code() != Code::kCorruption) return std::move(bytes).status();
    auto parsed = bytes.ok() ? ParseTile(*bytes, tile.width) : Result<std::vector<Hash>>(bytes.status());
    if (!parsed.ok()) return Damaged(directory_.path(), TilePath(tile) + ": " + parsed.status().message());
    return parsed;
  }

  Status AddEntries(const VerifyProgress& progress) {
    const uint64_t size = report_.checkpoint.size;
    while (builder_.size() < size) {
      EntriesRequest request;
      request.from_seq = builder_.size();
      request.limit = static_cast<uint32_t>(std::min<uint64_t>(size - builder_.size(), UINT32_MAX));
      ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse page, reader_.Entries(request));
      if (page.tree_size < size) {
        return Truncated("the ledger has " + Entries(page.tree_size) + ", but its checkpoint covers " + Entries(size));
      }
      if (page.entries.empty())
        return Internal("the ledger returned no entries from seq " + std::to_string(builder_.size()));
      for (const std::string& entry : page.entries) {
        if (builder_.size() == size) break;
        ENVLEDGER_RETURN_IF_ERROR(AddEntry(entry));
      }
      if (progress) progress(builder_.size(), size);
    }
    return Ok();
  }

  Status AddEntry(std::string_view entry) {
    if (Status added = AppendToBundle(bundle_, entry); !added.ok()) {
      return Tampered("entry " + std::to_string(builder_.size()) + ": " + added.message());
    }
    ENVLEDGER_RETURN_IF_ERROR(builder_.Append(LeafHash(entry), sink_));
    if (builder_.size() % kTileWidth == 0) {
      ENVLEDGER_RETURN_IF_ERROR(Place({.entries = true, .index = builder_.size() / kTileWidth - 1}, bundle_));
      bundle_.clear();
    }
    if (!old_ || builder_.size() != old_->size || builder_.Root() == old_->root) return Ok();
    const uint64_t from = old_->size - 1 - (old_->size - 1) % kTileWidth;
    return Tampered("the ledger's entries " + std::to_string(from) + " to " + std::to_string(old_->size - 1) +
                    " differ from those that were signed and exported to " + directory_.path());
  }

  Status PlacePartial() {
    ENVLEDGER_RETURN_IF_ERROR(builder_.VisitPartial(sink_));
    const uint64_t size = builder_.size();
    const auto width = static_cast<unsigned>(size % kTileWidth);
    return width == 0 ? Ok() : Place({.entries = true, .index = size / kTileWidth, .width = width}, bundle_);
  }

  // Files that the old checkpoint covers exist already and stay unchanged.
  Status Place(const TileId& tile, std::string_view bytes) {
    if (old_ && TreeHasTile(old_->size, tile)) return Ok();
    return directory_.Place(tile, bytes);
  }

  LedgerReader& reader_;
  ExportDirectory& directory_;
  const TrustPolicy policy_;
  std::optional<KeyHistory> keys_;
  TileExportReport report_;
  std::string note_;
  std::optional<Checkpoint> old_;
  std::string old_note_;
  TileBuilder builder_;
  std::string bundle_;  // the entries after the last full bundle
  const TileBuilder::Sink sink_ = [this](const TileId& tile, const std::vector<Hash>& hashes) {
    return Place(tile, EncodeTile(hashes));
  };
};

}  // namespace

Result<TileExportReport> ExportTiles(LedgerReader& reader, const std::string& directory,
                                     const TileExportOptions& options, const VerifyProgress& progress) {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto opened, ExportDirectory::Open(directory, options.before_change));
  return TileExport(reader, *opened, options).Run(options.sign_now, progress);
}

}  // namespace envledger
