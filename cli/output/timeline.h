// The story of one envelope, told to a person.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/output/output_style.h"
#include "ledger/evidence/story.h"

namespace envledger::cli {

// A heading (who, for whom, through whom, what, under which scope), the resources requested beside granted beside used,
// and every record in order. `entries`: the sealed bytes of the story's records.
void PrintTimeline(std::ostream& out, const OutputStyle& style, const Story& story,
                   const std::vector<std::string>& entries);

}  // namespace envledger::cli
