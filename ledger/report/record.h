// One record on a report's page.
#pragma once

#include <string>
#include <string_view>

#include "ledger/codec/envelope.h"

namespace envledger {

// A list item with the record's stage, both its times, who recorded it, and everything that it states. `entry`: its
// sealed bytes; `before`: occurred_at of the record before it, or nullptr for the first one.
std::string RecordHtml(const Record& record, std::string_view entry, const Nanos* before);

}  // namespace envledger
