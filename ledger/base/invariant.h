// Invariants that guard what is written to disk or signed, checked in every build.
//
// A broken invariant is a bug, caught just before it would become part of the ledger for good. It stops the writer, not
// the process: the function returns kInternal, and its callers stop writing, as they do after a failed write. That
// loses least. Either way, what was acknowledged is on disk and what is in flight is refused. But a process that lives
// on answers queries, tells its clients and `status` what happened, and stops in order. An abort would lose all that,
// and a deterministic cause could abort every start. Nothing is repaired: a restart recovers from what is on disk.
#pragma once

#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

// Logs the broken invariant as an error and returns kInternal with the same text: the condition, `message`, and the
// place in the source.
Status BrokenInvariant(std::string_view condition, std::string_view message, std::string_view file, int line);

}  // namespace envledger

// Returns kInternal from the enclosing function, which must return a Status or a Result, unless `condition` holds.
// `message` (a string or string_view, evaluated only then) tells the reader of the log what is wrong.
#define ENVLEDGER_INVARIANT(condition, message)                                     \
  do {                                                                              \
    if (!(condition)) [[unlikely]] {                                                \
      return ::envledger::BrokenInvariant(#condition, message, __FILE__, __LINE__); \
    }                                                                               \
  } while (false)
