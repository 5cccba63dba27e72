// An envelope as JSON: the object of `query` and `show`.
#pragma once

#include <string>

#include "ledger/evidence/story.h"
#include "ledger/json/writer.h"

namespace envledger {

// Writes the fields of an envelope into `json`, in their documented order. Every field is present, and null when it was
// not stated; within a family, fields that were not stated are omitted, as in a transition.
void AddEnvelope(JsonObject& json, const Envelope& envelope, RoleMask roles);
std::string EnvelopeJson(const Envelope& envelope, RoleMask roles);

std::string RecorderJson(const Recorder& recorder);
// {"requester": 3, ...}, zeros left out.
std::string RoleCountsJson(const std::array<uint64_t, kRoleCount>& by_role);

}  // namespace envledger
