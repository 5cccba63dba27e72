// The least that each stage must carry, for tests to add to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/codec/model.h"

namespace envledger {

Principal User(std::string id, std::string issuer = "idp.example");
Principal Service(std::string id, std::string issuer = "idp.example");

Transition Opening(std::string envelope_id, Principal requester = User("alice"));
// Any later stage, with the families that it must carry and no more; a decision is an allow, or a deny for `denied`.
Transition Later(Stage stage, std::string envelope_id);
Transition Grant(std::string envelope_id, ResourceMap resources = {});
Resource Amount(std::string name, int64_t milli_units);

// The binary form. Aborts the test program when the transition is refused.
std::string Encoded(const Transition& transition);
std::vector<std::string> Encoded(const std::vector<Transition>& transitions);

}  // namespace envledger
