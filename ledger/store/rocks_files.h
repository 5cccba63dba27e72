// How RocksDB opens and writes its files. Private to this room.
//
// The packaged library is built with assertions, and one of them takes an error of sync_file_range for a bug: it would
// abort the process at any file that it creates. So the files that it writes are ours.
//
//   - A call that a signal interrupts is repeated.
//   - Of the calls that are only hints, fallocate may fail. An error of sync_file_range may be the only trace of bytes
//     that the kernel has given up, so the next sync of the file fails.
//   - After a sync has failed, every later one of the same file fails too: the kernel may have dropped what was not
//     written, and would report success.
//   - What is no regular file is not opened for reading. Opening a FIFO would wait for whoever writes to it.
//   - Before CURRENT is replaced, its directory is synced. A directory whose changes do not reach the disk in order
//     could otherwise lose the names of the files on which the new CURRENT relies.
#pragma once

#include <rocksdb/env.h>

namespace envledger::rocks {

// The machine's own Env, with these files. It lives as long as the process.
rocksdb::Env* FilesEnv();

}  // namespace envledger::rocks
