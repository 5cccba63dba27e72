// One envelope as a row of a table.
#pragma once

#include "cli/output/listing.h"
#include "ledger/codec/envelope.h"
#include "ledger/text/words.h"

namespace envledger::cli {

ListingShape QueryShape();
Cells QueryCells(const Envelope& envelope, const NameBook& names);

}  // namespace envledger::cli
