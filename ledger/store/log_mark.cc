// The file's blocks are allocated when it is made, so that a full disk does not stop the mark, and fdatasync has no
// metadata to write.
//
// A failed fdatasync is not repeated as if it were clean: the next mark is written anew, and it is the one that the next
// fdatasync makes durable.
#include "ledger/store/log_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"
#include "ledger/files/file.h"
#include "ledger/store/rocks.h"

namespace envledger {
namespace {

constexpr std::string_view kWord = "envledger-log-mark/1";
constexpr size_t kCopyEvery = 4096;  // bytes
constexpr size_t kCopies = 2;

std::string Line(const LogMark& mark) {
  std::string line = std::string(kWord) + " " + std::to_string(mark.size) + " " + Hex(View(mark.last_leaf_hash)) + " ";
  std::string crc;
  AppendU32(crc, rocks::Crc32c(line));
  return line + Hex(crc) + "\n";
}

std::optional<LogMark> ParseCopy(std::string_view copy) {
  const std::string_view line = copy.substr(0, copy.find('\n') + 1);
  const size_t size_at = kWord.size() + 1;
  const size_t hash_at = line.find(' ', size_at);
  if (line.size() <= size_at || hash_at == std::string_view::npos) return std::nullopt;
  const auto size = ParseDecimal(line.substr(size_at, hash_at - size_at));
  const auto hash = ParseHex(line.substr(hash_at + 1, 2 * sizeof(Hash)));
  LogMark mark;
  if (!size || !hash || hash->size() != mark.last_leaf_hash.size()) return std::nullopt;
  mark.size = *size;
  std::copy(hash->begin(), hash->end(), mark.last_leaf_hash.begin());
  // Comparing the whole line leaves no second spelling of a mark.
  return line == Line(mark) ? std::optional(mark) : std::nullopt;
}

}  // namespace

Result<std::optional<LogMark>> ReadLogMark(const std::string& path) {
  const auto bytes = ReadRegularFile(path, kCopies * kCopyEvery);
  if (bytes.status().code() == Code::kNotFound) return std::optional<LogMark>();
  if (bytes.status().code() == Code::kResourceExhausted) return Corruption(path + " is longer than a mark of the log");
  ENVLEDGER_RETURN_IF_ERROR(bytes.status());
  std::optional<LogMark> mark;
  for (size_t at = 0; at < bytes->size(); at += kCopyEvery) {
    const auto copy = ParseCopy(std::string_view(*bytes).substr(at, kCopyEvery));
    if (copy && (!mark || copy->size > mark->size)) mark = copy;
  }
  if (!mark) return Corruption(path + " holds no whole mark of the log");
  return mark;
}

Result<std::unique_ptr<LogMarkWriter>> LogMarkWriter::Create(const std::string& path, const LogMark& mark,
                                                             std::chrono::milliseconds sync_every) {
  std::string contents = Line(mark);
  contents.resize(kCopies * kCopyEvery);
  ENVLEDGER_RETURN_IF_ERROR(WriteFileDurably(path, contents, 0600));
  const int fd = Uninterrupted([&] { return open(path.c_str(), O_WRONLY | O_CLOEXEC); });
  if (fd < 0) return FromErrno(errno, "open " + path);
  return std::unique_ptr<LogMarkWriter>(new LogMarkWriter(path, fd, sync_every));
}

LogMarkWriter::LogMarkWriter(std::string path, int fd, std::chrono::milliseconds sync_every)
    : path_(std::move(path)), fd_(fd), sync_every_(sync_every), thread_([this] { SyncLoop(); }) {}

LogMarkWriter::~LogMarkWriter() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
  close(fd_);
}

void LogMarkWriter::Write(const LogMark& mark) {
  const std::string line = Line(mark);
  const auto at = static_cast<off_t>(next_copy_ * kCopyEvery);
  next_copy_ = (next_copy_ + 1) % kCopies;
  const ssize_t written = Uninterrupted([&] { return pwrite(fd_, line.data(), line.size(), at); });
  const bool whole = written == static_cast<ssize_t>(line.size());
  const int error = written < 0 ? errno : ENOSPC;
  {
    const MutexLock lock(mutex_);
    unwritten_ = !whole;
    if (whole && dirty_) return;
    dirty_ = dirty_ || whole;
  }
  if (!whole) return Report(FromErrno(error, "write " + path_));
  changed_.NotifyAll();
}

Status LogMarkWriter::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void LogMarkWriter::Report(const Status& problem) {
  bool changed = false;
  {
    const MutexLock lock(mutex_);
    changed = problem.code() != problem_.code();
    problem_ = problem;
  }
  if (!changed) return;
  if (problem.ok()) {
    Log(LogLevel::kInfo, "the mark of the log is written again: " + path_);
  } else {
    Log(LogLevel::kError,
        "the mark of the log is not kept, so a loss at its end could go unnoticed: " + problem.message());
  }
}

bool LogMarkWriter::IsUnwritten() const {
  const MutexLock lock(mutex_);
  return unwritten_;
}

void LogMarkWriter::SyncLoop() {
  NameThisThread("log-mark");
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (!dirty_ && !stopping_) changed_.Wait(mutex_);
      if (!dirty_) return;
      dirty_ = false;
    }
    const int result = Uninterrupted([this] { return fdatasync(fd_); });
    const Status synced = result == 0 ? Ok() : FromErrno(errno, "make " + path_ + " durable");
    if (!synced.ok() || !IsUnwritten()) Report(synced);
    const auto next = std::chrono::steady_clock::now() + sync_every_;
    const MutexLock lock(mutex_);
    while (!stopping_ && changed_.WaitUntil(mutex_, next)) {
    }
  }
}

}  // namespace envledger
