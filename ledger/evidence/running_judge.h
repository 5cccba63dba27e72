// Judges whether envelopes pass a query as of each of their records, while the ledger's entries are read in order.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ledger/base/siphash.h"
#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/protocol/match.h"

namespace envledger {

// Remembers the state of the envelopes seen last, in up to kMaxBytes; for others it asks the ledger for the earlier
// records. One user at a time.
class RunningJudge {
 public:
  static constexpr size_t kMaxBytes = 32 << 20;

  explicit RunningJudge(QueryRequest query, size_t max_bytes = kMaxBytes);
  RunningJudge(const RunningJudge&) = delete;
  RunningJudge& operator=(const RunningJudge&) = delete;

  // Whether the record's envelope passes as of this record. kCorruption when the ledger returns the envelope without
  // the record; other errors as LedgerReader::FindEnvelope.
  Result<bool> Passes(LedgerReader& reader, const Record& record);

  size_t bytes() const { return bytes_; }

 private:
  struct Seen {
    std::string envelope_id;
    EnvelopeJudge judge;
    size_t MemoryBytes() const;
  };
  Result<EnvelopeJudge> UpTo(LedgerReader& reader, const Record& record) const;
  void Keep(const std::string& envelope_id, EnvelopeJudge judge);

  const QueryRequest query_;
  const Matcher matcher_;
  const size_t max_bytes_;
  std::list<Seen> seen_;                                                              // most recent first
  std::unordered_map<std::string_view, std::list<Seen>::iterator, KeyedHash> by_id_;  // keys borrow from seen_
  size_t bytes_ = 0;
};

}  // namespace envledger
