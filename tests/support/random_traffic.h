// An endless sequence of legal transitions, determined by the seed: many principals in every role, two issuers with the
// same names, tenants, kinds, stages, native ids. Requests, grants and usage have every form (zeros, per unit, bounds),
// and there are leases, deadlines, delegations, and times that run backwards: everything that affects an account or a
// finding occurs.
#pragma once

#include <initializer_list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/chain/lifecycle.h"
#include "ledger/codec/model.h"

namespace envledger {

class RandomTraffic {
 public:
  explicit RandomTraffic(unsigned seed) : random_(seed) {}

  Transition Next();
  // One to four transitions, encoded.
  std::vector<std::string> NextBatch();
  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  // Values from the small pools that the transitions use.
  Principal APrincipal();
  std::string ATenant() { return "tenant" + std::to_string(Below(3)); }
  std::string ATarget() { return "model" + std::to_string(Below(4)); }
  std::string ANativeId() { return "pod" + std::to_string(Below(6)); }
  std::string ANode() { return "node" + std::to_string(Below(5)); }
  // The id of an existing envelope, or of one of the next ones.
  std::string AnEnvelope() { return "e" + std::to_string(Below(opened_ + 2)); }
  std::string ARequestId() { return "req" + std::to_string(Below(20)); }
  std::string ATraceId() { return std::string(31, 'a') + static_cast<char>('0' + Below(8)); }
  std::string AScope() { return "project" + std::to_string(Below(3)); }
  ExecutionKind AKind() { return static_cast<ExecutionKind>(1 + Below(4)); }
  Nanos ATime();

 private:
  Transition Open();
  std::optional<Transition> Continue(const std::string& envelope_id);
  std::vector<std::string> SomeOf(std::initializer_list<const char*> words);
  Resource AnAsk(const std::string& name);
  ResourceMap Asks();
  ResourceMap GrantsFor(const ResourceMap& asks);
  Nanos ALaterTime();
  void Decide(Decision& decision, const Identity& identity);
  void FillGrant(Transition& t, const Transition& opening);
  void Remember(const Transition& transition);

  std::mt19937 random_;
  std::map<std::string, LifecycleState> envelopes_;
  std::map<std::string, Transition> openings_;
  std::set<Nanos> used_;  // the times of records that are not openings
  unsigned opened_ = 0;
  unsigned made_ = 0;
};

}  // namespace envledger
