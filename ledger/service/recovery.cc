#include "ledger/service/recovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "ledger/base/log.h"
#include "ledger/chain/verifier.h"
#include "ledger/files/directory_lock.h"
#include "ledger/files/file.h"
#include "ledger/index/logged_keys.h"
#include "ledger/index/rebuild.h"
#include "ledger/service/rotation.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_mark.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInitPatience{10};

Status WriteGenesis(const std::string& log_path, const VerifierKey& verifier_key, const SigningKey& key, Clock& clock,
                    std::string& note) {
  ENVLEDGER_RETURN_IF_ERROR(LogDb::Create(log_path, {}));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto log, LogDb::Open(log_path, {}));
  EntryHeader header;
  header.recorded_at = clock.Now();
  header.recorder = {getuid(), getgid(), static_cast<int32_t>(getpid()), "envledgerd"};
  EntryBuilder builder;
  const Genesis genesis{verifier_key.name, key.public_key(), kFormatVersion, header.recorded_at};
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view entry, builder.Build(header, genesis));
  ENVLEDGER_RETURN_IF_ERROR(log->Append(0, {entry}));
  const Frontier before_last;
  Frontier frontier = before_last;
  frontier.Append(LeafHash(entry));
  note = SignNote(FormatCheckpoint({verifier_key.name, 1, frontier.Root()}), {{verifier_key, &key}});
  return log->PutCheckpoint(1, note, before_last.Encode());
}

// Where verification begins, and what it must know about the entries before that.
struct Start {
  Frontier from;
  std::vector<std::pair<uint64_t, std::string>> key_events;  // earlier entries: the genesis and key rotations
};

// Reads what the log stores beside its latest checkpoint to make a start quick, and checks it against that checkpoint:
// the tree without the last leaf, and the seqs of the entries that rotate the key. Not ok, with the reason, when it
// does not match.
Result<Start> QuickStart(const LogDb& log, const Checkpoint& checkpoint, const Note& note,
                         std::string_view stored_tree) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string last, log.Read(checkpoint.size - 1));
  Start start;
  ENVLEDGER_ASSIGN_OR_RETURN(start.from,
                             Frontier::DecodeProven(stored_tree, checkpoint.size, LeafHash(last), checkpoint.root));
  ENVLEDGER_ASSIGN_OR_RETURN(const KeyHistory keys, NotedKeys(log));
  const NoteSigners signers = SignersOf(note, keys);
  ENVLEDGER_RETURN_IF_ERROR(signers.status);
  if (!signers.By(keys.IndexAt(checkpoint.size))) {
    return NotFound("the latest checkpoint is not signed by " + FormatVerifierKey(keys.KeyAt(checkpoint.size)));
  }
  for (const HistoricKey& key : keys.keys()) {
    if (key.seq >= start.from.size()) break;
    ENVLEDGER_ASSIGN_OR_RETURN(std::string entry, log.Read(key.seq));
    start.key_events.emplace_back(key.seq, std::move(entry));
  }
  return start;
}

