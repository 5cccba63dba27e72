// `report verify`: checks a report file, with no ledger.
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
    "that these are all the envelopes that match: of what the ledger left out nothing would be here",
    "when the report was made and what was asked, which it says itself",
    "that the ledger shows others the same tree: compare the checkpoint with one kept elsewhere",
    "that what producers recorded is true",
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
                      InvalidArgument("--vkey is missing: without the key that signed it, a report proves nothing"));
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
    R"(Checks a report with nothing but the file and the ledger's verifier key: the checkpoint's signature; that every
embedded entry is in its tree; that the entries are whole envelopes with dense revisions, linked to each other; that
each envelope passes every filter that the report states, by its own records, in the order and within the limit; for a
principal without other filters that its records are numbered without a gap; and that the page is, byte for byte, the
one that the entries give. It also says what it cannot show.

Exit status 1 for anything that does not hold, naming what and where; 5 for a file or a key that cannot be read. json
and jsonl: {"ok", "problem", "origin", "tree_size", "root", "entries", "envelopes", "complete", "generated_at", "at",
"shown"} (FORMAT.md).)";

}  // namespace

Command ReportVerifyCommand() {
  static const OptionSpecs kOwn = {
      {"vkey", Takes::kValue, "VKEY", "the key that the checkpoint must be signed by, or a file that holds it"},
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
