// The first blocks of a timeline: what stands in the `requested` record, and what became of the resources.
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
