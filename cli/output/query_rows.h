// One envelope as a row: of the table and of the csv.
#pragma once

#include <string>
#include <vector>

#include "cli/output/listing.h"
#include "ledger/evidence/story.h"
#include "ledger/text/words.h"

namespace envledger::cli {

ListingShape QueryShape();
Cells QueryCells(const Envelope& envelope, const NameBook& names);
std::vector<std::string> QueryFields(const Story& story);

// "gpu=8; memory=68719476736; tokens=>=1,<=4/unit": exact amounts, for csv.
std::string ExactResources(const ResourceMap& resources);

}  // namespace envledger::cli
