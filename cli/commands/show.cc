// `show`: prints the whole story of one envelope. The output begins with the state after the last record, so a large
// envelope is read twice: once to fold it, and again, page by page, to print its records.
#include <algorithm>
#include <utility>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/prove_argument.h"
#include "cli/arguments/time_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/envelope_tree.h"
#include "cli/output/listing.h"
#include "cli/output/output_style.h"
#include "cli/output/timeline.h"
#include "ledger/base/message.h"
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

// An envelope to show.
struct Shown {
  EnvelopeStory story;
  std::optional<Nanos> at;  // only the records that had occurred by then
  std::optional<EnvelopeTree> tree;
};

Status PrintJson(std::ostream& out, Shown& shown, const Coverage& coverage) {
  EnvelopeStory& story = shown.story;
  JsonObject head;
  head.Raw("completeness", coverage.Json());
  if (shown.at) head.Text("at", FormatTime(*shown.at)).Number("later_records", story.later());
  AddEnvelope(head, story.envelope(), story.roles());
  const std::string text = head.str();
  out << text.substr(0, text.size() - 1) << ",\"records\":[";
  bool first = true;
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord([&](const Record& record, const std::string& entry) {
    out << (std::exchange(first, false) ? "" : ",") << RecordJson(record, entry);
    return Ok();
  }));
  out << ']';
  if (shown.tree) out << ",\"tree\":" << TreeJson(*shown.tree);
  out << "}\n";
  return Ok();
}

std::vector<std::string> CsvFields(const Record& record, const std::string& entry) {
  const Transition& transition = record.transition;
  const Decision decision = transition.decision.value_or(Decision{});
  const Outcome outcome = transition.outcome.value_or(Outcome{});
  const ResourceMap resources =
      transition.granted ? transition.granted->resources : transition.requested.value_or(ResourceMap{});
  return {std::to_string(record.seq),
          transition.envelope_id,
          std::string(Name(transition.stage)),
          FormatTime(transition.occurred_at.value_or(0)),
          FormatTime(record.recorded_at),
          record.recorder.producer,
          std::to_string(record.recorder.uid),
          Hex(View(LeafHash(entry))),
          decision.effect == Effect::kUnspecified ? "" : std::string(Name(decision.effect)),
          Joined(decision.reasons, "; "),
          decision.decider ? PrincipalText(*decision.decider) : "",
          ExactResources(resources),
          transition.reason,
          outcome.code,
          outcome.reason,
          ExactResources(outcome.usage),
          transition.note};
}

Status PrintCsv(std::ostream& out, EnvelopeStory& story) {
  out << CsvRow({"seq", "envelope_id", "stage", "occurred_at", "recorded_at", "producer", "uid", "leaf_hash", "effect",
                 "reasons", "decider", "resources", "reason", "outcome_code", "outcome_reason", "used", "note"});
  return story.ForEachRecord([&out](const Record& record, const std::string& entry) {
    out << CsvRow(CsvFields(record, entry));
    return Ok();
  });
}

// Prints sealed bytes: the raw bytes for a single record if stdout is not a terminal, else a line of hexadecimal for
// each record.
Status PrintRaw(Context& context, const std::vector<uint64_t>& seqs, EnvelopeStory& story) {
  const auto chosen = [&seqs](const Record& record) {
    return seqs.empty() || std::find(seqs.begin(), seqs.end(), record.seq) != seqs.end();
  };
  size_t found = 0;
  const auto count = [&](const Record& record, const std::string&) {
    if (chosen(record)) ++found;
    return Ok();
  };
  if (!seqs.empty()) ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord(count));
  if (found < seqs.size()) return NotFound("--seq names an entry that is not a record of this envelope");
  const bool plain = seqs.size() == 1 && !context.out_is_terminal;
  return story.ForEachRecord([&](const Record& record, const std::string& entry) {
    if (!chosen(record)) return Ok();
    if (plain) {
      context.out << entry;
    } else {
      context.out << Hex(entry) << '\n';
    }
    return Ok();
  });
}

Result<std::vector<uint64_t>> SeqsOf(const Options& options) {
  std::vector<uint64_t> seqs;
  for (const std::string& word : options.Split("seq")) {
    const auto seq = ParseDecimal(word);
    if (!seq) return InvalidArgument("--seq takes the numbers of entries, not \"" + word + "\"");
    if (std::find(seqs.begin(), seqs.end(), *seq) == seqs.end()) seqs.push_back(*seq);
  }
  if (!seqs.empty() && !options.Has("raw")) return InvalidArgument("--seq can only be used with --raw");
  if (options.Has("raw") && options.Has("format")) return InvalidArgument("--raw and --format cannot be used together");
  return seqs;
}

Status PrintTable(Context& context, const OutputStyle& style, Shown& shown, const Coverage& coverage) {
  EnvelopeStory& story = shown.story;
  Timeline timeline(context.out, style, story.envelope());
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord([&timeline](const Record& record, const std::string& entry) {
    timeline.Add(record, entry);
    return Ok();
  }));
  context.out << '\n';
  if (shown.tree) {
    context.out << style.palette.Paint(Color::kBold, "WITHIN") << '\n';
    PrintTree(context.out, style, *shown.tree);
    context.out << '\n';
  }
  std::string count = std::to_string(story.records()) + (story.records() == 1 ? " record" : " records");
  if (shown.at) {
    count += " by " + FullTime(*shown.at) + " (occurred_at); " + std::to_string(story.later()) + " occurred later";
  }
  const Color color = coverage.complete() ? Color::kDim : Color::kRed;
  for (const std::string& line : WrapColumns(count + ". " + SafeText(coverage.Sentence()), style.width)) {
    context.out << style.palette.Paint(color, line) << '\n';
  }
  PrintProof(context.out, style, coverage);
  return Ok();
}

