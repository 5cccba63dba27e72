#include "tests/fuzz/use.h"

#include <nlohmann/json.hpp>

#include "ledger/analysis/account.h"
#include "ledger/analysis/findings.h"
#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/json.h"
#include "ledger/export/csv_rows.h"
#include "ledger/export/envelope_json.h"
#include "ledger/export/event_mappings.h"
#include "ledger/json/writer.h"
#include "ledger/report/record.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"
#include "tests/fuzz/fuzz.h"

namespace envledger::fuzz {
namespace {

void UseRecord(const Envelope& envelope, const Record& record, std::string_view entry, const Nanos* before) {
  const Hash leaf_hash = LeafHash(entry);
  const RecordInContext context{"ledger.example", envelope, record, leaf_hash};
  RequireJson(RecordLine(context), "a record's line");
  RequireJson(OcsfLine(context), "a record's OCSF line");
  RequireJson(CloudEventLine(context), "a record's CloudEvents line");
  Require(RecordFields(context).size() == RecordTitles().size(), "a record has a field for each title");
  const std::string row = CsvRow(RecordFields(context));
  Require(row.find('\n') == row.size() - 1, "a CSV row is one line");
  Require(IsUtf8(RecordHtml(record, entry, before)), "a record's HTML is UTF-8");
}

void Count(const Envelope& envelope, const std::vector<Record>& records) {
  for (const std::vector<Dimension>& by :
       {std::vector{Dimension::kPrincipal, Dimension::kReason, Dimension::kTarget}, std::vector{Dimension::kResource},
        std::vector{Dimension::kDay, Dimension::kResource}}) {
    Account account({.by = by, .resource = {}, .until = envelope.updated_at});
    if (!account.Add(envelope, records).ok()) continue;  // too many rows
    Require(account.total().envelopes == 1, "an account counts the envelope once");
    for (const auto& [name, sums] : account.total().resources) {
      for (const AmountSum& sum : {sums.requested, sums.granted, sums.used}) {
        FormatUnitHours(sum.held_in_range() ? sum.held : 0, 3);
      }
    }
  }
}

}  // namespace

void RequireJson(const std::string& text, const std::string& what) {
  Require(nlohmann::json::accept(text), what + " is JSON: " + text);
}

void UseEnvelope(const std::vector<Record>& records, const std::vector<std::string>& entries) {
  const Envelope envelope = FoldEnvelope(records);
  Require(envelope.revisions == records.size(), "an envelope counts its records");
  RequireJson(EnvelopeJson(envelope, kRequester), "an envelope");
  Require(EnvelopeFields(envelope, kRequester).size() == EnvelopeTitles().size(), "an envelope has a field each");
  NameBook names;
  names.Learn(envelope);
  for (const std::string& words : {WhoText(envelope, names), WhatText(envelope.execution), ScopeText(envelope.scope),
                                   ResourcesText(envelope.requested), SummaryOf(envelope).text}) {
    Require(IsUtf8(SafeText(words)), "words for people are UTF-8");
  }
  const Nanos* before = nullptr;
  for (size_t i = 0; i < records.size(); ++i) {
    UseRecord(envelope, records[i], entries[i], before);
    before = &*records[i].transition.occurred_at;
  }
  for (const Finding& finding : FindingsOf(envelope, records, {.now = envelope.updated_at})) {
    Require(!finding.text.empty() && IsUtf8(finding.text), "a finding is a sentence");
  }
  Count(envelope, records);
}

}  // namespace envledger::fuzz
