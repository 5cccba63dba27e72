#include "cli/output/verify_report.h"

#include <algorithm>

#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

// What the verdict means, and what it does not show.
std::string_view Meaning(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "Every entry is as it was sealed, and the ledger contains everything that the checkpoint kept elsewhere "
             "vouches for.";
    case Verdict::kUnanchored:
      return "The ledger is consistent in itself. Without a checkpoint kept elsewhere, verify cannot show that the "
             "tail was cut off or the whole ledger replaced. Keep a checkpoint elsewhere (envledger checkpoint > FILE) "
             "and verify with --checkpoint FILE --vkey VKEY.";
    case Verdict::kTruncated:
      return "Entries that a signed checkpoint vouches for are missing at the end.";
    case Verdict::kTampered:
      return "The ledger is not what was sealed. Do not trust answers about the entries below; restore a copy that "
             "verifies.";
    case Verdict::kIncomplete:
      return "The entries are as they were sealed, but an index, a back-link or an export has something missing or "
             "something extra. Answers may be incomplete until it is rebuilt.";
    case Verdict::kWrongKey:
      return "A checkpoint is not signed by the key in force at its size, or none is signed by the key given or a "
             "later one: this is another ledger, or a forged one.";
  }
  return "";
}

std::string Summary(const VerifyReport& report) {
  std::string text = Grouped(report.entries) + (report.entries == 1 ? " entry" : " entries");
  if (report.first_seq > 0) text += " from entry " + Grouped(report.first_seq) + " on";
  if (!report.origin.empty()) text = report.origin + ", " + text;
  if (report.failure_count > 0) {
    text += ", " + Grouped(report.failure_count) + (report.failure_count == 1 ? " failure" : " failures");
    for (const VerifyFailure& failure : report.failures) {
      if (!failure.seq) continue;
      text += ", the first at entry " + std::to_string(*failure.seq);
      break;
    }
  }
  return text;
}

std::string RootText(const VerifyReport& report) { return report.root ? Hex(View(*report.root)) : std::string(); }

void PrintFailures(std::ostream& out, const Palette& palette, const VerifyReport& report) {
  if (report.failures.empty()) return;
  out << '\n';
  for (const VerifyFailure& failure : report.failures) {
    std::string where = failure.seq ? "entry " + std::to_string(*failure.seq) : "ledger";
    where.resize(std::max<size_t>(where.size(), 14), ' ');
    std::string check = SafeText(failure.check);
    check.resize(std::max<size_t>(check.size(), 10), ' ');
    out << "  " << palette.Paint(Color::kRed, where) << "  " << check << "  " << SafeText(failure.message) << '\n';
  }
  if (report.failure_count > report.failures.size()) {
    out << "  and " << Grouped(report.failure_count - report.failures.size()) << " more.\n";
  }
}

}  // namespace

std::string VerifyJson(const VerifyReport& report) {
  std::vector<std::string> failures;
  for (const VerifyFailure& failure : report.failures) {
    JsonObject one;
    one.NumberOrNull("seq", failure.seq).Text("check", failure.check).Text("message", failure.message);
    failures.push_back(one.str());
  }
  JsonObject checks;
  for (const auto& [check, what] : report.checks) checks.Text(check, what);
  std::vector<std::string> keys;
  for (const HistoricKey& key : report.keys) {
    JsonObject one;
    one.Text("vkey", FormatVerifierKey(key.key)).Number("seq", key.seq);
    keys.push_back(one.str());
  }
  JsonObject json;
  json.Text("verdict", Name(report.verdict))
      .Bool("ok", IsPass(report.verdict))
      .Number("entries", report.entries)
      .Number("tree_size", report.tree_size)
      .TextOrNull("root", RootText(report))
      .Number("checkpoints", report.checkpoints)
      .Raw("failures", JsonArray(failures))
      .Raw("checks", checks.str())
      .Number("failure_count", report.failure_count)
      .TextOrNull("origin", report.origin)
      .TextOrNull("vkey", report.key ? FormatVerifierKey(*report.key) : "")
      .Bool("key_is_trusted", report.key_is_trusted)
      .Raw("keys", JsonArray(keys));
  return json.str();
}

std::string VerifyCsv(const VerifyReport& report) {
  std::string text = CsvRow({"verdict", "seq", "check", "message"});
  const std::string verdict(Name(report.verdict));
  if (report.failures.empty()) text += CsvRow({verdict, "", "", ""});
  for (const VerifyFailure& failure : report.failures) {
    text += CsvRow({verdict, failure.seq ? std::to_string(*failure.seq) : "", failure.check, failure.message});
  }
  return text;
}

void PrintVerify(std::ostream& out, const OutputStyle& style, const VerifyReport& report) {
  const Palette& palette = style.palette;
  out << palette.Paint(ColorOf(report.verdict), Name(report.verdict)) << "  " << SafeText(Summary(report)) << '\n'
      << Meaning(report.verdict) << "\n\n";
  const auto fact = [&](std::string label, const std::string& text) {
    label.resize(std::max<size_t>(label.size(), 13), ' ');
    out << "  " << palette.Paint(Color::kDim, label) << SafeText(text) << '\n';
  };
  if (report.root) fact("root", RootText(report));
  for (const auto& [check, what] : report.checks) {
    fact(check, what);
  }
  PrintFailures(out, palette, report);
}

}  // namespace envledger::cli
