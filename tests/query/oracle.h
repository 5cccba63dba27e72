// The answers, found by reading everything: no index, no cursor, nothing clever.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

class Oracle {
 public:
  // From all entries of a ledger.
  explicit Oracle(const std::vector<std::string>& entries);

  // The ids of the envelopes that pass all filters, in the order of the answer.
  std::vector<std::string> Query(const QueryRequest& request) const;
  // By id, kind and issuer, as the answer.
  std::vector<PrincipalSummary> Principals(const PrincipalFilter& filter) const;
  // Held by `at`, or ever.
  RoleMask RolesOf(const std::string& envelope_id, const PrincipalFilter& filter, std::optional<Nanos> at) const;
  // Its sealed bytes.
  const std::vector<std::string>& EntriesOf(const std::string& envelope_id) const;

 private:
  struct Stored {
    std::vector<Record> records;
    std::vector<std::string> entries;
    Envelope now;
  };
  const Stored& Find(const std::string& envelope_id) const;
  std::vector<Stored> envelopes_;
};

}  // namespace envledger
