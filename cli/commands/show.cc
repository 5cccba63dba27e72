// `show`: the whole story of one envelope.
#include <algorithm>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/prove_argument.h"
#include "cli/arguments/time_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/envelope_tree.h"
#include "cli/output/listing.h"
#include "cli/output/output_style.h"
#include "cli/output/timeline.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/json.h"
#include "ledger/evidence/answer_proof.h"
#include "ledger/export/csv_rows.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {
namespace {

std::string RecordJson(const Record& record, std::string_view entry) {
  JsonObject json;
  json.Number("seq", record.seq)
      .Text("stage", Name(record.transition.stage))
      .Text("occurred_at", FormatTime(record.transition.occurred_at.value_or(0)))
      .Text("recorded_at", FormatTime(record.recorded_at))
      .Raw("recorder", RecorderJson(record.recorder))
      .Text("leaf_hash", Hex(View(LeafHash(entry))))
      .Raw("transition", TransitionJson(record.transition));
  return json.str();
}

// What is shown of an envelope.
struct Shown {
  Story story;
  std::vector<std::string> entries;  // of the story's records
  std::optional<Nanos> at;           // only what had happened by then
  std::optional<EnvelopeTree> tree;
};

std::string ShowJson(const Shown& shown, const Coverage& coverage) {
  const auto& [story, entries, at, tree] = shown;
  JsonObject json;
  json.Raw("completeness", coverage.Json());
  if (at) json.Text("at", FormatTime(*at)).Number("later_records", story.later);
  AddEnvelope(json, story);
  std::vector<std::string> records;
  for (size_t i = 0; i < entries.size(); ++i) records.push_back(RecordJson(story.records[i], entries[i]));
  json.Raw("records", JsonArray(records));
  if (tree) json.Raw("tree", TreeJson(*tree));
  return json.str();
}

void PrintCsv(std::ostream& out, const Story& story, const std::vector<std::string>& entries) {
  out << CsvRow({"seq", "envelope_id", "stage", "occurred_at", "recorded_at", "producer", "uid", "leaf_hash", "effect",
                 "reasons", "decider", "resources", "reason", "outcome_code", "outcome_reason", "used", "note"});
  for (size_t i = 0; i < entries.size(); ++i) {
    const Record& record = story.records[i];
    const Transition& transition = record.transition;
    const Decision decision = transition.decision.value_or(Decision{});
    const Outcome outcome = transition.outcome.value_or(Outcome{});
    const ResourceMap resources =
        transition.granted ? transition.granted->resources : transition.requested.value_or(ResourceMap{});
    out << CsvRow({std::to_string(record.seq), transition.envelope_id, std::string(Name(transition.stage)),
                   FormatTime(transition.occurred_at.value_or(0)), FormatTime(record.recorded_at),
                   record.recorder.producer, std::to_string(record.recorder.uid), Hex(View(LeafHash(entries[i]))),
                   decision.effect == Effect::kUnspecified ? "" : std::string(Name(decision.effect)),
                   Joined(decision.reasons, "; "), decision.decider ? PrincipalText(*decision.decider) : "",
                   ExactResources(resources), transition.reason, outcome.code, outcome.reason,
                   ExactResources(outcome.usage), transition.note});
  }
}

// Entry bytes: the bytes themselves for one record and no terminal, else a line of hexadecimal for each.
ExitStatus PrintRaw(Context& context, const std::vector<uint64_t>& seqs, const Story& story,
                    const std::vector<std::string>& entries) {
  std::vector<std::string_view> chosen;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (seqs.empty() || std::find(seqs.begin(), seqs.end(), story.records[i].seq) != seqs.end()) {
      chosen.push_back(entries[i]);
    }
  }
  if (chosen.size() < seqs.size()) return Fail(context, NotFound("the envelope has no record of such a --seq"));
  if (seqs.size() == 1 && !context.out_is_terminal) {
    context.out << chosen.front();
    return ExitStatus::kFine;
  }
  for (const std::string_view entry : chosen) context.out << Hex(entry) << '\n';
  return ExitStatus::kFine;
}

Result<std::vector<uint64_t>> SeqsOf(const Options& options) {
  std::vector<uint64_t> seqs;
  for (const std::string& word : options.Split("seq")) {
    const auto seq = ParseDecimal(word);
    if (!seq) return InvalidArgument("--seq takes numbers of entries, not \"" + word + "\"");
    if (std::find(seqs.begin(), seqs.end(), *seq) == seqs.end()) seqs.push_back(*seq);
  }
  if (!seqs.empty() && !options.Has("raw")) return InvalidArgument("--seq is for --raw");
  if (options.Has("raw") && options.Has("format")) return InvalidArgument("--raw and --format exclude each other");
  return seqs;
}

void PrintTable(Context& context, const OutputStyle& style, const Shown& shown, const Coverage& coverage) {
  PrintTimeline(context.out, style, shown.story, shown.entries);
  context.out << '\n';
  if (shown.tree) {
    context.out << style.palette.Paint(Color::kBold, "WITHIN") << '\n';
    PrintTree(context.out, style, *shown.tree);
    context.out << '\n';
  }
  std::string count = std::to_string(shown.entries.size()) + (shown.entries.size() == 1 ? " record" : " records");
  if (shown.at) {
    count += " by " + FullTime(*shown.at) + " (occurred_at); " + std::to_string(shown.story.later) + " came later";
  }
  const Color color = coverage.complete() ? Color::kDim : Color::kRed;
  for (const std::string& line : WrapColumns(count + ". " + SafeText(coverage.Sentence()), style.width)) {
    context.out << style.palette.Paint(color, line) << '\n';
  }
  PrintProof(context.out, style, coverage);
}

