// `show`: the whole story of one envelope.
#include <algorithm>

#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/envelope_json.h"
#include "cli/ledger_source.h"
#include "cli/output_style.h"
#include "cli/query_rows.h"
#include "cli/safe_text.h"
#include "cli/timeline.h"
#include "cli/words.h"
#include "ledger/chain/tree.h"

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

std::string ShowJson(const Story& story, const Coverage& coverage, const std::vector<std::string>& entries) {
  JsonObject json;
  json.Raw("completeness", coverage.Json());
  AddEnvelope(json, story);
  std::vector<std::string> records;
  for (size_t i = 0; i < entries.size(); ++i) records.push_back(RecordJson(story.records[i], entries[i]));
  return json.Raw("records", JsonArray(records)).str();
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

void Print(Context& context, const OutputStyle& style, const Story& story, const Coverage& coverage,
           const std::vector<std::string>& entries) {
  switch (style.format) {
    case Format::kTable:
      PrintTimeline(context.out, style, story, entries);
      context.out << '\n'
                  << style.palette.Paint(coverage.complete() ? Color::kDim : Color::kRed,
                                         std::to_string(entries.size()) +
                                             (entries.size() == 1 ? " record. " : " records. ") +
                                             SafeText(coverage.Sentence()))
                  << '\n';
      break;
    case Format::kCsv:
      PrintCsv(context.out, story, entries);
      Complain(context, coverage.Sentence());
      break;
    case Format::kJson:
    case Format::kJsonl:
      context.out << ShowJson(story, coverage, entries) << '\n';
      break;
  }
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto seqs = SeqsOf(options);
  if (!seqs.ok()) return WrongUsage(context, seqs.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto response = (*reader)->FindEnvelope({.envelope_id = options.arguments().front()});
  if (!response.ok()) return Fail(context, response.status());
  auto story = ReadStory(response->envelope);
  if (!story.ok()) return Fail(context, story.status());
  Coverage coverage;
  coverage.AddPage(response->completeness);
  coverage.AddStory(*story);
  const std::vector<std::string>& entries = response->envelope.entries;
  if (options.Has("raw")) return PrintRaw(context, *seqs, *story, entries);
  Print(context, *style, *story, coverage, entries);
  if (coverage.complete()) return ExitStatus::kFine;
  Complain(context, "the answer has a hole: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

}  // namespace

Command ShowCommand() {
  static const OptionSpecs kOwn = {
      {"raw", Takes::kNothing, "", "the sealed bytes instead, one record per line in hexadecimal"},
      {"seq", Takes::kValues, "SEQ", "with --raw: only this record; into a pipe or file its bytes as they are"},
  };
  return {
      .name = "show",
      .arguments = "ENVELOPE_ID",
      .summary = "the whole story of one envelope, record by record",
      .text =
          "Tells the story of one envelope: who asked, for whom and through whom, what and under which scope; the "
          "resources requested beside granted beside used; and every record in order, with its decision, routing, "
          "outcome, "
          "both times, who recorded it, its number in the ledger and its leaf hash.\n"
          "\n"
          "json and jsonl print one object on one line: completeness, the fields that query prints, and records: "
          "[{seq, stage, occurred_at, recorded_at, recorder, leaf_hash, transition}]. csv prints a row per record. The "
          "leaf "
          "hash is the SHA-256 of a zero byte and the entry's bytes, which --raw --seq writes.\n"
          "\n"
          "With --tiles every entry of the export is read, and nothing is shown unless all of them give the root of "
          "its "
          "checkpoint; verify --tiles also checks the signature.",
      .example =
          "  envledger show env-deploy-0002\n"
          "  (printf '\\0'; envledger show env-deploy-0002 --raw --seq 17) | sha256sum\n",
      .options = Join({kOwn, SourceOptions(), TilesOption(), OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
