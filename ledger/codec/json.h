// The JSON form of a transition: the field names and words of the design, one object.
//
// Reading is strict: unknown fields, duplicate keys, wrong types, unknown words, empty strings and invalid UTF-8 are
// errors that name the field by its path ("identity.delegation[1].actor.kind"). Quantities are strings in Kubernetes
// syntax (or {"amount": ..., "min": ..., "max": ..., "per": ..., "unit_of": ..., "origin": ..., "selector": ...});
// times are RFC 3339 strings. A priority may also be written as an integer. An empty list or map says nothing and is
// read as absent, except requested and granted.resources, which may be empty; granted.resources may not be left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"

namespace envledger {

struct JsonTransition {
  Transition transition;
  std::optional<uint64_t> expected_revision;  // an extra field at the top level, not part of the transition
  // How the transition differs from what the text says, a sentence each, for the author of the text: a leap second,
  // which Nanos cannot represent (base/time.h).
  std::vector<std::string> remarks;
};

// Parses one object. kInvalidArgument with the field's path as rule (empty for the object itself); errors of syntax
// also name the column, in bytes from 1. Rules beyond the JSON form (mandatory families, limits) are left to
// CheckTransition.
Result<JsonTransition> ParseTransitionJson(std::string_view text);

// One line, no trailing newline, fields in the order of the schema, absent fields left out. Invalid UTF-8 cannot occur:
// the ledger refuses it.
std::string TransitionJson(const Transition& transition);

// The ledger event of an entry as one JSON object {"event": "genesis", ...}: the fields of entry.fbs, times in RFC
// 3339, keys and signatures in base64.
std::string LedgerEventJson(const LedgerEvent& event);

// The JSON of single families and values, for the tools that print parts of a transition.
std::string ResourcesJson(const ResourceMap& resources);
std::string PrincipalJson(const Principal& principal);

}  // namespace envledger
