#include "ledger/text/wrap.h"

#include <algorithm>

#include "ledger/text/unicode.h"

namespace envledger {
namespace {

// How many bytes of `text` fit in `width` columns, in whole clusters and at least one.
size_t BytesWithin(std::string_view text, size_t width) {
  size_t bytes = 0;
  size_t columns = 0;
  while (bytes < text.size()) {
    const Cluster cluster = FirstCluster(text.substr(bytes));
    if (bytes > 0 && columns + cluster.columns > width) break;
    columns += cluster.columns;
    bytes += cluster.bytes;
  }
  return bytes;
}

}  // namespace

std::vector<std::string> WrapColumns(std::string_view text, size_t width, bool keep_words) {
  if (width == 0) return {std::string(text)};
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = BytesWithin(text, width);
    size_t next = end;
    if (end < text.size()) {
      // A space just beyond the edge is a place to break too.
      size_t space = text.rfind(' ', end);
      if (keep_words && (space == std::string_view::npos || space == 0)) space = text.find(' ', end);
      if (keep_words && space == std::string_view::npos) end = next = text.size();
      if (space != std::string_view::npos && space > 0) {
        const size_t last = text.find_last_not_of(' ', space);
        if (last != std::string_view::npos) {
          end = last + 1;
          next = std::min(text.find_first_not_of(' ', space), text.size());
        }
      }
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(next);
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace envledger
