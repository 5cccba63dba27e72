// Answers of many pages, as one.
#pragma once

#include <functional>

#include "ledger/evidence/story.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Fetches pages until `limit` envelopes (0: all). Each is given to `visit`, as of the request's `at` if it has one,
// with the sealed records that it was read from. An envelope of which nothing can be told is a problem of the answer,
// and the others are visited. A status of `visit` that is not ok ends the walk and is returned.
Result<Coverage> ForEachAnswer(LedgerReader& reader, QueryRequest request, uint64_t limit,
                               const std::function<Status(Story story, const EnvelopeRecords& answer)>& visit);
// The same for a visitor that does not fail; what came, to `witness` before it, if any.
Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<void(Story)>& visit,
                                 const std::function<void(const EnvelopeRecords&)>& witness = {});
Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit);

}  // namespace envledger
