#include "ledger/service/recovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "ledger/base/directory_lock.h"
#include "ledger/base/file.h"
#include "ledger/base/log.h"
#include "ledger/chain/verifier.h"
#include "ledger/index/logged_keys.h"
#include "ledger/service/rotation.h"
#include "ledger/store/layout.h"

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
  const std::string_view entry =
      builder.Build(header, Genesis{verifier_key.name, key.public_key(), kFormatVersion, header.recorded_at});
  ENVLEDGER_RETURN_IF_ERROR(log->Append(0, {entry}));
  const Frontier before_last;
  Frontier frontier = before_last;
  frontier.Append(LeafHash(entry));
  note = SignNote(FormatCheckpoint({verifier_key.name, 1, frontier.Root()}), {{verifier_key, &key}});
  return log->PutCheckpoint(1, note, EncodeFrontier(before_last));
}

Status Damaged(const std::string& what) {
  return Corruption(what + ". Nothing was changed; run `envledger verify --data-dir` for the whole report");
}

// Follows the chain from the checkpoint's last entry, which is proved already, to the end of the log.
class TailCheck {
 public:
  // `before_last` is the tree's right edge without the checkpoint's last leaf.
  explicit TailCheck(Frontier before_last) : next_(before_last.size()) { end_.frontier = std::move(before_last); }

  Status Add(uint64_t seq, std::string_view bytes) {
    if (seq != next_) return Damaged("TAMPERED: entry " + std::to_string(next_) + " is missing");
    const PreparedEntry prepared = PrepareEntry(bytes);
    const std::string name = "entry " + std::to_string(seq);
    if (!prepared.status.ok()) return Damaged("TAMPERED: " + name + ": " + prepared.status.ToString());
    const EntryHeader& header = prepared.entry.header;
    if (header.seq != seq) return Damaged("TAMPERED: " + name + " says that it is " + std::to_string(header.seq));
    if (started_ && header.previous != end_.last_leaf_hash) {
      return Damaged("TAMPERED: entry " + std::to_string(seq - 1) + " is not the one that " + name +
                     " was sealed upon");
    }
    if (header.recorded_at < end_.last_recorded_at) return Damaged("TAMPERED: " + name + " goes back in time");
    before_last_ = end_.frontier;
    end_.frontier.Append(prepared.leaf_hash);
    started_ = true;
    end_.last_leaf_hash = prepared.leaf_hash;
    end_.last_recorded_at = header.recorded_at;
    const bool event = prepared.entry.event.has_value();
    if (event && std::holds_alternative<KeyRotated>(*prepared.entry.event)) ++rotations_;
    clean_ = event && (std::holds_alternative<Closed>(*prepared.entry.event) ||
                       std::holds_alternative<Genesis>(*prepared.entry.event));
    ++next_;
    return Ok();
  }

  uint64_t next() const { return next_; }
  bool clean() const { return clean_; }
  // How many of the entries rotate the key.
  size_t rotations() const { return rotations_; }
  const ChainEnd& end() const { return end_; }
  const Frontier& before_last() const { return before_last_; }

 private:
  ChainEnd end_;
  Frontier before_last_;
  uint64_t next_;
  bool started_ = false;
  bool clean_ = false;
  size_t rotations_ = 0;
};

// The tree's right edge without the checkpoint's last leaf, proved together with the stored last entry: as stored
// beside the checkpoint, or made from all entries when that and the last entry do not give the checkpoint's root.
Result<Frontier> FrontierBefore(const LogDb& log, const Checkpoint& checkpoint, const std::string& stored,
                                const std::function<void(uint64_t)>& progress) {
  const auto last = log.Read(checkpoint.size - 1);
  if (!last.ok()) {
    return Damaged("TAMPERED: entry " + std::to_string(checkpoint.size - 1) +
                   " is missing: " + last.status().ToString());
  }
  const auto gives_root = [&](Frontier frontier) {
    frontier.Append(LeafHash(*last));
    return frontier.Root() == checkpoint.root;
  };
  if (auto before = DecodeFrontier(checkpoint.size - 1, stored); before.ok() && gives_root(*before)) return before;
  Log(LogLevel::kWarning, "the last entry and the stored frontier do not give the checkpoint's root; hashing all " +
                              std::to_string(checkpoint.size) + " entries");
  Frontier before;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(0, checkpoint.size - 1, [&](uint64_t seq, std::string_view bytes) {
    before.Append(LeafHash(bytes));
    if (progress && seq % 65'536 == 0) progress(seq);
    return true;
  }));
  if (before.size() + 1 != checkpoint.size || !gives_root(before)) {
    return Damaged("TAMPERED: the root over the first " + std::to_string(checkpoint.size) +
                   " entries is not that of the checkpoint signed for them");
  }
  return before;
}

// The keys by a scan of the whole log, because the log's own notes do not lead to what was found.
Result<KeyHistory> ScanKeys(const LogDb& log, const std::string& why, const std::function<void(uint64_t)>& progress) {
  Log(LogLevel::kWarning, "looking for rotations of the key in all " + std::to_string(log.size()) + " entries: " + why);
  auto keys = ScannedKeys(log, progress);
  if (!keys.ok()) return Damaged("TAMPERED: the history of the ledger's keys: " + keys.status().message());
  return keys;
}

