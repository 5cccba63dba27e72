// An export has no index, so finding an envelope means reading everything. The answer can then be checked at no extra
// cost: the leaf hashes of all entries are known, and with them the root that the checkpoint vouches for. The places
// and leaf hashes of the envelope's records are remembered, so that a large envelope can be read page by page without
// starting again.
#include "ledger/tiles/tiles_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/chain/note.h"
#include "ledger/chain/tile.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/files/file.h"
#include "ledger/protocol/envelope_pages.h"
#include "ledger/tiles/export_directory.h"

namespace envledger {
namespace {

constexpr uint64_t kAnswerBytes = 2 << 20;  // size of the entries in one answer

Status OnlyWithALedger(const std::string& what) {
  return InvalidArgument("an exported directory has no index and no daemon: " + what + " needs --socket or --data-dir");
}

class TilesReader : public LedgerReader {
 public:
  TilesReader(std::string directory, std::string note, Checkpoint checkpoint)
      : directory_(std::move(directory)), note_(std::move(note)), checkpoint_(std::move(checkpoint)) {}

  Result<EntriesResponse> Entries(const EntriesRequest& request) override {
    EntriesResponse response;
    response.tree_size = checkpoint_.size;
    if (request.from_seq >= checkpoint_.size) return response;
    // A page ends at the end of its bundle.
    ENVLEDGER_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(request.from_seq / kTileWidth));
    for (size_t i = request.from_seq % kTileWidth; i < bundle.entries.size(); ++i) {
      if (request.limit != 0 && response.entries.size() == request.limit) break;
      response.entries.emplace_back(bundle.entries[i]);
    }
    return response;
  }

  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    if (request.sign_now) return OnlyWithALedger("signing a checkpoint");
    CheckpointsResponse response;
    if (request.latest || request.from_size <= checkpoint_.size) response.notes.push_back(note_);
    return response;
  }

  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    if (!found_ || found_->envelope_id != request.envelope_id) {
      ENVLEDGER_ASSIGN_OR_RETURN(found_, Locate(request.envelope_id));
    }
    EnvelopeResponse response;
    response.envelope.envelope_id = request.envelope_id;
    Completeness& completeness = response.completeness;
    completeness.tree_size = checkpoint_.size;
    completeness.root = checkpoint_.root;
    completeness.checkpoint = note_;
    completeness.scanned = checkpoint_.size;
    completeness.problem = found_->problem;
    const uint64_t from = request.from_revision.value_or(0);
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t end, Take(from, request.max_bytes, response.envelope.entries));
    if (end < found_->records.size()) {
      if (request.from_revision) {
        response.envelope.next_revision = end;
      } else if (completeness.problem.empty()) {
        completeness.problem = TooLargeForOneAnswer(request.envelope_id);
      }
    }
    completeness.complete = completeness.problem.empty();
    return response;
  }

  Result<StatusResponse> Status(const StatusRequest&) override { return OnlyWithALedger("a status"); }
  Result<QueryResponse> Query(const QueryRequest&) override { return OnlyWithALedger("a query"); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest&) override {
    return OnlyWithALedger("a list of principals");
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest&) override {
    return OnlyWithALedger("a proof");
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest&) override {
    return OnlyWithALedger("a proof");
  }
  Result<EventsResponse> Events(const EventsRequest&) override { return OnlyWithALedger("a list of events"); }

 private:
  struct Bundle {
    std::unique_ptr<std::string> bytes;  // the entries point into it
    std::vector<std::string_view> entries;
  };

  Result<Bundle> ReadBundle(uint64_t index) const {
    const TileId tile{.entries = true, .index = index, .width = TileWidthAt(checkpoint_.size, 0, index)};
    const std::string path = directory_ + "/" + TilePath(tile);
    auto bytes = ReadFile(path, kMaxBundleBytes);
    const bool damaged = bytes.status().code() == Code::kNotFound || bytes.status().code() == Code::kResourceExhausted;
    if (damaged) return Corruption(bytes.status().message() + "; run verify --tiles");
    if (!bytes.ok()) return std::move(bytes).status();
    Bundle bundle{std::make_unique<std::string>(*std::move(bytes)), {}};
    auto entries = ParseBundle(*bundle.bytes, tile.width);
    if (!entries.ok()) return std::move(entries).status().Prepend(path + ": ");
    bundle.entries = *std::move(entries);
    return bundle;
  }

  // Where the records of an envelope are; takes 40 bytes for each.
  struct Located {
    std::string envelope_id;
    std::vector<std::pair<uint64_t, Hash>> records;  // seq and leaf hash
    std::string problem;
  };

  // Reads every entry. Returns a result only if all of them give the checkpoint's root.
  Result<Located> Locate(const std::string& envelope_id) const {
    Located located{.envelope_id = envelope_id, .records = {}, .problem = {}};
    Frontier frontier;
    for (uint64_t index = 0; index < TilesAtLevel(checkpoint_.size, 0); ++index) {
      ENVLEDGER_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(index));
      for (const std::string_view entry : bundle.entries) {
        const Hash leaf_hash = LeafHash(entry);
        ENVLEDGER_RETURN_IF_ERROR(Note(frontier.size(), entry, leaf_hash, located));
        frontier.Append(leaf_hash);
      }
    }
    if (frontier.Root() != checkpoint_.root) {
      return Corruption("the entries in " + directory_ + " do not give the root of its checkpoint; run verify --tiles");
    }
    if (located.records.empty()) return NotFound("envelope " + Quoted(envelope_id));
    return located;
  }

  // Adds the entry if it is a record of the envelope.
  static envledger::Status Note(uint64_t seq, std::string_view entry, const Hash& leaf_hash, Located& located) {
    const std::string& id = located.envelope_id;
    if (entry.find(id) == std::string_view::npos) return Ok();  // an entry stores its ids verbatim
    const auto view = CheckEntry(entry);
    if (!view.ok()) return Corruption("entry " + std::to_string(seq) + ": " + view.status().message());
    if (view->event) return Ok();
    const auto facts = CheckTransition(view->transition);
    if (!facts.ok()) return Corruption("entry " + std::to_string(seq) + ": " + facts.status().message());
    if (facts->envelope_id != id) return Ok();
    if (view->header.envelope_revision != located.records.size() && located.problem.empty()) {
      located.problem = "entry " + std::to_string(seq) + " is not revision " + std::to_string(located.records.size()) +
                        " of the envelope";
    }
    located.records.emplace_back(seq, leaf_hash);
    return Ok();
  }

  // Reads the located records from number `from` on, as many as fit an answer but at least one, and returns the number
  // of the next. They are read again, so they must still have the leaf hashes that gave the root.
  Result<uint64_t> Take(uint64_t from, uint64_t max_bytes, std::vector<std::string>& entries) const {
    const uint64_t most = max_bytes == 0 ? kAnswerBytes : std::min<uint64_t>(max_bytes, kAnswerBytes);
    uint64_t bytes = 0;
    std::optional<uint64_t> held;
    Bundle bundle;
    for (uint64_t next = from; next < found_->records.size(); ++next) {
      const auto& [seq, leaf_hash] = found_->records[next];
      if (held != seq / kTileWidth) {
        held = seq / kTileWidth;
        ENVLEDGER_ASSIGN_OR_RETURN(bundle, ReadBundle(*held));
      }
      const std::string_view entry = bundle.entries[seq % kTileWidth];
      if (LeafHash(entry) != leaf_hash) {
        return Corruption("entry " + std::to_string(seq) + " in " + directory_ + " changed while it was read");
      }
      bytes += entry.size();
      if (!entries.empty() && bytes > most) return next;
      entries.emplace_back(entry);
    }
    return found_->records.size();
  }

  const std::string directory_;
  const std::string note_;
  const Checkpoint checkpoint_;
  std::optional<Located> found_;  // the last envelope that was asked for
};

}  // namespace

Result<std::unique_ptr<LedgerReader>> OpenTiles(const std::string& directory) {
  const std::string path = directory + "/" + std::string(kExportCheckpoint);
  auto bytes = ReadFile(path, kMaxNoteBytes);
  if (!bytes.ok()) return std::move(bytes).status().Prepend("no export in " + directory + ": ");
  auto checkpoint = ReadCheckpointNote(*bytes);
  if (!checkpoint.ok()) return Corruption(path + ": " + checkpoint.status().message());
  return std::unique_ptr<LedgerReader>(
      std::make_unique<TilesReader>(directory, *std::move(bytes), *std::move(checkpoint)));
}

}  // namespace envledger
