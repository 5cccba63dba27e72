// The filters of a query in words, so that a question can be written down and read again: by the tool on its command
// line, and by a report that states what was asked.
//
// A filter is a name and a value. Written down, the filters of a query stand in the order of QueryFilters, each once; a
// filter that takes nothing has an empty value, every other one has one; the words of a list are joined by commas;
// moments are absolute, as FormatTime writes them; all is UTF-8. What each one means is QueryRequest's (protocol.fbs).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/model.h"
#include "ledger/protocol/message.h"
#include "ledger/protocol/principal_name.h"

namespace envledger {

enum class FilterTakes { kNothing, kText, kWords, kTime, kNumber };

struct QueryFilter {
  std::string_view name;
  FilterTakes takes;
};
// All that there are, in the order in which they are written down.
const std::vector<QueryFilter>& QueryFilters();

struct QueryPlan {
  QueryRequest request;                    // its principal is still to be resolved
  std::optional<PrincipalName> principal;  // whose envelopes; nobody's in particular
  uint64_t limit = 0;                      // envelopes at most; 0: all
};

// The principal of the filters principal, issuer and role among `filters`; without the first, its id is empty. Others
// are passed over. kInvalidArgument as below.
Result<PrincipalName> ReadPrincipalFilters(const std::vector<KeyValue>& filters);

// Reads filters as they are written down. kInvalidArgument, naming the filter, for one that there is not, that has no
// such value, or that is not in its place; and for filters that exclude each other.
Result<QueryPlan> ReadFilters(const std::vector<KeyValue>& filters);

// "--tenant search --open": filters as they are written in sentences and messages.
std::string FiltersText(const std::vector<KeyValue>& filters);

}  // namespace envledger
