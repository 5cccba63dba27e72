// The first blocks of a timeline: the contents of the `requested` record, and the resources requested, granted and
// used.
#pragma once

#include <ostream>

#include "cli/output/output_style.h"
#include "ledger/evidence/story.h"

namespace envledger::cli {

// The envelope's id and stage.
void PrintTitle(std::ostream& out, const OutputStyle& style, const Envelope& envelope);
void PrintHeading(std::ostream& out, const OutputStyle& style, const Envelope& envelope);
void PrintResources(std::ostream& out, const OutputStyle& style, const Envelope& envelope);

}  // namespace envledger::cli
