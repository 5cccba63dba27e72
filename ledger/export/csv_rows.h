// Envelopes and records as rows of CSV: the fields in order, exact, nothing shortened. CsvRow (ledger/text/csv.h) makes
// a line of them. schema/OUTPUT.md says what each field is.
#pragma once

#include <string>
#include <vector>

#include "ledger/codec/envelope.h"
#include "ledger/codec/model.h"
#include "ledger/export/event_mappings.h"

namespace envledger {

// One row an envelope. As many fields as titles.
const std::vector<std::string>& EnvelopeTitles();
std::vector<std::string> EnvelopeFields(const Envelope& envelope, RoleMask roles);

// One row a record. As many fields as titles.
const std::vector<std::string>& RecordTitles();
std::vector<std::string> RecordFields(const RecordInContext& record);

// "gpu=8; memory=68719476736; tokens=>=1,<=4/unit": exact amounts.
std::string ExactResources(const ResourceMap& resources);

}  // namespace envledger
