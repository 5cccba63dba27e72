// Quantities: Kubernetes syntax, held as exact signed 64-bit counts of milli-units. Never floating point.
//
// Syntax: [+-] number suffix, where number is digits with at most one point before, between or after them ("8", "1.5",
// ".5", "1."), and suffix is one of n u m "" k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent e[+-]N / E[+-]N.
// A value that is finer than a milli-unit, or out of range, is an error; nothing is rounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

// "500m" -> 500, "8" -> 8000, "64Gi" -> 68719476736000. kInvalidArgument with the offending text (cut at 64 bytes) in
// the message: bad syntax, finer than a milli-unit, outside 64 bits.
Result<int64_t> ParseQuantity(std::string_view text);

// The canonical text of the JSON form: whole units in plain decimal, otherwise milli-units with "m": "8", "-3",
// "1500m". ParseQuantity reads it back as `milli`.
std::string FormatQuantity(int64_t milli);

// For people: like FormatQuantity, with the largest binary suffix that divides exactly when it is at least 1Mi
// ("64Gi").
std::string HumanQuantity(int64_t milli);

// The canonical text of an exact 128-bit sum of milli-units.
std::string FormatQuantity(__int128 milli);

}  // namespace envledger
