// What must hold wherever a broken rule would be written to disk or signed, checked in every build.
//
// A broken invariant is a bug, found in the last moment before it would become part of the ledger for ever. It ends the
// writing and not the process: the function returns kInternal, and its callers take that as the end of the writer, as
// they do a failed write. That loses least. What was acknowledged is on disk in either case, and what is in flight is
// refused in either case; but a process that lives on answers queries, tells its clients and `status` what happened,
// and stops in order, where an abort would drop all of that and, the cause being deterministic, might come again at
// every start. Nothing is repaired: a restart recovers from what is on disk.
#pragma once

#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

// Logs the broken invariant as an error, and returns kInternal with the same text: what must hold, `message`, and the
// place in the source.
Status BrokenInvariant(std::string_view condition, std::string_view message, std::string_view file, int line);

}  // namespace envledger

// Returns from the function, whose result is a Status or a Result, unless `condition` holds. `message` (a string or
// string_view, evaluated only then) is for the person who reads the log: what is wrong with what.
#define ENVLEDGER_INVARIANT(condition, message)                                     \
  do {                                                                              \
    if (!(condition)) [[unlikely]] {                                                \
      return ::envledger::BrokenInvariant(#condition, message, __FILE__, __LINE__); \
    }                                                                               \
  } while (false)
