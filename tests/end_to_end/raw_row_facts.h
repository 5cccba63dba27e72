// The facts of a trace's raw rows (facts.json), as far as its transitions carry what they are about.
#pragma once

#include <memory>

#include "tests/end_to_end/trace_answers.h"

namespace envledger {

class RawRowFacts {
 public:
  explicit RawRowFacts(nlohmann::json facts) : facts_(std::move(facts)) {}
  virtual ~RawRowFacts() = default;
  // Of the trace of this name; fails the test when there is none for it.
  static std::unique_ptr<RawRowFacts> Of(const std::string& trace, nlohmann::json facts);

  // Each envelope once, in the order of `query`.
  virtual void Add(const nlohmann::json& envelope) = 0;
  // `account`: by principal, tenant and resource.
  virtual void Compare(const TraceAnswers& answers, const std::vector<AccountLine>& account) = 0;

 protected:
  const nlohmann::json facts_;
};

}  // namespace envledger