// Verifies from `start` on. Transitions that the checkpoint covers are only hashed.
Result<Recovered> VerifyFrom(const LogDb& log, const CheckpointInput& latest, const Checkpoint& checkpoint,
                             const Start& start, const std::function<void(uint64_t)>& progress) {
  Verifier verifier(std::nullopt, {latest}, {.from = start.from, .past = nullptr, .lifecycle_and_links = false});
  for (const auto& [seq, entry] : start.key_events) verifier.AddPastEvent(seq, PrepareEntry(entry));
  Frontier before_last;
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;
  bool clean = false;
  const Status scanned = log.Scan(start.from.size(), UINT64_MAX, [&](uint64_t seq, std::string_view bytes) {
    const PreparedEntry prepared = seq + 1 < checkpoint.size ? PrepareHash(bytes) : PrepareEntry(bytes);
    if (seq + 1 == log.size()) before_last = verifier.tree();
    verifier.Add(seq, prepared);
    last_leaf_hash = prepared.leaf_hash;
    last_recorded_at = prepared.entry.header.recorded_at;
    const std::optional<LedgerEvent>& event = prepared.entry.event;
    clean = event && (std::holds_alternative<Closed>(*event) || std::holds_alternative<Genesis>(*event));
    if (progress && seq % 65'536 == 0) progress(seq);
    return true;
  });
  if (scanned.code() == Code::kCorruption) {
    return Damaged(Verdict::kTampered, "the log cannot be read: " + scanned.message());
  }
  ENVLEDGER_RETURN_IF_ERROR(scanned);
  const VerifyReport report = verifier.Finish();
  if (const Status verified = StatusOf(report); !verified.ok()) return Damaged(report.verdict, verified.message());
  if (report.tree_size != log.size()) {
    return Damaged(Verdict::kTampered, "entry " + std::to_string(report.tree_size) + " is missing");
  }
  return Recovered{.end = {verifier.tree(), last_leaf_hash, last_recorded_at},
                   .before_last = std::move(before_last),
                   .latest = {checkpoint, latest.note, last_recorded_at},
                   .keys = *verifier.keys(),
                   .clean = clean,
                   .checked = log.size() - checkpoint.size};
}

}  // namespace

Status InitLedger(const std::string& data_dir, const std::string& origin, const SigningKey& key,
                  const std::string& publish_path, Clock& clock) {
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey verifier_key, MakeVerifierKey(origin, key.public_key()));
  std::error_code error;
  const bool made = mkdir(data_dir.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return FromErrno(errno, "create " + data_dir);
  // Another process may be creating a ledger here; its unfinished work must not be taken for leftovers.
  ENVLEDGER_ASSIGN_OR_RETURN(const UniqueFd lock, LockDirectory(data_dir, kInitPatience));
  if (fs::exists(LogPath(data_dir), error)) return Conflict("exists", data_dir + " holds a ledger already");
  if (fs::exists(publish_path, error)) {
    return Conflict("exists", publish_path + " exists already: it is the published checkpoint of a ledger");
  }
  const std::string publish_dir = DirectoryOf(publish_path);
  if (access(publish_dir.c_str(), W_OK | X_OK) != 0) {
    return FromErrno(errno, "publish the checkpoint in " + publish_dir);
  }
  const std::string temporary = data_dir + "/log.init";
  fs::remove_all(temporary, error);  // left by an init that was interrupted before its rename
  std::string note;
  if (Status written = WriteGenesis(temporary, verifier_key, key, clock, note); !written.ok()) {
    // Whatever is in the temporary directory now, it is no ledger.
    const bool unknown = written.code() == Code::kUnknownOutcome;
    return unknown ? Unavailable("the ledger was not created: " + written.message()) : written;
  }
  Status settled = RenameDurably(temporary, LogPath(data_dir));
  if (!settled.ok() && settled.code() != Code::kUnknownOutcome) return settled;
  // From here on there is a ledger, even if a later step fails.
  if (settled.ok() && made) settled = SyncDirectory(DirectoryOf(data_dir));
  // The published checkpoint comes last: start-up replaces a missing one, but one without a ledger looks like a lost
  // ledger.
  if (settled.ok()) settled = WriteFileDurably(publish_path, note, 0644);
  // So that the ledger verifies even before its first start.
  if (settled.ok()) settled = RebuildIndex(data_dir, {}).status();
  if (settled.ok()) return Ok();
  return {Code::kUnknownOutcome, "the ledger in " + data_dir + " was created, but: " + settled.message() +
                                     ". Starting the daemon completes it"};
}

