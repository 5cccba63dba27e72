#include "tests/fuzz/tool.h"

#include "ledger/evidence/answer_proof.h"
#include "ledger/evidence/pages.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/evidence/served_keys.h"
#include "ledger/export/export_records.h"
#include "ledger/protocol/principal_name.h"
#include "ledger/report/check.h"
#include "ledger/report/gather.h"
#include "ledger/report/page.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"
#include "tests/support/day.h"
#include "tests/support/fake_ledger.h"

namespace envledger::fuzz {
namespace {

TrustPolicy ThePolicy() { return TrustKeyOrLater(FakeLedger::key()); }

Status Use(EnvelopeStory& story) {
  std::vector<Record> records;
  std::vector<std::string> entries;
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord([&](const Record& record, const std::string& entry) {
    records.push_back(record);
    entries.push_back(entry);
    return Ok();
  }));
  Require(records.size() == story.records(), "each pass has the same records");
  UseEnvelope(records, entries);
  return Ok();
}

void Conclude(AnswerProof& proof, Coverage& coverage) {
  if (!proof.Prove(coverage, {}).ok()) return;
  RequireJson(proof.Json(), "what is proven");
  Require(!proof.Sentence().empty(), "it has words");
  coverage.SetProof(proof.holds(), proof.Json(), proof.Sentence());
  RequireJson(coverage.Json(), "what an answer covers");
}

void Query(LedgerReader& reader, QueryRequest request) {
  request.in_parts = true;
  AnswerProof proof(reader, ThePolicy(), true, request);
  Result<Coverage> coverage = ForEachEnvelope(reader, request, 0, [&](EnvelopeStory& story) {
    ENVLEDGER_RETURN_IF_ERROR(Use(story));
    return proof.Add(story);
  });
  if (!coverage.ok()) return;
  RequireJson(coverage->Json(), "what an answer covers");
  Require(!coverage->Sentence().empty(), "it has words");
  Conclude(proof, *coverage);
}

void Show(LedgerReader& reader) {
  auto pages = EnvelopePages::Open(reader, "env-1");
  if (!pages.ok()) return;
  auto story = EnvelopeStory::Read(*std::move(pages));
  if (!story.ok() || !Use(*story).ok()) return;
  AnswerProof proof(reader, ThePolicy(), true, std::nullopt);
  if (!proof.Add(*story).ok()) return;
  Coverage coverage;
  coverage.AddPage(story->completeness());
  Conclude(proof, coverage);
}

void Principals(LedgerReader& reader) {
  const Result<Coverage> coverage = ForEachPrincipal(reader, {}, 0, [](const PrincipalSummary&) {});
  if (coverage.ok()) RequireJson(coverage->Json(), "what a list covers");
  const auto name = ParsePrincipalName("user:alice");
  if (const auto resolved = Resolve(reader, *name); resolved.ok()) {
    QueryRequest request;
    request.principal = resolved->filter;
    Query(reader, request);
  }
}

void Export(LedgerReader& reader, ExportForm form, ExportRows rows) {
  const auto sink = [&](std::string_view lines) {
    Require(lines.ends_with('\n'), "an export is made of whole lines");
    return Ok();
  };
  RecordExport what;
  what.form = form;
  what.rows = rows;
  what.query.in_parts = true;
  (void)ExportRecords(reader, what, sink, {}).ok();
}

void Report(LedgerReader& reader) {
  ReportRequest request;
  request.now = day::kMorning + 3600 * kSecond;
  const Result<ReportData> data = GatherReport(reader, request, {});
  if (!data.ok()) return;
  std::string json;
  AddReportDataJson(*data, json);
  RequireOk(ReadReportData(json), "a gathered report can be read");
  const auto stories = StoriesOf(*data);
  if (!stories.ok()) return;
  const Result<std::string> page = ReportPage(*data, *stories);
  if (page.ok()) (void)CheckReport(*page, TrustKey(FakeLedger::key())).ok();
}

void Prove(LedgerReader& reader) {
  ProofSource source(reader, ThePolicy(), true);
  const auto covering = source.Covering(1);
  if (!covering.ok() || !source.Check(*covering).ok()) return;
  const uint64_t size = covering->checkpoint.size;
  if (const auto proof = source.Inclusion(1, size); proof.ok()) {
    RequireOk(VerifyInclusion(1, size, LeafHash(proof->entry), proof->hashes, covering->checkpoint.root),
              "a proof from the source holds");
  }
  if (size >= 2) (void)source.Consistency(2, size).ok();
  (void)source.NoCheckpointOf(3);
}

void State(LedgerReader& reader) {
  const auto status = reader.Status({});
  if (status.ok()) (void)ParseVerifierKey(status->vkey).ok();
  (void)ReadKeys(reader).ok();
}

}  // namespace

void RunTool(uint8_t task, LedgerReader& reader) {
  switch (task % kTasks) {
    case 0:
      return Query(reader, {});
    case 1:
      return Principals(reader);
    case 2:
      return Export(reader, ExportForm::kCsv, ExportRows::kRecords);
    case 3:
      return Export(reader, ExportForm::kCloudEvents, ExportRows::kEntries);
    case 4:
      return Report(reader);
    case 5:
      return Prove(reader);
    case 6:
      return Show(reader);
    default:
      return State(reader);
  }
}

}  // namespace envledger::fuzz
