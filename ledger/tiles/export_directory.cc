// The order of the steps makes an export safe to interrupt. Tiles and bundles are immutable: what the checkpoint in the
// directory covers is never written again, and what it does not cover means nothing to a reader. So new files are
// written first, each under a temporary name and then renamed. Then one syncfs makes them and their names durable. Then
// the checkpoint is replaced, and from that moment all new files count. Whenever power is lost, the checkpoint found
// afterwards has all its files. The next run overwrites or removes what an interrupted run left behind.
#include "ledger/tiles/export_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "ledger/chain/note.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644;  // the umask applies, as for directories
constexpr std::string_view kTiles = "tile";

Status FsError(const std::error_code& error, const std::string& what) { return FromErrno(error.value(), what); }

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? FsError(error, "create directory " + path) : Ok();
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FromErrno(errno, "write " + path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Ok();
}

Status ListTiles(const fs::path& top, ExportListing& listing) {
  std::error_code error;
  fs::recursive_directory_iterator at(top / kTiles, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    const fs::file_status status = at->symlink_status(error);
    if (status.type() == fs::file_type::not_found) error.clear();  // an export removed it in the meantime
    if (error) break;
    if (fs::is_directory(status) || status.type() == fs::file_type::not_found) continue;
    std::string name = at->path().lexically_relative(top).string();
    const auto tile = fs::is_regular_file(status) ? ParseTilePath(name) : std::nullopt;
    if (tile) {
      listing.tiles.insert(*tile);
    } else {
      listing.unknown.push_back(std::move(name));
    }
  }
  return error ? FsError(error, "list " + (top / kTiles).string()) : Ok();
}

}  // namespace

Result<ExportListing> ListExport(const std::string& directory) {
  ExportListing listing;
  std::error_code error;
  bool has_tiles = false;
  fs::directory_iterator at(directory, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name == kTiles) {
      has_tiles = fs::is_directory(at->symlink_status(error));
      if (!has_tiles) listing.unknown.push_back(name);
    } else if (name != kExportCheckpoint && name != kExportLock && name != kExportTemporary) {
      listing.elsewhere.push_back(name);
    }
  }
  if (error) return FsError(error, "list " + directory);
  if (has_tiles) ENVLEDGER_RETURN_IF_ERROR(ListTiles(directory, listing));
  std::sort(listing.unknown.begin(), listing.unknown.end());
  std::sort(listing.elsewhere.begin(), listing.elsewhere.end());
  return listing;
}

Result<std::unique_ptr<ExportDirectory>> ExportDirectory::Open(const std::string& directory, Hook before_change) {
  std::unique_ptr<ExportDirectory> opened(new ExportDirectory);
  opened->path_ = directory;
  opened->before_change_ = std::move(before_change);
  ENVLEDGER_RETURN_IF_ERROR(MakeDirectories(directory));
  opened->self_ = UniqueFd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened->self_.valid()) return FromErrno(errno, "open directory " + directory);
  const std::string lock = opened->In(kExportLock);
  opened->lock_ = UniqueFd(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!opened->lock_.valid()) return FromErrno(errno, "open " + lock);
  if (flock(opened->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FromErrno(errno, "lock " + lock);
    return Unavailable("another export into " + directory + " is under way (it holds " + lock + ")");
  }
  return opened;
}

Result<std::optional<std::string>> ExportDirectory::ReadCheckpoint() const {
  auto bytes = ReadFile(In(kExportCheckpoint), kMaxNoteBytes);
  if (bytes.ok()) return std::optional(*std::move(bytes));
  if (bytes.status().code() == Code::kNotFound) return std::optional<std::string>();
  return std::move(bytes).status();
}

Result<std::string> ExportDirectory::ReadTile(const TileId& tile) const {
  auto bytes = ReadFile(In(TilePath(tile)), tile.entries ? kMaxBundleBytes : kMaxTileBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return Corruption(bytes.status().message());
  return bytes;
}

Status ExportDirectory::WriteTemporary(std::string_view bytes, bool durably) {
  ENVLEDGER_RETURN_IF_ERROR(Changing());
  const std::string path = In(kExportTemporary);
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd.valid()) return FromErrno(errno, "create " + path);
  Status status = WriteAll(fd.get(), bytes, path);
  if (status.ok() && durably && fsync(fd.get()) != 0) status = FromErrno(errno, "fsync " + path);
  struct stat written {};
  if (status.ok() && fstat(fd.get(), &written) != 0) status = FromErrno(errno, "stat " + path);
  written_inode_ = written.st_ino;
  if (!status.ok()) unlink(path.c_str());  // free the space on a full disk
  return status;
}

Status ExportDirectory::MoveTemporaryTo(const std::string& path) {
  ENVLEDGER_RETURN_IF_ERROR(Changing());
  const std::string from = In(kExportTemporary);
  if (rename(from.c_str(), path.c_str()) == 0) return Ok();
  const int error = errno;
  // Over NFS, a rename that reports an error may have happened (base/durable_file.cc): then the name belongs to the
  // file written last.
  struct stat placed {};
  if (lstat(path.c_str(), &placed) == 0 && placed.st_ino == written_inode_) return Ok();
  return FromErrno(error, "rename " + from + " to " + path);
}

Status ExportDirectory::Place(const TileId& tile, std::string_view bytes) {
  const std::string path = In(TilePath(tile));
  Status status = WriteTemporary(bytes, false);
  if (status.ok() && DirectoryOf(path) != made_directory_) {
    status = MakeDirectories(DirectoryOf(path));
    made_directory_ = DirectoryOf(path);
  }
  if (status.ok()) status = MoveTemporaryTo(path);
  if (!status.ok()) return std::move(status).Prepend("place " + path + ": ");
  ++files_placed_;
  bytes_placed_ += bytes.size();
  return Ok();
}

Status ExportDirectory::Commit(std::string_view checkpoint) {
  ENVLEDGER_RETURN_IF_ERROR(Changing());
  if (syncfs(self_.get()) != 0) return FromErrno(errno, "syncfs " + path_);
  const std::string path = In(kExportCheckpoint);
  Status status = WriteTemporary(checkpoint, true);
  if (status.ok()) status = MoveTemporaryTo(path);
  if (!status.ok()) return std::move(status).Prepend("place " + path + ": ");
  return Settle();
}

Status ExportDirectory::Settle() { return SyncDirectory(path_).Prepend(In(kExportCheckpoint) + " was written, but "); }

Result<uint64_t> ExportDirectory::RemoveStale(uint64_t size) {
  uint64_t removed = 0;
  ENVLEDGER_ASSIGN_OR_RETURN(const ExportListing listing, ListExport(path_));
  for (const TileId& tile : listing.tiles) {
    const unsigned width = TileWidthAt(size, tile.level, tile.index);
    const bool stale = width == kTileWidth ? tile.partial() : tile.width > width;
    if (!stale) continue;
    ENVLEDGER_RETURN_IF_ERROR(Changing());
    const std::string path = In(TilePath(tile));
    if (unlink(path.c_str()) != 0) return FromErrno(errno, "remove " + path);
    ++removed;
    if (tile.partial()) rmdir(DirectoryOf(path).c_str());  // fails while it holds tiles of other widths
  }
  unlink(In(kExportTemporary).c_str());  // left by an interrupted run
  return removed;
}

}  // namespace envledger
