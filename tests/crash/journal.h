// What the power-cut layer (power_cut_shim.cc) and the harness exchange: a journal file of everything that programs do
// to the files below a directory, and a page of shared memory that says when the power fails.
#pragma once

#include <atomic>
#include <cstdint>

namespace envledger {

// The operations that the journal knows. Files and directories are named by their inode numbers.
enum class DiskOp : uint32_t {
  kAny,        // in Control: every operation counts
  kCreate,     // file `a` appears in directory `b`; text: its name
  kMakeDir,    // directory `a` appears in directory `b`; text: its name
  kLink,       // file `a` appears in directory `b` under one more name
  kUnlink,     // a name disappears from directory `b`; text: the name
  kRename,     // `a` moves from directory `b` to directory `c`; text: the old name, 0x00, the new name
  kWrite,      // text: the bytes written to file `a` at offset `b`
  kTruncate,   // file `a` gets `b` bytes
  kSyncBegin,  // an fsync or fdatasync of `a` begins; `b` names it
  kSyncEnd,    // it has ended well: what was done to `a` before it began is durable
};

// A record of the journal; `bytes` bytes of text follow it. In the machine's byte order.
struct DiskRecord {
  DiskOp op = DiskOp::kAny;
  uint32_t bytes = 0;
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t c = 0;
};

// The shared page. The power fails before the `cut_at`th operation of kind `cut_kind` is done: the program kills itself,
// and `cut` becomes 1. Operations are counted over all programs since the page was made.
struct DiskControl {
  std::atomic<uint64_t> done{0};     // operations of all kinds
  std::atomic<uint64_t> counted{0};  // operations of the kind `cut_kind`
  std::atomic<uint64_t> cut_at{0};   // 0: never
  std::atomic<DiskOp> cut_kind{DiskOp::kAny};
  std::atomic<uint32_t> cut{0};
  // A disk that lies: fsync and fdatasync return well, but make nothing durable.
  std::atomic<uint32_t> syncs_lie{0};
  // How long a sync takes, in microseconds, during which other threads go on.
  std::atomic<uint32_t> sync_microseconds{0};
  // 1 once a program changed a file in a way that the journal cannot express (a shared writable mapping).
  std::atomic<uint32_t> uncovered{0};
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

// The variables by which a program under the layer finds them, besides LD_PRELOAD.
inline constexpr char kDiskRootVariable[] = "ENVLEDGER_DISK_ROOT";  // the directory, absolute
inline constexpr char kDiskJournalVariable[] = "ENVLEDGER_DISK_JOURNAL";
inline constexpr char kDiskControlVariable[] = "ENVLEDGER_DISK_CONTROL";

}  // namespace envledger
