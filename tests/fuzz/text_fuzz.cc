// Text from anybody, made safe for terminals, tables, CSV and HTML; and the spellings of bytes.
#include "ledger/base/bytes.h"
#include "ledger/report/html.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"
#include "ledger/text/wrap.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

void CheckBytes(const std::string& text) {
  fuzz::Require(ParseHex(Hex(text)) == text, "hexadecimal is read back");
  fuzz::Require(ParseBase64(Base64(text)) == text, "base64 is read back");
  if (const auto bytes = ParseBase64(text)) fuzz::Require(Base64(*bytes) == text, "base64 has one spelling");
  if (const auto number = ParseDecimal(text)) fuzz::Require(std::to_string(*number) == text, "so has a decimal");
  fuzz::Require(IsUtf8(Quoted(text)), "a quotation is UTF-8");
}

void CheckSafe(const std::string& text) {
  const std::string safe = SafeText(text);
  fuzz::Require(IsUtf8(safe) && SafeText(safe) == safe, "safe text needs nothing more");
  fuzz::Require(safe.find_first_of(std::string("\0\n\r\t\x1b\x7f", 6)) == std::string::npos, "and controls nothing");
  fuzz::Require(IsUtf8(SafeLines(text)), "safe lines are UTF-8");
  const std::string row = CsvRow({text, text});
  fuzz::Require(row.find('\n') == row.size() - 1, "a row of CSV is one line");
  fuzz::Require(Html(text).find_first_of("<>\"'") == std::string::npos, "HTML has no markup of the text");
}

void CheckColumns(const std::string& text, size_t width) {
  size_t clusters = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const Cluster cluster = FirstCluster(rest);
    fuzz::Require(cluster.bytes >= 1 && cluster.bytes <= rest.size() && cluster.columns <= 2, "a cluster is small");
    clusters += cluster.columns;
    rest.remove_prefix(cluster.bytes);
  }
  fuzz::Require(clusters == ColumnsOf(text), "columns are those of the clusters");
  if (width > 0) fuzz::Require(ColumnsOf(CutToColumns(text, width)) <= width, "a cut text fits");
  const std::string safe = SafeText(text);
  for (const std::string& line : WrapColumns(safe, width)) {
    // A wide character does not fit a single column.
    fuzz::Require(width < 2 || ColumnsOf(line) <= width, "a line fits");
  }
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  envledger::fuzz::Pieces pieces(envledger::fuzz::View(data, size));
  const size_t width = pieces.Byte();
  const std::string text(pieces.rest());
  envledger::CheckBytes(text);
  envledger::CheckSafe(text);
  envledger::CheckColumns(text, width);
  return 0;
}
