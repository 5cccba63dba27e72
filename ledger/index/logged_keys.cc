#include "ledger/index/logged_keys.h"

namespace envledger {
namespace {

constexpr uint64_t kProgressEvery = 65'536;

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

Result<KeyHistory> ScannedKeys(const LogDb& log, const std::function<void(uint64_t)>& progress) {
  ENVLEDGER_ASSIGN_OR_RETURN(KeyHistory keys, Begin(log));
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(1, UINT64_MAX, [&](uint64_t seq, std::string_view bytes) {
    const auto entry = CheckEntry(bytes);
    if (progress && seq % kProgressEvery == 0) progress(seq);
    if (!entry.ok()) {
      problem = Status(entry.status()).Prepend("entry " + std::to_string(seq) + ": ");
    } else if (entry->event && std::holds_alternative<KeyRotated>(*entry->event)) {
      problem = AddBytes(bytes, seq, keys);
    }
    return problem.ok();
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  return keys;
}

}  // namespace envledger
