// Whole answers, page by page.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

struct Answer {
  std::vector<EnvelopeRecords> envelopes;
  bool complete = true;
  std::string problem;
};

// All pages of the answer.
inline Answer Ask(const std::function<Result<QueryResponse>(const QueryRequest&)>& ask, QueryRequest request) {
  Answer answer;
  for (int page = 0; page < 1000; ++page) {
    const auto response = ask(request);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    if (!response.ok()) return answer;
    answer.complete = answer.complete && response->completeness.complete;
    if (answer.problem.empty()) answer.problem = response->completeness.problem;
    for (const EnvelopeRecords& envelope : response->envelopes) answer.envelopes.push_back(envelope);
    request.cursor = response->completeness.next_cursor;
    if (request.cursor.empty()) return answer;
  }
  ADD_FAILURE() << "the pages do not end";
  return answer;
}

inline std::vector<std::string> Ids(const std::vector<EnvelopeRecords>& envelopes) {
  std::vector<std::string> ids;
  for (const EnvelopeRecords& envelope : envelopes) ids.push_back(envelope.envelope_id);
  return ids;
}

}  // namespace envledger
