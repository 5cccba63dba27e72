// The directory of an export: what it holds, and how files are placed in it. Private to this room.
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

inline constexpr std::string_view kExportCheckpoint = "checkpoint";  // relative to the directory, like all names here
inline constexpr std::string_view kExportLock = ".export.lock";
inline constexpr std::string_view kExportTemporary = ".export.tmp";

struct ExportListing {
  std::set<TileId> tiles;              // regular files below tile/ named like a tile or bundle
  std::vector<std::string> unknown;    // everything else below tile/ except directories, sorted
  std::vector<std::string> elsewhere;  // names at the top other than checkpoint and tile/, sorted
};
// kNotFound when there is no such directory; kUnavailable when it cannot be read. Without tile/, the listing is empty.
Result<ExportListing> ListExport(const std::string& directory);

// A directory that only this process writes to. Not thread-safe.
class ExportDirectory {
 public:
  // Called before each change of the file system; an error ends the export at that point, as a crash would.
  using Hook = std::function<Status()>;

  // Creates the directory if it is missing, and locks it. kUnavailable when another export holds the lock.
  static Result<std::unique_ptr<ExportDirectory>> Open(const std::string& directory, Hook before_change);

  const std::string& path() const { return path_; }
  // The bytes of the checkpoint; nothing when none was placed yet.
  Result<std::optional<std::string>> ReadCheckpoint() const;
  // kCorruption when it is missing.
  Result<std::string> ReadTile(const TileId& tile) const;

  // Writes a file in its place, completely or not at all; not durable yet.
  Status Place(const TileId& tile, std::string_view bytes);
  // Makes all placed files durable, then replaces the checkpoint, durably. kUnknownOutcome when the new checkpoint is
  // in place but a crash may undo that; after any other error the old checkpoint is unchanged.
  Status Commit(std::string_view checkpoint);
  // Makes the present checkpoint durable, in case an earlier run failed to. Errors as Commit.
  Status Settle();
  // Call after Commit. Removes partial tiles and bundles whose full version the tree of `size` leaves has, those that
  // are wider than in that tree (left by an interrupted export), and directories that become empty. Returns the number
  // of removed files.
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
  ino_t written_inode_ = 0;     // inode of the temporary file
  std::string made_directory_;  // the last directory that is known to exist
  uint64_t files_placed_ = 0;
  uint64_t bytes_placed_ = 0;
};

}  // namespace envledger
