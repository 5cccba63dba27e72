// How people name a principal, [KIND:]ID, and which principal of a ledger they mean.
//
// An id may itself contain colons, and begin with a word that is also a kind ("system:serviceaccount:default:web"). So
// "WORD:REST" with a kind word is read as kind and id first, and as a whole id when the ledger knows no principal of
// the first reading but one of the second. In ":ID" everything after the colon is the id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/protocol/message.h"

namespace envledger {

struct PrincipalName {
  PrincipalFilter filter;            // the first reading
  std::optional<std::string> whole;  // the id of the second reading, when there is one

  // The one or two readings, the first one first.
  std::vector<PrincipalFilter> Readings() const;
};

// kInvalidArgument when the id is empty.
Result<PrincipalName> ParsePrincipalName(std::string_view text);

// The most principals that ResolvedPrincipal lists: one more than a person is shown, to notice that there are more.
inline constexpr uint32_t kMostCandidates = 11;

struct ResolvedPrincipal {
  PrincipalFilter filter;
  std::vector<PrincipalSummary> candidates;  // the principals that it names, up to kMostCandidates
};
// Asks the ledger which reading is meant. REQUIRES: the filter has an id.
Result<ResolvedPrincipal> Resolve(LedgerReader& reader, const PrincipalName& name);

}  // namespace envledger
