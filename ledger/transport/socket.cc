// A socket file is put in place and removed under an flock of its directory. So of two daemons that start together, the
// second cannot take the first's fresh file for the stale one and remove it, and neither can put its file where the
// other has just looked and is about to remove its own. The file's permissions are never wider than asked, without
// touching the process's umask: a bound socket refuses connections until listen(), and chmod comes before that.
#include "ledger/transport/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "ledger/files/directory_lock.h"

namespace envledger {
namespace {

constexpr std::chrono::seconds kLockPatience{5};

std::optional<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The path and its NUL must fit; a path with a NUL at the front or inside would name something else.
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
    return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Status BadPath(const std::string& path) {
  return InvalidField("path", "a socket's path must have 1 to " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                                  " bytes, but this one has " + std::to_string(path.size()) + ": " + path);
}

UniqueFd NewSocket() { return UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

const sockaddr* Generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

// Removes a socket file that nobody listens on. Ok when the path is free afterwards.
Status RemoveStale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return errno == ENOENT ? Ok() : FromErrno(errno, path);
  if (!S_ISSOCK(info.st_mode)) return InvalidField("path", path + " exists and is not a socket");
  const UniqueFd probe = NewSocket();
  if (!probe.valid()) return FromErrno(errno, "socket");
  // EAGAIN means that the queue of connections is full, so somebody listens.
  if (connect(probe.get(), Generic(address), sizeof address) == 0 || errno == EAGAIN) {
    return Conflict("listening", "another process listens on " + path);
  }
  if (errno == EPROTOTYPE) return InvalidField("path", path + " is a socket of another type");
  if (errno != ECONNREFUSED) return FromErrno(errno, "test " + path);
  if (unlink(path.c_str()) != 0) return FromErrno(errno, "remove stale " + path);
  return Ok();
}

// Removes the file at `path` if it is the one that `pin` holds. REQUIRES: its directory is locked.
void RemoveOwn(const std::string& path, const UniqueFd& pin) {
  struct stat made {};
  struct stat there {};
  if (fstat(pin.get(), &made) != 0 || lstat(path.c_str(), &there) != 0) return;
  if (made.st_dev == there.st_dev && made.st_ino == there.st_ino) unlink(path.c_str());
}

}  // namespace

Result<Peer> PeerOf(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return FromErrno(errno, "SO_PEERCRED");
  Peer peer{.uid = credentials.uid, .gid = credentials.gid, .pid = credentials.pid, .groups = {}};
  peer.groups.resize(32);
  for (;;) {
    size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
    const int failed = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size);
    // With ERANGE, the kernel has set the size that is needed.
    if (failed != 0 && errno != ERANGE) return FromErrno(errno, "SO_PEERGROUPS");
    peer.groups.resize(size / sizeof(gid_t));
    if (failed == 0) return peer;
  }
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  Remove();
  path_ = std::move(other.path_);
  pin_ = std::move(other.pin_);
  return *this;
}

SocketFile::~SocketFile() { Remove(); }

void SocketFile::Remove() {
  if (!pin_.valid()) return;
  const UniqueFd own = std::move(pin_);
  // Without the lock the file stays. That is harmless: the next daemon that listens there replaces it.
  const auto lock = LockDirectory(DirectoryOf(path_), kLockPatience);
  if (lock.ok()) RemoveOwn(path_, own);
}

Status CheckSocketPath(const std::string& path) { return AddressOf(path) ? Ok() : BadPath(path); }

Result<UniqueFd> ListenUnix(const std::string& path, unsigned mode, int backlog, SocketFile* file) {
  const std::optional<sockaddr_un> address = AddressOf(path);
  if (!address) return BadPath(path);
  ENVLEDGER_ASSIGN_OR_RETURN(const UniqueFd lock, LockDirectory(DirectoryOf(path), kLockPatience));
  ENVLEDGER_RETURN_IF_ERROR(RemoveStale(path, *address));
  UniqueFd fd = NewSocket();
  if (!fd.valid()) return FromErrno(errno, "socket");
  if (bind(fd.get(), Generic(*address), sizeof *address) != 0) return FromErrno(errno, "bind " + path);
  UniqueFd pin(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!pin.valid()) {
    const int error = errno;
    unlink(path.c_str());
    return FromErrno(error, "open " + path);
  }
  if (fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0 || listen(fd.get(), backlog) != 0) {
    const int error = errno;
    RemoveOwn(path, pin);
    return FromErrno(error, "listen on " + path);
  }
  if (file != nullptr) *file = SocketFile(path, std::move(pin));
  return fd;
}

Result<UniqueFd> ConnectUnix(const std::string& path) {
  const std::optional<sockaddr_un> address = AddressOf(path);
  if (!address) return BadPath(path);
  UniqueFd fd = NewSocket();
  if (!fd.valid()) return FromErrno(errno, "socket");
  // Non-blocking, so that a listener that does not accept is an error (EAGAIN, its queue is full) and not a hang.
  if (connect(fd.get(), Generic(*address), sizeof *address) != 0) return FromErrno(errno, "connect to " + path);
  const int flags = fcntl(fd.get(), F_GETFL);
  if (flags < 0 || fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return FromErrno(errno, "fcntl");
  return fd;
}

}  // namespace envledger