Status Print(Context& context, const OutputStyle& style, Shown& shown, const Coverage& coverage) {
  switch (style.format) {
    case Format::kTable:
      return PrintTable(context, style, shown, coverage);
    case Format::kCsv:
      ENVLEDGER_RETURN_IF_ERROR(PrintCsv(context.out, shown.story));
      Complain(context, coverage.Sentence());
      ComplainProof(context, coverage);
      break;
    case Format::kJson:
    case Format::kJsonl:
      return PrintJson(context.out, shown, coverage);
  }
  return Ok();
}

// kNotFound if the envelope was requested later than `at`.
Status CheckRequestedBy(const EnvelopePages& pages, Nanos at) {
  if (pages.first().empty()) return Ok();
  const auto first = DecodeRecord(pages.first().front());
  const Nanos asked = first.ok() ? first->transition.occurred_at.value_or(0) : at;
  if (asked <= at) return Ok();
  return NotFound("envelope " + pages.envelope_id() + " was not requested before " + FormatTime(asked));
}

Result<EnvelopeStory> ReadShown(LedgerReader& reader, const std::string& id, std::optional<Nanos> at) {
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader, id));
  if (at) ENVLEDGER_RETURN_IF_ERROR(CheckRequestedBy(pages, *at));
  return EnvelopeStory::Read(std::move(pages), at);
}

// Reads the tree, and notes in the coverage if one of its answers was incomplete.
Status AddTree(LedgerReader& reader, Shown& shown, Coverage& coverage) {
  ENVLEDGER_ASSIGN_OR_RETURN(shown.tree, ReadTree(reader, shown.story.envelope()));
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
    return WrongUsage(context, InvalidArgument("--tree cannot be used with --tiles: an export has no indexes"));
  }
  auto key = ProveKeyOf(options);
  if (!key.ok()) return BadKey(context, key.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto story = ReadShown(**reader, options.arguments().front(), at);
  if (!story.ok()) return Fail(context, story.status());
  Coverage coverage;
  coverage.AddPage(story->completeness());
  coverage.AddStory(story->envelope().first_seq, story->last_seq(), story->problem());
  std::optional<AnswerProof> proof;
  if (*key) {
    proof.emplace(**reader, TrustKeyOrLater(**key), source->data_dir.empty(), std::nullopt);
    if (const Status added = proof->Add(*story); !added.ok()) return Fail(context, added);
    if (const Status proven = proof->Prove(coverage, {}); !proven.ok()) return Fail(context, proven);
    coverage.SetProof(proof->holds(), proof->Json(), proof->Sentence());
  }
  Shown shown{.story = *std::move(story), .at = at, .tree = {}};
  if (options.Has("tree")) {
    if (const Status read = AddTree(**reader, shown, coverage); !read.ok()) return Fail(context, read);
  }
  const Status printed =
      options.Has("raw") ? PrintRaw(context, *seqs, shown.story) : Print(context, *style, shown, coverage);
  if (!printed.ok()) return Fail(context, printed);
  if (proof && !proof->holds()) return ProofFailed(context, proof->failure());
  if (coverage.complete() || options.Has("raw")) return ExitStatus::kFine;
  Complain(context, "the answer is incomplete: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

constexpr std::string_view kText =
    R"(Prints the story of one envelope: who asked, for whom and through whom, for what and under which scope; the
resources requested, granted and used, side by side; and every record in order, with its decision, routing and outcome,
both times, its recorder, its number in the ledger and its leaf hash.

json and jsonl print one object on one line: completeness, the fields that query prints, and records: [{seq, stage,
occurred_at, recorded_at, recorder, leaf_hash, transition}]. csv prints one row per record. The leaf hash is the SHA-256
of a zero byte followed by the entry's bytes, which --raw --seq writes.

An envelope of any size is shown in the memory of a few pages. An envelope that is larger than a page is read twice: to
fold it, and then to print its records as they arrive.

--tree also prints the parents up to the root, and everything that was requested within the envelope, up to 64 levels
each way, 2,000 envelopes and 32 MiB; if there is more, it says so. In json this is tree: {envelope_id, stage, kind,
operation, relation, children}. --at TIME uses only the records that had occurred by then. --prove checks every record
against a signed checkpoint, as query --prove does.

With --tiles every entry of the export is read, and nothing is shown unless the entries give the root of its checkpoint;
verify --tiles also checks the signature.)";

constexpr std::string_view kExample = R"(  envledger show env-deploy-0002
  (printf '\0'; envledger show env-deploy-0002 --raw --seq 17) | sha256sum
)";

}  // namespace

Command ShowCommand() {
  static const OptionSpecs kOwn = {
      {"raw", Takes::kNothing, "", "print the sealed bytes, one record per line in hexadecimal"},
      {"at", Takes::kValue, "TIME", "the state as of TIME: only the records that had occurred by then (occurred_at)"},
      {"tree", Takes::kNothing, "", "also print its parents, and the envelopes that were requested within it"},
      {"seq", Takes::kValues, "SEQ", "with --raw: only this record; to a pipe or file, its raw bytes"},
  };
  return {
      .name = "show",
      .arguments = "ENVELOPE_ID",
      .summary = "show the whole story of one envelope, record by record",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, ProveOptions(), SourceOptions(), TilesOption(), OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
