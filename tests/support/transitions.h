// Transitions with only the mandatory families of their stage, for tests to extend.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/codec/model.h"

namespace envledger {

Principal User(std::string id, std::string issuer = "idp.example");
Principal Service(std::string id, std::string issuer = "idp.example");

Transition Opening(std::string envelope_id, Principal requester = User("alice"));
// Any later stage, with only its mandatory families; a decision is an allow, or a deny for `denied`.
Transition Later(Stage stage, std::string envelope_id);
Transition Grant(std::string envelope_id, ResourceMap resources = {});
Resource Amount(std::string name, int64_t milli_units);

// The binary form. Aborts the test program if the transition is refused.
std::string Encoded(const Transition& transition);
std::vector<std::string> Encoded(const std::vector<Transition>& transitions);

}  // namespace envledger
