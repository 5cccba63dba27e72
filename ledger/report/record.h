// One record on a report's page.
#pragma once

#include <string>
#include <string_view>

#include "ledger/codec/envelope.h"

namespace envledger {

// A list item with the record's stage, both its times, its recorder, and everything that it states. `entry` is its
// sealed bytes; `before` is occurred_at of the record before it, or null for the first one.
std::string RecordHtml(const Record& record, std::string_view entry, const Nanos* before);

}  // namespace envledger