Result<FoundEnd> CheckLogEnd(const std::string& data_dir, AcceptedLoss* loss) {
  std::optional<LogMark> mark;
  if (auto read = ReadLogMark(LogMarkPath(data_dir)); read.ok()) {
    mark = *std::move(read);
  } else if (read.status().code() == Code::kCorruption) {
    Log(LogLevel::kWarning, read.status().message() + ": the end of the log is not compared with it");
  } else {
    return std::move(read).status();
  }
  // The end of the log is all that is read, so a small cache is enough.
  ENVLEDGER_ASSIGN_OR_RETURN(const auto log, LogDb::OpenReadOnly(LogPath(data_dir), {.block_cache_bytes = 1 << 20}));
  const FoundEnd found{.dropped_bytes = log->dropped_bytes()};
  if (const Status end = log->CheckEnd(mark); !end.ok()) {
    if (!end.verdict() && !IsLogDamage(end)) return end;
    if (loss == nullptr || loss->from != log->size()) {
      return Damaged(Verdict::kTruncated, end.message() +
                                              ". If the rest cannot be restored from a copy of the ledger, "
                                              "`envledgerd --accept-loss " +
                                              std::to_string(log->size()) + "` goes on without it and records that");
    }
    loss->until = mark ? mark->size : loss->from;
    Log(LogLevel::kWarning, "a loss is accepted: " + end.message());
    return found;
  }
  if (mark && mark->size > 0) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string last, log->Read(mark->size - 1));
    if (LeafHash(last) != mark->last_leaf_hash) {
      return Damaged(Verdict::kTampered, "entry " + std::to_string(mark->size - 1) +
                                             " is not the one that was acknowledged, according to " +
                                             LogMarkPath(data_dir) + ": one of the two was replaced");
    }
  }
  if (found.dropped_bytes > 0) {
    Log(LogLevel::kWarning, "the last " + std::to_string(found.dropped_bytes) +
                                " bytes of the write-ahead log are not a whole record and are dropped; all " +
                                std::to_string(log->size()) + " entries before them are there" +
                                (mark ? ", " + std::to_string(mark->size) + " of which were acknowledged" : ""));
  }
  return found;
}

Result<Genesis> ReadGenesis(const LogDb& log) {
  if (log.size() == 0) return Damaged(Verdict::kTruncated, "the log has no entries, not even its genesis");
  const auto bytes = log.Read(0);
  if (!bytes.ok()) {
    return Damaged(Verdict::kTampered, "entry 0, the genesis, is missing: " + bytes.status().ToString());
  }
  auto genesis = GenesisOf(*bytes, nullptr);
  if (genesis.status().code() == Code::kCorruption) return Damaged(Verdict::kTampered, genesis.status().message());
  return genesis;
}

Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const PendingRotation* pending,
                          const std::function<void(uint64_t)>& progress) {
  std::string stored_tree;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto latest, log.LatestCheckpoint(&stored_tree));
  if (!latest) return Damaged(Verdict::kTampered, "the log holds no checkpoint, not even that of its creation");
  ENVLEDGER_RETURN_IF_ERROR(ReadGenesis(log).status());
  const std::string size = std::to_string(latest->size);
  Note note;
  const auto checkpoint = ReadCheckpointNote(latest->note, &note);
  if (!checkpoint.ok()) {
    return Damaged(Verdict::kTampered, "the checkpoint stored for size " + size + ": " + checkpoint.status().message());
  }
  if (checkpoint->size != latest->size || latest->size == 0) {
    return Damaged(Verdict::kTampered,
                   "the checkpoint stored for size " + size + " has size " + std::to_string(checkpoint->size));
  }
  if (latest->size > log.size()) {
    return Damaged(Verdict::kTruncated, "the latest stored checkpoint claims " + size +
                                            " entries, but the log ends after " + std::to_string(log.size()));
  }
  auto start = QuickStart(log, *checkpoint, note, stored_tree);
  if (!start.ok()) {
    Log(LogLevel::kWarning, "a quick start is not possible, so all " + size +
                                " entries up to the latest checkpoint are being hashed: " + start.status().message());
    start = Start();
  }
  const CheckpointInput input{latest->note, "stored at size " + size, false};
  ENVLEDGER_ASSIGN_OR_RETURN(Recovered recovered, VerifyFrom(log, input, *checkpoint, *start, progress));
  ENVLEDGER_RETURN_IF_ERROR(
      FollowRotation(recovered.keys, key, pending, log.size(), recovered.end.last_recorded_at).status());
  return recovered;
}

}  // namespace envledger
