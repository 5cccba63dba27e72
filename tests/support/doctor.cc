#include "tests/support/doctor.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "ledger/index/index_keys.h"
#include "ledger/store/index_db.h"

namespace envledger {
namespace {

void Write(const std::string& path, const std::string& family, rocksdb::Slice key, const rocksdb::Slice* value) {
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok()) << path;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open({}, path, families, &handles, &raw);
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  const std::unique_ptr<rocksdb::DB> db(raw);
  bool found = false;
  for (size_t i = 0; i < handles.size(); ++i) {
    if (families[i].name == family) {
      found = true;
      std::string old;
      EXPECT_TRUE(value != nullptr || db->Get({}, handles[i], key, &old).ok()) << "there is no such key to delete";
      EXPECT_TRUE((value != nullptr ? db->Put({}, handles[i], key, *value) : db->Delete({}, handles[i], key)).ok());
    }
    EXPECT_TRUE(db->Flush({}, handles[i]).ok());
    EXPECT_TRUE(db->DestroyColumnFamilyHandle(handles[i]).ok());
  }
  EXPECT_TRUE(found) << family;
}

}  // namespace

void OverwriteTables(const std::string& db) {
  int overwritten = 0;
  for (const auto& file : std::filesystem::directory_iterator(db)) {
    if (file.path().extension() != ".sst") continue;
    std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    out.write("damaged!", 8);
    EXPECT_TRUE(out.good()) << file.path();
    ++overwritten;
  }
  EXPECT_GT(overwritten, 0) << db << " has no table files";
}

std::string RevisionKey(const std::string& db, std::string_view envelope_id, uint64_t revision) {
  auto index = IndexDb::OpenReadOnly(db, {});
  EXPECT_TRUE(index.ok()) << index.status().ToString();
  if (!index.ok()) return {};
  const auto reader = (*index)->Snapshot();
  const auto at = reader->NewCursor(Table::kEnvelopes, Reach::kTable);
  const std::string prefix = EnvelopeSeekKey(envelope_id, revision);
  at->Seek(prefix);
  const bool found = at->Valid() && at->key().starts_with(prefix);
  EXPECT_TRUE(found) << "the index has no revision " << revision << " of " << envelope_id;
  return found ? std::string(at->key()) : std::string();
}

void PutKey(const std::string& db, const std::string& family, std::string_view key, std::string_view value) {
  const rocksdb::Slice bytes(value.data(), value.size());
  Write(db, family, {key.data(), key.size()}, &bytes);
}

void DeleteKey(const std::string& db, const std::string& family, std::string_view key) {
  Write(db, family, {key.data(), key.size()}, nullptr);
}

}  // namespace envledger
