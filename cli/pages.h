// Answers of many pages, as one.
#pragma once

#include <functional>

#include "cli/story.h"
#include "ledger/audit/reader.h"

namespace envledger::cli {

// Fetches pages until `limit` envelopes (0: all), each given to `visit`, as of the request's `at` if it has one; before
// that, as it came, to `witness`, if any.
Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<void(Story)>& visit,
                                 const std::function<void(const EnvelopeRecords&)>& witness = {});
Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit);

}  // namespace envledger::cli
