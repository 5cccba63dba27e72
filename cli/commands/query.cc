// `query`: prints one row for each envelope that passes the filters. The daemon sends sealed records; the tool folds
// them into envelopes.
#include <memory>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/prove_argument.h"
#include "cli/arguments/query_request.h"
#include "cli/arguments/selection.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/output/output_style.h"
#include "cli/output/query_table.h"
#include "cli/progress.h"
#include "ledger/evidence/answer_proof.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/csv_rows.h"
#include "ledger/export/envelope_json.h"

namespace envledger::cli {
namespace {

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  const Nanos now = context.now();
  auto plan = PlanQuery(options, now);
  if (!plan.ok()) return WrongUsage(context, plan.status());
  auto key = ProveKeyOf(options);
  if (!key.ok()) return BadKey(context, key.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto principals = ResolvePrincipal(context, **reader, *plan);
  if (!principals.ok()) return Fail(context, principals.status());
  NameBook names;
  for (const Principal& principal : *principals) names.Learn(principal);

  Listing listing(context, *style, QueryShape());
  Progress progress(context.err, context.err_is_terminal && !context.out_is_terminal, context.ticks);
  std::optional<AnswerProof> proof;
  if (*key) proof.emplace(**reader, TrustKeyOrLater(**key), source->data_dir.empty(), plan->request);
  const auto visit = [&](EnvelopeStory& story) -> Status {
    if (proof) ENVLEDGER_RETURN_IF_ERROR(proof->Add(story));
    if (listing.format() == Format::kTable) {
      names.Learn(story.envelope());
      const auto envelope = std::make_shared<const Envelope>(story.envelope());
      listing.AddCells([envelope, &names] { return QueryCells(*envelope, names); }, story.bytes());
    } else if (listing.format() == Format::kCsv) {
      listing.AddCsv(EnvelopeFields(story.envelope(), story.roles()));
    } else {
      listing.AddJson(EnvelopeJson(story.envelope(), story.roles()));
    }
    progress.Update(listing.rows(), 0, "envelopes");
    return Ok();
  };
  auto coverage = ForEachEnvelope(**reader, plan->request, plan->limit, visit);
  if (!coverage.ok()) return Fail(context, coverage.status());
  coverage->SetCursorEnd(CursorEnd(options, now));
  if (proof) {
    const auto report = [&progress](uint64_t done, uint64_t all) { progress.Update(done, all, "entries proven"); };
    if (const Status proven = proof->Prove(*coverage, report); !proven.ok()) return Fail(context, proven);
    coverage->SetProof(proof->holds(), proof->Json(), proof->Sentence());
  }
  const ExitStatus status =
      listing.Finish(*coverage, Grouped(listing.rows()) + (listing.rows() == 1 ? " envelope" : " envelopes"));
  return proof && !proof->holds() ? ProofFailed(context, proof->failure()) : status;
}

constexpr std::string_view kText =
    R"(Lists the envelopes that match all filters: who asked for what, under which scope, what was requested and
granted, how the two compare, the present stage, and the time of the request.

A principal is KIND:ID or ID. If the id itself begins with a kind and a colon, such as
system:serviceaccount:default:web, the ledger decides which principal is meant. To be explicit, write the kind in front
(service:system:serviceaccount:default:web) or :ID. If several principals have the same name, the answer covers all of
them, and a note on stderr says so.

jsonl prints one envelope per line as it arrives, and {"completeness": ...} last. json prints one object,
{"completeness": ..., "envelopes": [...]}; if it has more than 16 MiB of envelopes, they wait in a temporary file below
$TMPDIR. The other formats print envelopes as they arrive, whatever their number and size. csv puts a ' before a field
that a spreadsheet would run as a formula. Hashes are in lower-case hexadecimal. The exit status is 1 if the answer is
incomplete. A cursor is valid only with the same filters. It contains the moment from which spans ago were counted.

--at shows the state as of a moment. Later records of an envelope are left out, so --open --at lists what was open then,
with the grant that was in force. --scan reads every entry instead of using the indexes. It gives the same answer,
unless an index is damaged, and reads the ledger once per page.

--prove checks the answer in the tool, not in the daemon: that a checkpoint is signed by VKEY or a later key of the
ledger; that every record is in the checkpoint's tree; that no envelope has a gap in its revisions; and, with
--principal, that the principal's links have no gap and that no matching envelope is missing (its other envelopes are
read for that). The output also says what no answer can prove. The exit status is 1 if something does not hold, and a
message names envelope and entry. completeness then has {"proven": {"holds", ...}}. If the latest checkpoint does not
cover the answer, the daemon signs a new one; with --data-dir, entries that it does not cover are counted separately.
--prove keeps what it has to prove in memory, at most 256 MiB, which is enough for about four million records. To prove
more, use --limit and --cursor.)";

constexpr std::string_view kExample = R"(  envledger query --principal alice --since 7d --narrowed
  envledger query --principal agent:aria --role requester --format jsonl --limit 0
  envledger query --open --at 2026-03-17T14:05:00Z --limit 0
  envledger query --principal alice --prove --vkey ledger.vkey
)";

}  // namespace

Command QueryCommand() {
  return {
      .name = "query",
      .arguments = "",
      .summary = "list who asked for what and what they got, one row per envelope",
      .text = kText,
      .example = kExample,
      .options = Join({QueryOptions(), ProveOptions(), SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
