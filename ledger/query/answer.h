// One page of a query's answer, while it is being made. Private to this room.
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

// An envelope of which only the first records have been judged.
struct Unjudged {
  uint64_t place = 0;     // of the candidate that leads to it
  uint64_t revision = 0;  // of the next record to judge
  JudgedPart judged;
};
// Where a page begins.
struct PageStart {
  std::optional<uint64_t> after;     // beyond this place; nullopt: at the beginning of the answer
  std::optional<Unjudged> unjudged;  // with this envelope, which is the first one there
};
// kInvalidArgument as from PlaceOfCursor.
Result<PageStart> StartOf(const QueryRequest& request);

// The part of an envelope that an answer holds, collected as its records go by: as many of the first records as fit,
// but at least one. It never ends between two records of one revision, which a ledger may have if a broken index once
// damaged it.
class Piece {
 public:
  Piece(uint64_t max_bytes, uint64_t max_records) : max_bytes_(max_bytes), max_records_(max_records) {}
  explicit Piece(const AnswerLimits& limits) : Piece(limits.max_bytes, limits.max_records) {}

  // Adds the next record's bytes, with its revision. `enough`: ends the piece before it.
  void Add(uint64_t revision, std::string entry, bool enough = false);
  const std::vector<std::string>& entries() const { return entries_; }
  uint64_t bytes() const { return bytes_; }
  // The first revision that was left out.
  std::optional<uint64_t> next_revision() const { return next_revision_; }
  std::vector<std::string> Take() { return std::move(entries_); }

 private:
  uint64_t max_bytes_;
  uint64_t max_records_;
  std::vector<std::string> entries_;
  uint64_t bytes_ = 0;
  uint64_t last_revision_ = 0;
  std::optional<uint64_t> next_revision_;
};

class Page {
 public:
  // Owns none of its arguments.
  Page(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits);

  // Adds an envelope that matches, with the queried principal's roles in it, and the number of records it was judged by.
  void Add(std::string envelope_id, RoleMask roles, Piece piece, uint64_t records);
  // Marks the answer as incomplete; the first reason is kept.
  void Problem(std::string text);
  // Whether the page has reached its limits.
  bool full() const;
  uint32_t max_envelopes() const { return max_envelopes_; }
  // Lets the next page begin after this place, or within this envelope.
  void ContinueAfter(uint64_t place) {
    response_.completeness.next_cursor = CursorAfter(QuestionOf(request_), std::to_string(place));
  }
  void ContinueWithin(const Unjudged& unjudged);
  void SetScanned(uint64_t reads) { response_.completeness.scanned = reads; }
  QueryResponse Take() { return std::move(response_); }

 private:
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  uint32_t max_envelopes_ = 0;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  QueryResponse response_;
};

// scan.cc: answers a page without any index. Errors as from RunQuery.
Result<QueryResponse> RunScan(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits);

}  // namespace envledger