// How many rotations the history has from entry `seq` on.
size_t RotationsFrom(const KeyHistory& keys, uint64_t seq) {
  return static_cast<size_t>(std::count_if(keys.keys().begin(), keys.keys().end(),
                                           [seq](const HistoricKey& key) { return key.seq > 0 && key.seq >= seq; }));
}

// The history that the latest checkpoint is signed by, and that checkpoint.
Result<Checkpoint> OpenLatest(const LogDb& log, const StoredCheckpoint& latest, KeyHistory& keys,
                              const std::function<void(uint64_t)>& progress) {
  Status noted_problem;
  auto noted = NotedKeys(log);
  if (noted.ok()) {
    keys = *std::move(noted);
    auto checkpoint = OpenCheckpoint(latest.note, keys);
    if (checkpoint.ok()) return checkpoint;
    noted_problem = checkpoint.status();
  } else {
    noted_problem = noted.status();
  }
  ENVLEDGER_ASSIGN_OR_RETURN(keys, ScanKeys(log, noted_problem.message(), progress));
  auto checkpoint = OpenCheckpoint(latest.note, keys);
  if (checkpoint.ok()) return checkpoint;
  return Damaged("the latest checkpoint (size " + std::to_string(latest.size) + "): " + checkpoint.status().ToString());
}

}  // namespace

Status InitLedger(const std::string& data_dir, const std::string& origin, const SigningKey& key,
                  const std::string& publish_path, Clock& clock) {
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey verifier_key, MakeVerifierKey(origin, key.public_key()));
  std::error_code error;
  const bool made = mkdir(data_dir.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return FromErrno(errno, "create " + data_dir);
  // What another one has begun is not to be taken for what was left of one that was interrupted.
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
  fs::remove_all(temporary, error);  // of an init that did not get to its rename
  std::string note;
  ENVLEDGER_RETURN_IF_ERROR(WriteGenesis(temporary, verifier_key, key, clock, note));
  if (rename(temporary.c_str(), LogPath(data_dir).c_str()) != 0) return FromErrno(errno, "rename " + temporary);
  ENVLEDGER_RETURN_IF_ERROR(SyncDirectory(data_dir));
  if (made) ENVLEDGER_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(data_dir)));
  // Last, because start-up makes a missing copy good, but takes a copy without a ledger for a lost ledger.
  return WriteFileDurably(publish_path, note, 0644);
}

Result<Genesis> ReadGenesis(const LogDb& log) {
  if (log.size() == 0) return Damaged("TRUNCATED: the log has no entries, not even its genesis");
  const auto bytes = log.Read(0);
  if (!bytes.ok()) return Damaged("TAMPERED: entry 0, the genesis, is missing: " + bytes.status().ToString());
  auto genesis = GenesisOf(*bytes, nullptr);
  if (genesis.status().code() == Code::kCorruption) return Damaged("TAMPERED: " + genesis.status().message());
  return genesis;
}

Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const PendingRotation* pending,
                          const std::function<void(uint64_t)>& progress) {
  std::string stored_frontier;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto latest, log.LatestCheckpoint(&stored_frontier));
  if (!latest) return Damaged("the log holds no checkpoint, not even that of its creation");
  ENVLEDGER_ASSIGN_OR_RETURN(const Genesis genesis, ReadGenesis(log));
  ENVLEDGER_ASSIGN_OR_RETURN(KeyHistory keys, KeyHistory::From(genesis, 0));
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, OpenLatest(log, *latest, keys, progress));
  if (checkpoint.size != latest->size || checkpoint.size == 0) {
    return Damaged("TAMPERED: the checkpoint stored for size " + std::to_string(latest->size) + " is of size " +
                   std::to_string(checkpoint.size));
  }
  if (checkpoint.size > log.size()) {
    return Damaged("TRUNCATED: the latest checkpoint vouches for " + std::to_string(checkpoint.size) +
                   " entries, but the log ends after " + std::to_string(log.size()));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(Frontier before_last, FrontierBefore(log, checkpoint, stored_frontier, progress));

  TailCheck tail(std::move(before_last));
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(checkpoint.size - 1, UINT64_MAX, [&](uint64_t seq, std::string_view bytes) {
    problem = tail.Add(seq, bytes);
    if (progress && seq % 65'536 == 0) progress(seq);
    return problem.ok();
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  if (tail.next() != log.size()) return Damaged("TAMPERED: entry " + std::to_string(tail.next()) + " is missing");
  if (tail.rotations() != RotationsFrom(keys, checkpoint.size - 1)) {
    ENVLEDGER_ASSIGN_OR_RETURN(keys, ScanKeys(log, "one of them was not noted", progress));
  }
  ENVLEDGER_RETURN_IF_ERROR(FollowRotation(keys, key, pending, log.size(), tail.end().last_recorded_at).status());

  Recovered recovered{.end = tail.end(),
                      .before_last = tail.before_last(),
                      .latest = {checkpoint, latest->note, tail.end().last_recorded_at},
                      .keys = std::move(keys),
                      .clean = tail.clean(),
                      .checked = log.size() - checkpoint.size};
  return recovered;
}

}  // namespace envledger
