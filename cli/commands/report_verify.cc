// `report verify`: checks a report file without a ledger.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "ledger/files/file.h"
#include "ledger/json/writer.h"
#include "ledger/report/check.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

constexpr size_t kMaxReportBytes = size_t{4} << 30;

constexpr std::string_view kNotShown[] = {
    "that these are all matching envelopes: the ledger may have left some out",
    "when the report was made and what was asked: these are the report's own statements",
    "that the ledger shows others the same tree: compare the checkpoint with one kept elsewhere",
    "that the producers recorded the truth",
};

void PrintTable(Context& context, const OutputStyle& style, const ReportCheck& check) {
  context.out << style.palette.Paint(Color::kGreen, "HOLDS") << "  the report says what its evidence shows\n\n";
  for (const std::string& sentence : check.shown) context.out << "  " << SafeText(sentence) << '\n';
  context.out << "\nNot shown:\n";
  for (const std::string_view sentence : kNotShown) context.out << "  " << sentence << '\n';
}

std::string Json(const Result<ReportCheck>& check) {
  JsonObject json;
  json.Bool("ok", check.ok()).TextOrNull("problem", check.ok() ? std::string() : check.status().message());
  if (!check.ok()) return json.str();
  const ReportData& data = check->data;
  json.Text("origin", check->checkpoint.origin)
      .Number("tree_size", check->checkpoint.size)
      .Text("root", Hex(View(check->checkpoint.root)))
      .Number("entries", data.entries.size())
      .Number("envelopes", data.envelopes.size())
      .Bool("complete", data.complete && !data.more)
      .Text("generated_at", FormatTime(data.generated_at))
      .TextOrNull("at", MomentOf(data) ? FormatTime(*MomentOf(data)) : std::string())
      .Raw("shown", JsonStrings(check->shown));
  return json.str();
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  if (style->format == Format::kCsv) return WrongUsage(context, InvalidArgument("--format is table, json or jsonl"));
  if (!options.Has("vkey")) {
    return WrongUsage(context,
                      InvalidArgument("--vkey is missing: a report proves nothing without the key that signed it"));
  }
  const std::string& path = options.arguments().front();
  auto key = ReadVerifierKey(options.Get("vkey"));
  auto page = ReadFile(path, kMaxReportBytes);
  for (const Status& status : {key.status(), page.status()}) {
    if (status.ok()) continue;
    Complain(context, status.ToString());
    return ExitStatus::kUnavailable;
  }
  const Result<ReportCheck> check = CheckReport(*page, TrustKey(*key));
  if (style->format != Format::kTable) {
    context.out << Json(check) << '\n';
  } else if (check.ok()) {
    PrintTable(context, *style, *check);
  }
  if (check.ok()) return ExitStatus::kFine;
  Complain(context, path + " does not hold: " + check.status().message());
  return ExitStatus::kFailedVerification;
}

constexpr std::string_view kText =
    R"(Checks a report, using only the file and the ledger's verifier key: the checkpoint's signature; that every entry
in the file is in the checkpoint's tree; that the entries are whole envelopes whose revisions have no gaps and refer to
each other; that the records of each envelope pass every filter that the report states, in the stated order and within
the limit; if a principal is the only filter, that its records are numbered without a gap; and that the page is, byte
for byte, the one that these entries give. It also prints what it cannot show.

Exit status 1 if something does not hold, with a message that says what and where; 5 if the file or the key cannot be
read. json and jsonl: {"ok", "problem", "origin", "tree_size", "root", "entries", "envelopes", "complete",
"generated_at", "at", "shown"} (FORMAT.md).)";

}  // namespace

Command ReportVerifyCommand() {
  static const OptionSpecs kOwn = {
      {"vkey", Takes::kValue, "VKEY", "the key that must have signed the checkpoint, or a file that contains it"},
  };
  return {
      .name = "report verify",
      .arguments = "FILE",
      .summary = "check a report file, without the ledger",
      .text = kText,
      .example = "  envledger report verify alice.html --vkey ledger.vkey\n",
      .options = Join({kOwn, OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
