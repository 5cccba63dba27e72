// What readers do with records that passed their checks, and which must therefore work for all of them.
#pragma once

#include <string>
#include <vector>

#include "ledger/codec/envelope.h"

namespace envledger::fuzz {

// Folds the records of an envelope and writes it in every form: JSON, CSV, OCSF, CloudEvents, words, the report's page,
// findings, accounts. `entries` are their sealed bytes. REQUIRES: not empty, the first is `requested`.
void UseEnvelope(const std::vector<Record>& records, const std::vector<std::string>& entries);

// Ends the program unless `text` is one JSON value, as an independent reader sees it.
void RequireJson(const std::string& text, const std::string& what);

}  // namespace envledger::fuzz
