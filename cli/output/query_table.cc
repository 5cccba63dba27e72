#include "cli/output/query_table.h"

#include "ledger/export/csv_rows.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

std::string OrDash(const std::string& text) { return text.empty() ? "-" : SafeText(text); }

}  // namespace

ListingShape QueryShape() {
  return {
      .rows_name = "envelopes",
      .csv_titles = EnvelopeTitles(),
      .columns = {{.title = "WHEN (UTC)", .least = 19},
                  {.title = "STAGE", .least = 9},
                  {.title = "WHO", .least = 16},
                  {.title = "WHAT", .least = 20},
                  {.title = "SCOPE", .least = 12, .fold = 1},
                  {.title = "REQUESTED", .least = 16, .fold = 1},
                  {.title = "GRANTED", .least = 16, .fold = 1},
                  {.title = "RELATION", .least = 16, .fold = 2},
                  {.title = "ENVELOPE", .least = 36, .fold = 2, .whole = true}},
  };
}

Cells QueryCells(const Envelope& envelope, const NameBook& names) {
  const RelationWords relation = SummaryOf(envelope);
  std::string granted = "-";  // never granted
  if (envelope.granted)
    granted = envelope.granted->resources.empty() ? "nothing stated" : ResourcesText(envelope.granted->resources);
  return {
      {ShortTime(envelope.opened_at)},
      {std::string(Name(envelope.stage)), ColorOf(envelope.stage)},
      {SafeText(WhoText(envelope, names))},
      {SafeText(WhatText(envelope.execution))},
      {OrDash(ScopeText(envelope.scope))},
      {OrDash(ResourcesText(envelope.requested))},
      {SafeText(granted)},
      {OrDash(relation.text), ColorOf(relation.worst)},
      {SafeText(envelope.envelope_id), Color::kDim},
  };
}

}  // namespace envledger::cli
