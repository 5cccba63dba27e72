#include "ledger/query/scratch_index.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace envledger {

Result<std::unique_ptr<ScratchIndex>> ScratchIndex::Make() {
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "envledger-index-XXXXXX";
  if (error) return Unavailable("no directory for temporary files: " + error.message());
  if (mkdtemp(path.data()) == nullptr) return FromErrno(errno, "create the temporary directory " + path);
  std::unique_ptr<ScratchIndex> scratch(new ScratchIndex(path));
  IndexDbOptions options;
  options.write_buffer_bytes = 8 << 20;
  ENVLEDGER_ASSIGN_OR_RETURN(scratch->db_, IndexDb::Open(path + "/index", options));
  return scratch;
}

ScratchIndex::~ScratchIndex() {
  db_.reset();
  std::error_code error;  // ignored: what cannot be removed stays, and nobody can be told
  std::filesystem::remove_all(path_, error);
}

}  // namespace envledger
