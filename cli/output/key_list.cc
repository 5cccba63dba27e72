#include "cli/output/key_list.h"

#include "cli/output/table.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

std::string KeyJson(const HistoricKey& key, const HistoricKey* before) {
  JsonObject json;
  json.Text("vkey", FormatVerifierKey(key.key))
      .Number("seq", key.seq)
      .Text("recorded_at", FormatTime(key.recorded_at))
      .TextOrNull("vouched_for_by", before == nullptr ? "" : FormatVerifierKey(before->key));
  return json.str();
}

// "f9e1a2b3", the key id: enough to find the key in the row above.
std::string KeyIdOf(const VerifierKey& key) { return FormatVerifierKey(key).substr(key.name.size() + 1, 8); }

void PrintTable(Context& context, const OutputStyle& style, const KeyHistory& keys) {
  Table table(context.out, style.palette, style.width,
              {{.title = "FROM ENTRY", .least = 10, .right = true},
               {.title = "RECORDED AT (UTC)", .least = 19},
               {.title = "VOUCHED FOR BY", .least = 14},
               {.title = "VERIFIER KEY", .least = 40, .fold = 1, .whole = true}});
  const HistoricKey* before = nullptr;
  for (const HistoricKey& key : keys.keys()) {
    table.Add(Cells{{Grouped(key.seq)},
                    {ShortTime(key.recorded_at)},
                    {before == nullptr ? "genesis" : KeyIdOf(before->key)},
                    {SafeText(FormatVerifierKey(key.key))}});
    before = &key;
  }
  table.Finish();
}

}  // namespace

ExitStatus PrintVerifierKey(Context& context, const std::string& origin, const SigningKey& key) {
  const auto verifier_key = MakeVerifierKey(origin, key.public_key());
  if (!verifier_key.ok()) return Fail(context, verifier_key.status());
  context.out << FormatVerifierKey(*verifier_key) << '\n';
  return ExitStatus::kFine;
}

void PrintKeys(Context& context, const OutputStyle& style, const KeyHistory& keys) {
  if (style.format == Format::kTable) return PrintTable(context, style, keys);
  if (style.format == Format::kCsv) context.out << CsvRow({"vkey", "seq", "recorded_at", "vouched_for_by"});
  std::vector<std::string> rows;
  const HistoricKey* before = nullptr;
  for (const HistoricKey& key : keys.keys()) {
    if (style.format == Format::kCsv) {
      context.out << CsvRow({FormatVerifierKey(key.key), std::to_string(key.seq), FormatTime(key.recorded_at),
                             before == nullptr ? "" : FormatVerifierKey(before->key)});
    } else {
      rows.push_back(KeyJson(key, before));
    }
    before = &key;
  }
  if (style.format == Format::kJsonl) {
    for (const std::string& row : rows) context.out << row << '\n';
  } else if (style.format == Format::kJson) {
    JsonObject json;
    json.Text("origin", keys.origin()).Raw("keys", JsonArray(rows));
    context.out << json.str() << '\n';
  }
}

}  // namespace envledger::cli
