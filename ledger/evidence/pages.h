// Answers of many pages, as one.
#pragma once

#include <functional>

#include "ledger/evidence/envelope_story.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Fetches pages until `limit` envelopes (0: all). Each is given to `visit`, as of the request's `at` if it has one. An
// envelope of which nothing can be told is a problem of the answer, and the others are visited. A status of `visit` that
// is not ok ends the walk and is returned. Holds one page, and what of an envelope is larger than a page one page more.
Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<Status(EnvelopeStory& story)>& visit);
Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit);

}  // namespace envledger
