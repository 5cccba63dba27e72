// Answers of many pages, as one.
#pragma once

#include <functional>

#include "cli/story.h"
#include "ledger/audit/reader.h"

namespace envledger::cli {

// Fetches pages until `limit` envelopes (0: all), each given to `visit`.
Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<void(Story)>& visit);
// The same with the sealed bytes: `answer` is what `story` was read from. A status that is not ok ends the walk and is
// returned.
Result<Coverage> ForEachAnswer(LedgerReader& reader, QueryRequest request, uint64_t limit,
                               const std::function<Status(Story story, const EnvelopeRecords& answer)>& visit);
Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit);

}  // namespace envledger::cli
