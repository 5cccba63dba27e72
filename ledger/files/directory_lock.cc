// Anybody who can read a directory can lock it, so waiting without a limit would let anybody block a start. flock has
// no timeout, so it is polled. Polling costs nothing where the lock is only held while a file is put in its place.
#include "ledger/files/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <thread>

namespace envledger {
namespace {

constexpr std::chrono::milliseconds kAskAgain{10};

}  // namespace

Result<UniqueFd> LockDirectory(const std::string& path, std::chrono::milliseconds patience) {
  UniqueFd directory(Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory.valid()) return FromErrno(errno, "open directory " + path);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EBADF || error == EINVAL || error == ENOLCK || error == EOPNOTSUPP) return UniqueFd();
    if (error != EWOULDBLOCK && error != EINTR) return FromErrno(error, "lock directory " + path);
    if (std::chrono::steady_clock::now() >= deadline) {
      return Status(Code::kUnavailable, std::string(kRuleLocked),
                    "lock directory " + path + ": another process holds its lock");
    }
    std::this_thread::sleep_for(kAskAgain);
  }
  return directory;
}

}  // namespace envledger
