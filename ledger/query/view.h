// Questions about the state of a ledger at one moment, and their answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/index/ledger_view.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/query/effort.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// How much one page of an answer may hold and cost. A page that reaches a limit ends with a cursor. A page of entries has
// at least one. A page of a query or of principals may be empty and still have a cursor, when the work was done before
// there was a match. An envelope that is within the limits by itself is given whole, so the page may reach twice the
// limits; of a larger one the page has the first records up to the limits.
struct AnswerLimits {
  uint32_t max_envelopes = 1000;
  uint64_t max_records = 4096;
  uint64_t max_bytes = 2 << 20;  // of entries
  // Of an Effort, for any page but that of a scan, which reads the log to its end.
  uint64_t max_work = 100'000;
  uint64_t max_scanned = 200'000;  // entries that a scan looks at for one page
  size_t short_list = 256;         // a list of so few postings is read at once if that saves walking a longer list
  size_t max_principals = 256;     // of one id that are followed side by side, each by its own links
  uint64_t records_at_once = 64;   // at least 1; of an envelope, before the page may end within it
  // Whether nobody waits for the page any more; asked now and then while it is made, and then it ends. May be empty.
  std::function<bool()> unwanted = {};
};

// A record with its bytes.
struct StoredRecord {
  Record record;
  std::string entry;
};
// The state of a walk through an envelope.
struct EnvelopeWalk {
  std::string envelope_id;
  uint64_t from_revision = 0;
  StoredRecord* known = nullptr;  // a record that the caller has already read, if any; moved from
  // Set by the walk: the current revision, according to the index; and, if `problem` is empty, in what way revisions
  // are missing or out of order.
  uint64_t revision = 0;
  std::string problem = {};
};
// Calls `visit` with the envelope's records in order, reading each when its turn comes, until it returns false. `at` is
// a cursor of the view's kEnvelopes table. kNotFound when the envelope has no record in the view (to begin beyond its
// last revision is no error); kCorruption when the index does not give a `requested` record first.
Status WalkEnvelope(const LedgerView& view, IndexCursor& at, EnvelopeWalk& walk,
                    const std::function<bool(StoredRecord& record)>& visit);

// The principals of the filter's id, and of its issuer and kind if the id is given; without an id, all of them. In key
// order, starting after `cursor` (a PrincipalPrefix, or empty), each with the posting of its last link, until `visit`
// returns false.
Status VisitPrincipals(const LedgerView& view, const PrincipalFilter& filter, std::string_view cursor, Effort& effort,
                       const std::function<bool(const std::string& prefix, const PrincipalSummary& summary)>& visit);

Result<QueryResponse> RunQuery(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits);
Result<EnvelopeResponse> RunEnvelope(const LedgerView& view, const EnvelopeRequest& request,
                                     const AnswerLimits& limits);
Result<PrincipalsResponse> RunPrincipals(const LedgerView& view, const PrincipalsRequest& request,
                                         const AnswerLimits& limits);
Result<EntriesResponse> RunEntries(const LedgerView& view, const EntriesRequest& request, const AnswerLimits& limits);
Result<CheckpointsResponse> RunCheckpoints(const LedgerView& view, const CheckpointsRequest& request,
                                           const AnswerLimits& limits);
// proofs.cc
Result<InclusionProofResponse> RunInclusionProof(const LedgerView& view, const InclusionProofRequest& request);
Result<ConsistencyProofResponse> RunConsistencyProof(const LedgerView& view, const ConsistencyProofRequest& request);
Result<EventsResponse> RunEvents(const LedgerView& view, const EventsRequest& request, const AnswerLimits& limits);

// The completeness of an answer for which the view had everything that was needed.
Completeness CompletenessOf(const LedgerView& view);

}  // namespace envledger
