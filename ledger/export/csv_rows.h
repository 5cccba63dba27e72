// Envelopes and records as rows of CSV: the fields in order, exact and complete. CsvRow (ledger/text/csv.h) makes lines
// of them. schema/OUTPUT.md describes each field.
#pragma once

#include <string>
#include <vector>

#include "ledger/codec/envelope.h"
#include "ledger/codec/model.h"
#include "ledger/export/event_mappings.h"

namespace envledger {

// One row per envelope. There are as many fields as titles.
const std::vector<std::string>& EnvelopeTitles();
std::vector<std::string> EnvelopeFields(const Envelope& envelope, RoleMask roles);

// One row per record. There are as many fields as titles.
const std::vector<std::string>& RecordTitles();
std::vector<std::string> RecordFields(const RecordInContext& record);

// "gpu=8; memory=68719476736; tokens=>=1,<=4/unit": exact amounts.
std::string ExactResources(const ResourceMap& resources);

}  // namespace envledger
