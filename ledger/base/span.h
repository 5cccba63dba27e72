// Spans between times that anybody may have written.
#pragma once

#include <limits>

#include "ledger/base/time.h"

namespace envledger {

// `to` - `from`, negative when `to` is earlier. A span of more than 292 years counts as 292 years, so the result can be
// negated.
inline Nanos SpanBetween(Nanos from, Nanos to) {
  constexpr Nanos kLongest = std::numeric_limits<Nanos>::max();
  Nanos span = 0;
  if (__builtin_sub_overflow(to, from, &span)) return to < from ? -kLongest : kLongest;
  return span < -kLongest ? -kLongest : span;
}

}  // namespace envledger
