// What the tool answers about a trace, asked over the socket and added up, for comparison with the trace's facts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/daemon.h"

namespace envledger {

using Counts = std::map<std::string, uint64_t>;
// resource -> milli-units, those per unit under "name (per unit)".
using Sums = std::map<std::string, __int128>;

// Each fails the test when the two differ. Zeros in `facts` stand for nothing.
void ExpectSums(const Sums& sums, const nlohmann::json& facts, const std::string& kind);
void ExpectCounts(const Counts& counts, const nlohmann::json& facts, const std::string& what);

// The text of a field, or nothing when it is null or absent.
std::string TextOf(const nlohmann::json& object, const char* field);

// What envelopes add up to: all of them, or those of one requester.
struct Tally {
  uint64_t envelopes = 0;
  uint64_t open = 0;
  Counts by_final_stage;
  Counts by_kind;
  Counts by_scope;
  Counts by_tenant;
  Sums requested;
  Sums granted;
  Sums used;
  uint64_t with_grant = 0;
  uint64_t differ = 0;
  uint64_t differ_where_both_stated = 0;
  uint64_t decided_by_requester = 0;
  Counts envelopes_with;
  Counts resources_with;
  std::map<std::string, Counts> by_resource;
  std::string first_opened;
  std::string last_opened;

  // An envelope as `query` and `show` print it.
  void Add(const nlohmann::json& envelope);
};

// A row of `account`, or its total, with what is rounded in it made whole again.
struct AccountLine {
  nlohmann::json by;  // null: the total
  uint64_t envelopes = 0;
  std::map<std::string, Sums> sums;                // of "requested", "granted", "used"
  std::map<std::string, Sums> milli_unit_seconds;  // likewise, the time held
};

class TraceAnswers {
 public:
  explicit TraceAnswers(const ServedLedger& ledger) : ledger_(ledger) {}

  // Every line of a jsonl answer but the completeness, which must say that the answer is complete. Every call is about
  // a whole answer: no limit.
  void ForEach(std::vector<std::string> words, const std::function<void(const nlohmann::json&)>& visit) const;
  // Every envelope of `query`.
  void ForEachEnvelope(std::vector<std::string> filters, const std::function<void(const nlohmann::json&)>& visit) const;
  uint64_t CountEnvelopes(const std::vector<std::string>& filters) const;
  // The rows of `account`, and the total last.
  std::vector<AccountLine> Account(std::vector<std::string> words) const;
  nlohmann::json Show(const std::string& envelope_id) const;
  // How many envelopes took each path, "requested > denied", from the records in the ledger's order (`follow`).
  Counts Paths(uint64_t entries) const;

 private:
  const ServedLedger& ledger_;
};

// Filters for one requester.
std::vector<std::string> ByRequester(const nlohmann::json& principal);

}  // namespace envledger
