#include "ledger/sealing/chain_writer.h"

#include <utility>

namespace envledger {

Result<Hash> ChainWriter::Add(EntryHeader header, const CheckedTransition& transition, SealedEntries& sealed) {
  PlaceNext(header);
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view entry, builder_.Build(header, transition));
  return Put(header, entry, sealed);
}

Result<Hash> ChainWriter::Add(EntryHeader header, const LedgerEvent& event, SealedEntries& sealed) {
  PlaceNext(header);
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view entry, builder_.Build(header, event));
  return Put(header, entry, sealed);
}

void ChainWriter::PlaceNext(EntryHeader& header) const {
  header.seq = next_seq();
  header.previous = added_.empty() ? end_.last_leaf_hash : added_.back();
}

Hash ChainWriter::Put(const EntryHeader& header, std::string_view entry, SealedEntries& sealed) {
  sealed.bytes.append(entry);
  sealed.ends.push_back(sealed.bytes.size());
  added_at_ = header.recorded_at;
  return added_.emplace_back(LeafHash(entry));
}

void ChainWriter::Keep(SealedEntries& sealed) {
  if (added_.empty()) return;
  for (size_t i = 0; i < added_.size(); ++i) {
    if (i + 1 == added_.size()) sealed.before_last = end_.frontier;
    end_.frontier.Append(added_[i]);
  }
  sealed.last_leaf_hash = end_.last_leaf_hash = added_.back();
  sealed.last_recorded_at = end_.last_recorded_at = added_at_;
  added_.clear();
}

void ChainWriter::TakeBack(SealedEntries& sealed) {
  sealed.ends.resize(sealed.ends.size() - added_.size());
  sealed.bytes.resize(sealed.ends.empty() ? 0 : sealed.ends.back());
  added_.clear();
}

}  // namespace envledger
