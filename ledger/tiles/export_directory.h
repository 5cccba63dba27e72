// The directory of an export: what lies in it, and how files get there. Private to this room.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/tile.h"
#include "ledger/files/file.h"

namespace envledger {

inline constexpr std::string_view kExportCheckpoint = "checkpoint";  // within the directory, as all names here
inline constexpr std::string_view kExportLock = ".export.lock";
inline constexpr std::string_view kExportTemporary = ".export.tmp";

struct ExportListing {
  std::set<TileId> tiles;              // regular files below tile/ that have a tile's or bundle's name
  std::vector<std::string> unknown;    // all else below tile/ but directories, sorted
  std::vector<std::string> elsewhere;  // what stands beside checkpoint and tile/ at the top, sorted
};
// kNotFound when there is no such directory, kUnavailable when it cannot be read. No tile/ is an empty listing.
Result<ExportListing> ListExport(const std::string& directory);

// A directory that this process alone writes to. Not thread-safe.
class ExportDirectory {
 public:
  // Called before each change of the file system; an error ends the export there, as a crash would.
  using Hook = std::function<Status()>;

  // Creates the directory when there is none, and locks it. kUnavailable when another export holds the lock.
  static Result<std::unique_ptr<ExportDirectory>> Open(const std::string& directory, Hook before_change);

  const std::string& path() const { return path_; }
  // The bytes of the checkpoint; nothing when none was placed yet.
  Result<std::optional<std::string>> ReadCheckpoint() const;
  // kCorruption when it is missing.
  Result<std::string> ReadTile(const TileId& tile) const;

  // Puts a file in its place, whole or not at all; not yet durably.
  Status Place(const TileId& tile, std::string_view bytes);
  // Makes all that was placed durable, then puts the checkpoint in its place, durably. kUnknownOutcome when it is
  // there, and a crash may undo that; after any other error the checkpoint is the one from before.
  Status Commit(std::string_view checkpoint);
  // Makes durable that the checkpoint is in its place, where an earlier run may have failed to. Errors as Commit.
  Status Settle();
  // After Commit: removes the partial tiles and bundles whose full one the tree of `size` leaves has, those that are
  // wider than it (of an export that was interrupted), and directories that this leaves empty. Says how many files
  // went.
  Result<uint64_t> RemoveStale(uint64_t size);

  uint64_t files_placed() const { return files_placed_; }
  uint64_t bytes_placed() const { return bytes_placed_; }

 private:
  ExportDirectory() = default;
  std::string In(std::string_view name) const { return path_ + "/" + std::string(name); }
  Status Changing() const { return before_change_ ? before_change_() : Ok(); }
  Status WriteTemporary(std::string_view bytes, bool durably);
  Status MoveTemporaryTo(const std::string& path);

  std::string path_;
  Hook before_change_;
  UniqueFd self_;
  UniqueFd lock_;
  ino_t written_inode_ = 0;     // of the temporary file
  std::string made_directory_;  // the last one that is known to be there
  uint64_t files_placed_ = 0;
  uint64_t bytes_placed_ = 0;
};

}  // namespace envledger
