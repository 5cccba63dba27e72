// One page of a query's answer while it is made. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/protocol/match.h"
#include "ledger/protocol/message.h"
#include "ledger/query/cursor.h"
#include "ledger/query/view.h"

namespace envledger {

// The place after which the page begins; nothing for the first. kInvalidArgument as PlaceOfCursor.
Result<std::optional<uint64_t>> PlaceAsked(const QueryRequest& request);

class Page {
 public:
  // Nothing is owned.
  Page(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits, const Matcher& matcher);

  // Adds the envelope when it matches.
  void Judge(StoredEnvelope envelope);
  // The answer is not complete; the first reason is kept.
  void Problem(std::string text);
  // Whether it holds as much as it may.
  bool full() const;
  uint32_t max_envelopes() const { return max_envelopes_; }
  // The answer goes on after this place.
  void ContinueAfter(uint64_t place) {
    response_.completeness.next_cursor = CursorAfter(QuestionOf(request_), std::to_string(place));
  }
  uint64_t& scanned() { return response_.completeness.scanned; }
  QueryResponse Take() { return std::move(response_); }

 private:
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  const Matcher& matcher_;
  uint32_t max_envelopes_ = 0;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  QueryResponse response_;
};

// scan.cc: a page without any index. Errors as RunQuery.
Result<QueryResponse> RunScan(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits);

}  // namespace envledger
