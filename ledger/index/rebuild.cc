#include "ledger/index/rebuild.h"

#include "ledger/index/index_writer.h"
#include "ledger/store/layout.h"

namespace envledger {

Result<uint64_t> RebuildIndex(const std::string& data_dir, const std::function<void(uint64_t, uint64_t)>& progress) {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto lock, LogDb::LockOut(LogPath(data_dir)));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto log, LogDb::OpenReadOnly(LogPath(data_dir), {}));
  const std::string path = IndexPath(data_dir);
  ENVLEDGER_RETURN_IF_ERROR(IndexDb::Destroy(RebuiltIndexPath(data_dir)));
  ENVLEDGER_RETURN_IF_ERROR(IndexDb::Destroy(path));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto index, IndexDb::Open(path, {}));
  ENVLEDGER_ASSIGN_OR_RETURN(IndexWriter writer, IndexWriter::Resume(*log, *index, {}));
  ENVLEDGER_RETURN_IF_ERROR(writer.CatchUp(log->size(), [&](uint64_t seq) {
    if (progress) progress(seq, log->size());
  }));
  ENVLEDGER_RETURN_IF_ERROR(index->Flush());
  ENVLEDGER_RETURN_IF_ERROR(RemoveDamageMark(data_dir));
  return log->size();
}

}  // namespace envledger
