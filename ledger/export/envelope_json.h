// An envelope as JSON: the object of `query` and `show`.
#pragma once

#include <string>

#include "ledger/evidence/story.h"
#include "ledger/json/writer.h"

namespace envledger {

// The fields of an envelope, in their documented order, into `json`. A field is always there, null when it was not
// stated; inside a family what was not stated is left out, as in a transition.
void AddEnvelope(JsonObject& json, const Envelope& envelope, RoleMask roles);
std::string EnvelopeJson(const Envelope& envelope, RoleMask roles);

std::string RecorderJson(const Recorder& recorder);
// {"requester": 3, ...}, zeros left out.
std::string RoleCountsJson(const std::array<uint64_t, kRoleCount>& by_role);

}  // namespace envledger
