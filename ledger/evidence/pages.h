// Reads an answer of many pages as one.
#pragma once

#include <functional>

#include "ledger/evidence/envelope_story.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Fetches pages until `limit` envelopes were visited (0: all). `visit` gets each envelope, as of the request's `at` if
// it has one. An envelope that cannot be read is noted as a problem of the answer, and the others are still visited. An
// error of `visit` ends the walk and is returned. Holds one page, and one more page of an envelope that is larger than
// a page.
Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<Status(EnvelopeStory& story)>& visit);
Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit);

}  // namespace envledger
