#include "tests/crash/salvage.h"

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>

#include "ledger/base/bytes.h"
#include "tests/support/temp_dir.h"

namespace envledger {

std::vector<std::string> SalvageEntries(const std::string& path, std::string* problem) {
  const TempDir scratch;
  const std::string copy = scratch.path() + "/log";
  std::filesystem::copy(path, copy, std::filesystem::copy_options::recursive);
  rocksdb::DBOptions options;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : {"default", "entries", "checkpoints", "meta"}) {
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, copy, families, &handles, &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<std::string> entries;
  if (!opened.ok()) {
    *problem = opened.ToString();
    return entries;
  }
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}, handles[1]));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    const std::string key = at->key().ToString();
    if (key != U64Key(entries.size())) break;
    entries.push_back(at->value().ToString());
  }
  *problem = at->status().ok() ? "" : at->status().ToString();
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return entries;
}

}  // namespace envledger