void Print(Context& context, const OutputStyle& style, const Shown& shown, const Coverage& coverage) {
  switch (style.format) {
    case Format::kTable:
      PrintTable(context, style, shown, coverage);
      break;
    case Format::kCsv:
      PrintCsv(context.out, shown.story, shown.entries);
      Complain(context, coverage.Sentence());
      ComplainProof(context, coverage);
      break;
    case Format::kJson:
    case Format::kJsonl:
      context.out << ShowJson(shown, coverage) << '\n';
      break;
  }
}

// Leaves out what had not happened by then.
Status CutAt(Shown& shown, Nanos at) {
  const Record& first = shown.story.records.front();
  const Nanos asked = first.transition.occurred_at.value_or(0);
  if (asked > at) {
    return NotFound("envelope " + first.transition.envelope_id + " was not requested before " + FormatTime(asked));
  }
  ENVLEDGER_RETURN_IF_ERROR(LeaveOutLater(at, shown.story));
  shown.at = at;
  std::vector<std::string> entries;
  for (const size_t place : shown.story.places) entries.push_back(std::move(shown.entries[place]));
  shown.entries = std::move(entries);
  return Ok();
}

// Reads the tree, and says in the coverage when one of its answers had a hole.
Status AddTree(LedgerReader& reader, Shown& shown, Coverage& coverage) {
  ENVLEDGER_ASSIGN_OR_RETURN(shown.tree, ReadTree(reader, shown.story.envelope));
  if (shown.tree->problem.empty()) return Ok();
  Completeness hole;
  hole.problem = shown.tree->problem;
  coverage.AddPage(hole);
  return Ok();
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto seqs = SeqsOf(options);
  if (!seqs.ok()) return WrongUsage(context, seqs.status());
  std::optional<Nanos> at;
  if (options.Has("at")) {
    auto parsed = ParseTimeArgument(options.Get("at"), context.now());
    if (!parsed.ok()) return WrongUsage(context, std::move(parsed).status().Prepend("--at: "));
    at = *parsed;
  }
  if (options.Has("tree") && options.Has("tiles")) {
    return WrongUsage(context, InvalidArgument("--tree needs the indexes of a ledger, and an export has none"));
  }
  auto key = ProveKeyOf(options);
  if (!key.ok()) return BadKey(context, key.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto response = (*reader)->FindEnvelope({.envelope_id = options.arguments().front()});
  if (!response.ok()) return Fail(context, response.status());
  auto story = ReadStory(response->envelope);
  if (!story.ok()) return Fail(context, story.status());
  Coverage coverage;
  coverage.AddPage(response->completeness);
  coverage.AddStory(*story);
  std::optional<AnswerProof> proof;
  if (*key) {
    proof.emplace(**reader, TrustKeyOrLater(**key), source->data_dir.empty(), std::nullopt);
    proof->Add(response->envelope);
    if (const Status proven = proof->Prove(coverage, {}); !proven.ok()) return Fail(context, proven);
    coverage.SetProof(proof->holds(), proof->Json(), proof->Sentence());
  }
  Shown shown{.story = *std::move(story), .entries = std::move(response->envelope.entries), .at = {}, .tree = {}};
  if (at) {
    if (const Status cut = CutAt(shown, *at); !cut.ok()) return Fail(context, cut);
  }
  if (options.Has("tree")) {
    if (const Status read = AddTree(**reader, shown, coverage); !read.ok()) return Fail(context, read);
  }
  if (options.Has("raw")) {
    const ExitStatus printed = PrintRaw(context, *seqs, shown.story, shown.entries);
    if (printed != ExitStatus::kFine) return printed;
  } else {
    Print(context, *style, shown, coverage);
  }
  if (proof && !proof->holds()) return ProofFailed(context, proof->failure());
  if (coverage.complete() || options.Has("raw")) return ExitStatus::kFine;
  Complain(context, "the answer has a hole: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

constexpr std::string_view kText =
    R"(Tells the story of one envelope: who asked, for whom and through whom, for what and under which scope; the
resources requested, granted and used, side by side; and every record in order, with its decision, routing and outcome,
both times, who recorded it, its number in the ledger and its leaf hash.

json and jsonl print one object on one line: completeness, the fields that query prints, and records: [{seq, stage,
occurred_at, recorded_at, recorder, leaf_hash, transition}]. csv prints a row per record. The leaf hash is the SHA-256
of a zero byte and the entry's bytes, which --raw --seq writes.

--tree draws the parents up to the root, and everything requested within the envelope, up to 64 levels each way and
2,000 envelopes; where there is more, it says so. In json it is tree: {envelope_id, stage, kind, operation, relation,
children}. --at TIME shows, folds and compares only what had occurred by then. --prove checks every record against a
signed checkpoint, as query --prove does.

With --tiles every entry of the export is read, and nothing is shown unless together they give the root of its
checkpoint; verify --tiles also checks the signature.)";

constexpr std::string_view kExample = R"(  envledger show env-deploy-0002
  (printf '\0'; envledger show env-deploy-0002 --raw --seq 17) | sha256sum
)";

}  // namespace

Command ShowCommand() {
  static const OptionSpecs kOwn = {
      {"raw", Takes::kNothing, "", "the sealed bytes instead, one record per line in hexadecimal"},
      {"at", Takes::kValue, "TIME", "as it stood then: only the records that had occurred by TIME (occurred_at)"},
      {"tree", Takes::kNothing, "", "also the envelopes that it was requested within, and those requested within it"},
      {"seq", Takes::kValues, "SEQ", "with --raw: only this record; into a pipe or file its bytes as they are"},
  };
  return {
      .name = "show",
      .arguments = "ENVELOPE_ID",
      .summary = "the whole story of one envelope, record by record",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, ProveOptions(), SourceOptions(), TilesOption(), OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
