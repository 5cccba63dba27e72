#include "ledger/audit/keys.h"

namespace envledger {
namespace {

constexpr uint64_t kProgressEvery = 65'536;

Result<KeyHistory> Begin(const LogDb& log) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string first, log.Read(0));
  EntryHeader header;
  ENVLEDGER_ASSIGN_OR_RETURN(const Genesis genesis, GenesisOf(first, &header));
  return KeyHistory::From(genesis, header.recorded_at);
}

Status AddEntry(const EntryView& entry, KeyHistory& keys) {
  const std::string name = "entry " + std::to_string(entry.header.seq);
  const KeyRotated* rotated = entry.event ? std::get_if<KeyRotated>(&*entry.event) : nullptr;
  if (rotated == nullptr) return Corruption(name + " is no rotation of the key");
  return keys.Add(entry.header.seq, entry.header.recorded_at, *rotated).Prepend(name + ": ");
}

Status AddBytes(std::string_view bytes, uint64_t seq, KeyHistory& keys) {
  const auto entry = CheckEntry(bytes);
  if (!entry.ok()) return Status(entry.status()).Prepend("entry " + std::to_string(seq) + ": ");
  if (entry->header.seq != seq) {
    return Corruption("entry " + std::to_string(seq) + " says that it is " + std::to_string(entry->header.seq));
  }
  return AddEntry(*entry, keys);
}

}  // namespace

Result<Genesis> GenesisOf(std::string_view entry_bytes, EntryHeader* header) {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(entry_bytes));
  const Genesis* genesis = entry.event ? std::get_if<Genesis>(&*entry.event) : nullptr;
  if (genesis == nullptr || entry.header.seq != 0) return Corruption("entry 0 is not a genesis");
  if (genesis->format_version != kFormatVersion) {
    return InvalidArgument("the ledger has format version " + std::to_string(genesis->format_version) +
                           ", this program reads and writes " + std::to_string(kFormatVersion));
  }
  if (header != nullptr) *header = entry.header;
  return *genesis;
}

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

Result<KeyHistory> ReadKeys(LedgerReader& reader) {
  EntriesRequest first;
  first.limit = 1;
  ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse head, reader.Entries(first));
  if (head.entries.empty()) return Corruption("the ledger has no entries, not even its genesis");
  EntryHeader header;
  ENVLEDGER_ASSIGN_OR_RETURN(const Genesis genesis, GenesisOf(head.entries.front(), &header));
  ENVLEDGER_ASSIGN_OR_RETURN(KeyHistory keys, KeyHistory::From(genesis, header.recorded_at));
  for (EventsRequest request{"key_rotated", 1, 0};;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EventsResponse page, reader.Events(request));
    for (const std::string& bytes : page.entries) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
      if (entry.header.seq < request.from_seq) return Corruption("the ledger answered with events out of order");
      ENVLEDGER_RETURN_IF_ERROR(AddEntry(entry, keys));
      request.from_seq = entry.header.seq + 1;
    }
    if (page.entries.empty()) return keys;
  }
}

}  // namespace envledger
