// The filters of a query in words, so that a question can be written down and read back: by the tool on its command
// line, and by a report that states what was asked.
//
// A filter is a name and a value. When written down, the filters of a query are in the order of QueryFilters, each at
// most once. A flag has an empty value, every other filter has a value; the words of a list are joined by commas; times
// are absolute, as FormatTime writes them; everything is UTF-8. QueryRequest (protocol.fbs) says what each one means.
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
// All filters, in the order in which they are written down.
const std::vector<QueryFilter>& QueryFilters();

struct QueryPlan {
  QueryRequest request;                    // without its principal, which is still to be resolved
  std::optional<PrincipalName> principal;  // whose envelopes; nullopt: anybody's
  uint64_t limit = 0;                      // the most envelopes; 0: all
};

// The principal that the filters principal, issuer and role name; its id is empty without the first of them. Other
// filters are ignored. kInvalidArgument as from ReadFilters.
Result<PrincipalName> ReadPrincipalFilters(const std::vector<KeyValue>& filters);

// Reads filters as they are written down. kInvalidArgument, naming the filter, for an unknown filter, a bad value, or a
// filter that is repeated or out of order; and for filters that exclude each other.
Result<QueryPlan> ReadFilters(const std::vector<KeyValue>& filters);

// "--tenant search --open": filters as they are written in sentences and messages.
std::string FiltersText(const std::vector<KeyValue>& filters);

}  // namespace envledger
