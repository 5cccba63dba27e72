#include "ledger/evidence/served_keys.h"

#include <utility>

#include "ledger/codec/entry.h"

namespace envledger {

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
      if (entry.header.seq < request.from_seq) return Corruption("the ledger returned events out of order");
      ENVLEDGER_RETURN_IF_ERROR(AddRotation(entry, keys));
      request.from_seq = entry.header.seq + 1;
    }
    if (page.entries.empty()) return keys;
  }
}

Status LearnKeys(LedgerReader& reader, ProofChecker& checker) {
  if (!checker.NeedsHistory() || checker.history()) return Ok();
  auto keys = ReadKeys(reader);
  if (keys.ok()) return checker.LearnHistory(*std::move(keys));
  switch (keys.status().code()) {
    case Code::kCorruption:
    case Code::kInvalidArgument:  // an unknown format, or an invalid name
    case Code::kNotFound:
      return Corruption("the ledger's key history does not hold: " + keys.status().message());
    default:
      return std::move(keys).status();
  }
}

}  // namespace envledger
