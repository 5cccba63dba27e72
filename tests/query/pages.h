// Whole answers, page by page and envelope by envelope, as a client puts them together.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"
#include "ledger/query/view.h"
#include "tests/query/live_reader.h"

namespace envledger {

struct Answer {
  std::vector<EnvelopeRecords> envelopes;
  bool complete = true;
  std::string problem;

  void Add(const Completeness& page) {
    complete = complete && page.complete;
    if (problem.empty()) problem = page.problem;
  }
};

inline uint64_t BytesOf(const std::vector<std::string>& entries) {
  uint64_t bytes = 0;
  for (const std::string& entry : entries) bytes += entry.size();
  return bytes;
}

// Entries are within the limits, or one alone.
inline void ExpectWithin(const std::vector<std::string>& entries, uint64_t max_records, uint64_t max_bytes) {
  if (entries.size() <= 1) return;
  EXPECT_LE(entries.size(), max_records);
  EXPECT_LE(BytesOf(entries), max_bytes);
}

// What a query left out of an envelope.
inline void AskForRest(LedgerReader& reader, const AnswerLimits& limits, EnvelopeRecords& envelope, Answer& answer) {
  for (auto next = envelope.next_revision; next;) {
    const auto page = reader.FindEnvelope({envelope.envelope_id, next});
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    const std::vector<std::string>& more = page->envelope.entries;
    ASSERT_FALSE(more.empty());
    ExpectWithin(more, limits.max_records, limits.max_bytes);
    answer.Add(page->completeness);
    envelope.entries.insert(envelope.entries.end(), more.begin(), more.end());
    next = page->envelope.next_revision;
  }
  envelope.next_revision.reset();
}

// All pages of the answer, and all parts of its envelopes. `limits`: those of the reader.
inline Answer Ask(LedgerReader& reader, QueryRequest request, const AnswerLimits& limits = {}) {
  Answer answer;
  request.in_parts = true;
  for (int page = 0; page < 1000; ++page) {
    const auto response = reader.Query(request);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    if (!response.ok()) return answer;
    answer.Add(response->completeness);
    uint64_t bytes = 0;
    uint64_t most = 0;  // of one envelope
    for (EnvelopeRecords envelope : response->envelopes) {
      ExpectWithin(envelope.entries, limits.max_records, limits.max_bytes);
      bytes += BytesOf(envelope.entries);
      most = std::max(most, BytesOf(envelope.entries));
      AskForRest(reader, limits, envelope, answer);
      answer.envelopes.push_back(std::move(envelope));
    }
    EXPECT_LE(bytes, limits.max_bytes + most);
    request.cursor = response->completeness.next_cursor;
    if (request.cursor.empty()) return answer;
  }
  ADD_FAILURE() << "the pages do not end";
  return answer;
}

inline Answer Ask(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits = {}) {
  LiveReader reader(view, limits);
  return Ask(reader, request, limits);
}

inline std::vector<std::string> Ids(const std::vector<EnvelopeRecords>& envelopes) {
  std::vector<std::string> ids;
  for (const EnvelopeRecords& envelope : envelopes) ids.push_back(envelope.envelope_id);
  return ids;
}

}  // namespace envledger
