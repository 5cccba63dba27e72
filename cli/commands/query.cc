// `query`: one row for each envelope that passes the filters. The daemon sends sealed records; what an envelope looks
// like is folded here, from them.
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
  const auto visit = [&](Story story) {
    if (listing.format() == Format::kTable) {
      names.Learn(story.envelope);
      auto envelope = std::make_shared<const Envelope>(std::move(story.envelope));
      listing.AddCells([envelope, &names] { return QueryCells(*envelope, names); });
    } else if (listing.format() == Format::kCsv) {
      listing.AddCsv(EnvelopeFields(story));
    } else {
      listing.AddJson(EnvelopeJson(story));
    }
    progress.Update(listing.rows(), 0, "envelopes");
  };
  std::optional<AnswerProof> proof;
  if (*key) proof.emplace(**reader, TrustKeyOrLater(**key), source->data_dir.empty(), plan->request);
  const auto witness = [&proof](const EnvelopeRecords& records) {
    if (proof) proof->Add(records);
  };
  auto coverage = ForEachEnvelope(**reader, plan->request, plan->limit, visit, witness);
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

}  // namespace

Command QueryCommand() {
  return {
      .name = "query",
      .arguments = "",
      .summary = "who asked for what, and what they got: one row per envelope",
      .text =
          "Lists the envelopes that match every filter given: who asked, what, under which scope, what was requested "
          "and "
          "granted, how the two compare, where it stands and when it was asked.\n"
          "\n"
          "A principal is KIND:ID or ID. Where the id itself begins with a kind and a colon, as "
          "system:serviceaccount:default:web does, the ledger is asked which is meant; KIND:ID in full "
          "(service:system:serviceaccount:default:web) or :ID leave no doubt. Where one name stands for several "
          "principals "
          "the answer is about all of them, and says so on stderr.\n"
          "\n"
          "jsonl prints one envelope per line as it comes, and {\"completeness\": ...} last; json prints one object "
          "{\"completeness\": ..., \"envelopes\": [...]}, for which it collects the answer. csv neutralises what a "
          "spreadsheet would run as a formula with a leading '. Hashes are lower-case hexadecimal. An answer with a "
          "hole exits 1. A cursor belongs to its filters: give the same ones again. It brings along the moment from "
          "which spans ago reached back.\n"
          "\n"
          "--at shows what was known to have happened by a moment: later records of an envelope are left out, so that "
          "--open --at lists what was open then, with the grant that it held. --scan reads every entry instead of the "
          "indexes and gives the same answer, unless an index is damaged; each page of it reads the ledger once. All "
          "formats but json print envelopes as they come, however many there are.\n"
          "\n"
          "--prove checks the answer on this side: that a key that --vkey vouches for has signed a checkpoint, that "
          "every "
          "record is in its tree, that each envelope's revisions are dense, and, with --principal, that the "
          "principal's "
          "links are and that none of its envelopes that pass the filters is missing (the others are read for that). "
          "What "
          "no answer can show is said with it. What does not hold exits 1, naming envelope and entry; completeness has "
          "{\"proven\": {\"holds\", ...}}. Where the checkpoint ends before the answer the daemon signs a new one; "
          "from a "
          "directory the entries beyond it are counted as not covered.",
      .example =
          "  envledger query --principal alice --since 7d --narrowed\n"
          "  envledger query --principal agent:aria --role requester --format jsonl --limit 0\n"
          "  envledger query --open --at 2026-03-17T14:05:00Z --limit 0\n"
          "  envledger query --principal alice --prove --vkey ledger.vkey\n",
      .options = Join({QueryOptions(), ProveOptions(), SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
