// `status`: prints the state of the ledger.
#include <algorithm>
#include <optional>

#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "cli/output/table.h"
#include "ledger/chain/note.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

std::optional<uint64_t> CheckpointSize(const StatusResponse& status) {
  const auto checkpoint = ReadCheckpointNote(status.last_checkpoint);
  return checkpoint.ok() ? std::optional(checkpoint->size) : std::nullopt;
}

std::string TimeOrEmpty(Nanos time) { return time == 0 ? "" : FormatTime(time); }

std::string StatusJson(const StatusResponse& status) {
  std::vector<std::string> refusals;
  for (const RefusalCount& refusal : status.refusals) {
    JsonObject one;
    one.TextOrNull("producer", refusal.producer).Number("uid", refusal.uid).Text("rule", refusal.rule);
    refusals.push_back(one.Number("count", refusal.count).str());
  }
  JsonObject gauges;
  for (const Gauge& gauge : status.gauges) gauges.Number(gauge.name, gauge.value);
  JsonObject json;
  json.Bool("healthy", status.healthy)
      .TextOrNull("problem", status.problem)
      .Text("version", status.version)
      .Text("origin", status.origin)
      .Text("vkey", status.vkey)
      .Number("tree_size", status.tree_size)
      .Text("root", Hex(View(status.root)))
      .TextOrNull("last_recorded_at", TimeOrEmpty(status.last_recorded_at))
      .TextOrNull("last_checkpoint", status.last_checkpoint)
      .NumberOrNull("last_checkpoint_size", CheckpointSize(status))
      .TextOrNull("last_checkpoint_at", TimeOrEmpty(status.last_checkpoint_at))
      .Raw("refusals", JsonArray(refusals))
      .Raw("gauges", gauges.str());
  return json.str();
}

// "at 826, 12 entries since, 2h 3m ago".
std::string CheckpointText(const StatusResponse& status, Nanos now) {
  const auto size = CheckpointSize(status);
  if (!size) return "none yet";
  std::string text = "at " + Grouped(*size);
  if (status.tree_size >= *size) text += ", " + Grouped(status.tree_size - *size) + " entries since";
  if (status.last_checkpoint_at > 0) text += ", " + FormatSpan(now - status.last_checkpoint_at) + " ago";
  return text;
}

void PrintTable(Context& context, const OutputStyle& style, const StatusResponse& status) {
  const Palette& palette = style.palette;
  std::ostream& out = context.out;
  const Nanos now = context.now();
  out << (status.healthy ? palette.Paint(Color::kGreen, "healthy") : palette.Paint(Color::kRed, "NOT HEALTHY"));
  if (!status.problem.empty()) out << ": " << SafeText(status.problem);
  out << "\n\n";
  size_t widest = std::string_view("last checkpoint").size();
  for (const Gauge& gauge : status.gauges) widest = std::max(widest, ColumnsOf(SafeText(gauge.name)));
  const auto fact = [&](std::string_view name, const std::string& text) {
    std::string label = SafeText(name);
    label.append(widest + 2 - std::min(widest, ColumnsOf(label)), ' ');
    out << "  " << palette.Paint(Color::kDim, label) << SafeText(text) << '\n';
  };
  fact("ledger", status.origin);
  fact("version", status.version);
  fact("vkey", status.vkey);
  fact("entries", Grouped(status.tree_size));
  fact("root", Hex(View(status.root)));
  if (status.last_recorded_at > 0) {
    fact("last sealed", FullTime(status.last_recorded_at) + ", " + FormatSpan(now - status.last_recorded_at) + " ago");
  }
  fact("last checkpoint", CheckpointText(status, now));
  for (const Gauge& gauge : status.gauges) fact(gauge.name, Grouped(gauge.value));
  if (status.refusals.empty()) return;
  out << "\nRefused:\n";
  Table table(out, palette, style.width,
              {{.title = "PRODUCER"},
               {.title = "UID", .least = 3, .right = true},
               {.title = "RULE"},
               {.title = "COUNT", .least = 5, .right = true}},
              2);
  for (const RefusalCount& refusal : status.refusals) {
    table.Add({{refusal.producer.empty() ? "-" : SafeText(refusal.producer), Color::kPlain},
               {std::to_string(refusal.uid), Color::kPlain},
               {SafeText(refusal.rule), Color::kPlain},
               {Grouped(refusal.count), Color::kPlain}});
  }
  table.Finish();
}

void PrintCsv(std::ostream& out, const StatusResponse& status) {
  out << CsvRow({"name", "value"}) << CsvRow({"healthy", status.healthy ? "true" : "false"})
      << CsvRow({"problem", status.problem}) << CsvRow({"version", status.version}) << CsvRow({"origin", status.origin})
      << CsvRow({"vkey", status.vkey}) << CsvRow({"tree_size", std::to_string(status.tree_size)})
      << CsvRow({"root", Hex(View(status.root))}) << CsvRow({"last_recorded_at", TimeOrEmpty(status.last_recorded_at)})
      << CsvRow({"last_checkpoint_at", TimeOrEmpty(status.last_checkpoint_at)});
  for (const Gauge& gauge : status.gauges) out << CsvRow({gauge.name, std::to_string(gauge.value)});
  for (const RefusalCount& refusal : status.refusals) {
    out << CsvRow({"refused " + refusal.rule + " " + refusal.producer + " uid " + std::to_string(refusal.uid),
                   std::to_string(refusal.count)});
  }
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto status = (*reader)->Status({});
  if (!status.ok()) return Fail(context, status.status());
  switch (style->format) {
    case Format::kTable:
      PrintTable(context, *style, *status);
      break;
    case Format::kCsv:
      PrintCsv(context.out, *status);
      break;
    case Format::kJson:
    case Format::kJsonl:
      context.out << StatusJson(*status) << '\n';
      break;
  }
  return status->healthy ? ExitStatus::kFine : ExitStatus::kUnavailable;
}

constexpr std::string_view kText =
    R"(Prints whether the ledger accepts appends, its number of entries and their root, when it last sealed an entry and
last signed a checkpoint, its gauges, and the appends that it has refused since the daemon started, by producer and
rule. A ledger that is not healthy still answers; the exit status is then 5.

json and jsonl: {"healthy", "problem", "version", "origin", "vkey", "tree_size", "root", "last_recorded_at",
"last_checkpoint", "last_checkpoint_size", "last_checkpoint_at", "refusals", "gauges"}.)";

}  // namespace

Command StatusCommand() {
  return {
      .name = "status",
      .arguments = "",
      .summary = "show health, size, last seal, last checkpoint, refusals",
      .text = kText,
      .example = "  envledger status --format json\n",
      .options = Join({SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
