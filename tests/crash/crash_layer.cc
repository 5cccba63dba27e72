// A kill waits a random time, because the moment must not depend on what the program does: this is the only place of
// the tests where time passes for its own sake, and nothing is expected to have happened by then. A power cut counts
// operations of the disk instead, and hits the window between a write and its sync as often as any other, however short
// it is.
#include "tests/crash/crash_layer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <utility>

#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::milliseconds;

// Programs that do nothing to the disk are killed after this time.
constexpr milliseconds kIdle{400};

// Whether the program ended by itself within a time.
bool EndsWithin(const Child& child, unsigned microseconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (child.running()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    const timespec short_time{.tv_sec = 0, .tv_nsec = 50'000};
    ppoll(nullptr, 0, &short_time, nullptr);
  }
  return true;
}

}  // namespace

void Kills::Crash(Child& child, const Span& span, std::mt19937_64& random) {
  if (!EndsWithin(child, static_cast<unsigned>(random() % (span.microseconds + 1)))) child.Signal(SIGKILL);
}

PowerCuts::PowerCuts(const std::string& root, const Disk& disk) : root_(root), disk_(disk) {
  const int fd = open(control().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* page = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(DiskControl)) == 0) {
    page = mmap(nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);
  if (page == MAP_FAILED) throw std::runtime_error("cannot map " + control());
  page_ = new (page) DiskControl;
}

PowerCuts::~PowerCuts() { munmap(page_, sizeof(DiskControl)); }

void PowerCuts::Begin() {
  image_ = std::make_unique<DiskImage>(root_);
  std::ofstream(journal(), std::ios::trunc).close();
  page_->cut_at = 0;
  page_->cut = 0;
  page_->counted = 0;
  page_->cut_kind = DiskOp::kAny;
  page_->syncs_lie = disk_.syncs_lie ? 1 : 0;
}

Child::Setup PowerCuts::Setup() {
  if (!image_) Begin();
  Child::Setup setup;
  setup.environment = {{"LD_PRELOAD", ENVLEDGER_POWER_CUT_SHIM},
                       {kDiskRootVariable, root_},
                       {kDiskJournalVariable, journal()},
                       {kDiskControlVariable, control()}};
  return setup;
}

void PowerCuts::Crash(Child& child, const Span& span, std::mt19937_64& random) {
  page_->sync_microseconds = static_cast<uint32_t>(random() % 1500);
  page_->cut_kind = span.kind;
  page_->cut_at = page_->counted + 1 + random() % (span.operations + 1);
  uint64_t seen = page_->done;
  while (!WaitUntil([&] { return !child.running(); }, kIdle)) {
    // A kind of operation that does not come is not waited for.
    page_->cut_kind = DiskOp::kAny;
    if (std::exchange(seen, page_->done.load()) == seen) child.Signal(SIGKILL);
  }
}

std::string PowerCuts::Settle(std::mt19937_64& random) {
  if (!image_) Begin();
  const auto image = std::move(image_);
  image->Replay(journal());
  if (page_->uncovered != 0) throw std::runtime_error("a program changed files behind the journal's back");
  // A program that was killed from outside may have been between a call and its record.
  const std::string difference = page_->cut != 0 ? image->DifferenceToFiles() : "";
  if (!difference.empty()) throw std::runtime_error("the journal is not what happened: " + difference);
  return image->Cut(random, disk_.names_in_any_order);
}

}  // namespace envledger
