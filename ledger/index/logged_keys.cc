#include "ledger/index/logged_keys.h"

namespace envledger {
namespace {

Result<KeyHistory> Begin(const LogDb& log) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string first, log.Read(0));
  EntryHeader header;
  ENVLEDGER_ASSIGN_OR_RETURN(const Genesis genesis, GenesisOf(first, &header));
  return KeyHistory::From(genesis, header.recorded_at);
}

Status AddBytes(std::string_view bytes, uint64_t seq, KeyHistory& keys) {
  const auto entry = CheckEntry(bytes);
  if (!entry.ok()) return Status(entry.status()).Prepend("entry " + std::to_string(seq) + ": ");
  if (entry->header.seq != seq) {
    return Corruption("entry " + std::to_string(seq) + " says that it is " + std::to_string(entry->header.seq));
  }
  return AddRotation(*entry, keys);
}

}  // namespace

Result<KeyHistory> NotedKeys(const LogDb& log) {
  ENVLEDGER_ASSIGN_OR_RETURN(KeyHistory keys, Begin(log));
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, log.KeyRotations());
  for (const uint64_t seq : seqs) {
    if (seq <= keys.current().seq) return Corruption("the rotations that the log has noted are out of order");
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string bytes, log.Read(seq));
    ENVLEDGER_RETURN_IF_ERROR(AddBytes(bytes, seq, keys));
  }
  return keys;
}

}  // namespace envledger
