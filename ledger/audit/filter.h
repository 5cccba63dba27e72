// The filters of a query, asked of one envelope: by the walk over an index, and by whoever has the records already.
#pragma once

#include <vector>

#include "ledger/codec/envelope.h"
#include "ledger/codec/message.h"

namespace envledger {

// Whether the envelope passes every filter but that of its principal. REQUIRES: records are not empty, and `envelope`
// is FoldEnvelope of them.
bool PassesFilters(const QueryRequest& query, const Envelope& envelope, const std::vector<Record>& records);

// The roles that a principal whom the filter names holds in the records, whatever the filter says of roles. REQUIRES:
// the filter has an id.
RoleMask RolesHeld(const std::vector<Record>& records, const PrincipalFilter& filter);

}  // namespace envledger
