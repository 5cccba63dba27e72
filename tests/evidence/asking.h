// A question asked page by page, and its answer proven, as a program does that uses the library.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ledger/evidence/answer_proof.h"
#include "ledger/evidence/pages.h"

namespace envledger {

struct Proven {
  Status status;  // of asking
  bool holds = false;
  std::string failure;    // of the proof, or of asking
  nlohmann::json proven;  // AnswerProof::Json
  Coverage coverage;
  std::vector<EnvelopeRecords> answer;
};

inline void Conclude(const AnswerProof& proof, Status status, Proven& result) {
  result.status = std::move(status);
  result.holds = result.status.ok() && proof.holds();
  result.failure = result.status.ok() ? proof.failure() : result.status.message();
  if (result.status.ok()) result.proven = nlohmann::json::parse(proof.Json());
}

// The envelope as it came.
inline Status Keep(EnvelopeStory& story, Proven& result) {
  EnvelopeRecords& records = result.answer.emplace_back();
  records.envelope_id = story.envelope().envelope_id;
  records.roles = story.roles();
  return story.ForEachOfAll([&records](const Record&, const std::string& entry) {
    records.entries.push_back(entry);
    return Ok();
  });
}

// `limit` 0: all. `request`: its principal, if any, names one as the ledger knows it.
inline Proven ProveQuery(LedgerReader& reader, const TrustPolicy& policy, const QueryRequest& request,
                         uint64_t limit = 0, bool can_sign = true) {
  Proven result;
  AnswerProof proof(reader, policy, can_sign, request);
  auto coverage = ForEachEnvelope(reader, request, limit, [&](EnvelopeStory& story) -> Status {
    ENVLEDGER_RETURN_IF_ERROR(proof.Add(story));
    return Keep(story, result);
  });
  Status status = coverage.status();
  if (coverage.ok()) {
    result.coverage = *std::move(coverage);
    status = proof.Prove(result.coverage, {});
  }
  Conclude(proof, std::move(status), result);
  return result;
}

inline Proven ProveEnvelope(LedgerReader& reader, const TrustPolicy& policy, const std::string& id,
                            bool can_sign = true) {
  Proven result;
  AnswerProof proof(reader, policy, can_sign, std::nullopt);
  const auto prove = [&]() -> Status {
    ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader, id));
    ENVLEDGER_ASSIGN_OR_RETURN(EnvelopeStory story, EnvelopeStory::Read(std::move(pages)));
    result.coverage.AddPage(story.completeness());
    ENVLEDGER_RETURN_IF_ERROR(proof.Add(story));
    ENVLEDGER_RETURN_IF_ERROR(Keep(story, result));
    return proof.Prove(result.coverage, {});
  };
  Conclude(proof, prove(), result);
  return result;
}

// The query for all that a user has to do with.
inline QueryRequest AboutUser(const std::string& id) {
  QueryRequest request;
  request.principal = PrincipalFilter{};
  request.principal->kind = PrincipalKind::kUser;
  request.principal->id = id;
  return request;
}

}  // namespace envledger
