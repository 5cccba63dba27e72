#include "cli/output/table.h"

#include <algorithm>

#include "ledger/text/unicode.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kFoldIndent = 2;

size_t LongestWord(std::string_view text) {
  size_t longest = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    longest = std::max(longest, ColumnsOf(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return longest;
}

}  // namespace

Table::Table(std::ostream& out, Palette palette, size_t width, std::vector<Column> columns, size_t indent)
    : out_(out), palette_(palette), width_(width), columns_(std::move(columns)), indent_(indent) {}

void Table::Add(std::function<Cells()> row, size_t bytes) {
  if (settled_) {
    PrintRow(row());
    return;
  }
  sample_.push_back(std::move(row));
  sample_bytes_ += bytes;
  if (sample_.size() == kSampleRows || sample_bytes_ > kSampleBytes) Settle();
}

void Table::Add(Cells row) {
  size_t bytes = 0;
  for (const Cell& cell : row) bytes += sizeof cell + cell.text.size();
  Add([row = std::move(row)] { return row; }, bytes);
}

void Table::Finish() {
  if (!settled_) Settle();
}

// Determines the widths from the sample, folds, narrows columns, and prints the sample.
void Table::Settle() {
  settled_ = true;
  std::vector<Cells> rows;
  rows.reserve(sample_.size());
  for (const auto& make : sample_) rows.push_back(make());
  sample_.clear();

  for (size_t i = 0; i < columns_.size(); ++i) {
    widths_.push_back(ColumnsOf(columns_[i].title));
    least_.push_back(columns_[i].least);
    for (const Cells& row : rows) {
      widths_[i] = std::max(widths_[i], ColumnsOf(row[i].text));
      least_[i] = std::max(least_[i], std::min(LongestWord(row[i].text), kKeptWord));
    }
    if (columns_[i].right) least_[i] = widths_[i];
    least_[i] = std::min(least_[i], widths_[i]);
  }
  lines_ = LayOut();
  for (const Line& line : lines_) Shrink(line);

  Cells titles;
  for (const Column& column : columns_) titles.push_back({column.title, Color::kBold});
  PrintRow(titles);
  for (const Cells& row : rows) PrintRow(row);
}

// The fewest lines in which every column gets its least width. A single line is used only if every column gets its full
// width or twice its least width.
std::vector<Table::Line> Table::LayOut() const {
  std::vector<Line> lines;
  for (int folds = 0; folds <= 2; ++folds) {
    lines.clear();
    for (int fold = 0; fold <= folds; ++fold) {
      Line line{.columns = {}, .indent = indent_ + (fold > 0 ? kFoldIndent : 0)};
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (std::min(columns_[i].fold, folds) == fold) line.columns.push_back(i);
      }
      if (!line.columns.empty()) lines.push_back(std::move(line));
    }
    const auto fits = [&](const Line& line) { return LeastOf(line, folds == 0 ? 2 : 1) <= width_; };
    if (width_ == 0 || std::all_of(lines.begin(), lines.end(), fits)) break;
  }
  return lines;
}

// The width of the line if each column gets `times` its least width, but not more than its full width.
size_t Table::LeastOf(const Line& line, size_t times) const {
  size_t least = line.indent;
  for (const size_t i : line.columns) {
    least += std::min(widths_[i], times * least_[i]) + kGap;
  }
  return least - kGap;
}

// Narrows the widest column, one step at a time, until the line fits: first down to the least widths, then below the
// longest words, and finally down to one. Numbers keep their width.
void Table::Shrink(const Line& line) {
  if (width_ == 0) return;
  size_t total = line.indent;
  for (const size_t i : line.columns) total += widths_[i] + kGap;
  total -= kGap;
  for (const auto keep : {+[](const Table&t, size_t i) { return t.least_[i]; },
                          +[](const Table&t, size_t i) { return std::min(t.columns_[i].least, t.widths_[i]); },
                          +[](const Table&, size_t) { return size_t{1}; }}) {
    while (total > width_) {
      size_t widest = columns_.size();
      for (const size_t i : line.columns) {
        const bool can_give = !columns_[i].right && widths_[i] > keep(*this, i);
        if (can_give && (widest == columns_.size() || widths_[i] > widths_[widest])) widest = i;
      }
      if (widest == columns_.size()) break;
      --widths_[widest];
      --total;
    }
  }
}

void Table::PrintRow(const Cells& row) const {
  for (const Line& line : lines_) Print(row, line);
}

std::vector<std::string> Table::LinesOf(const std::string& text, size_t column) const {
  if (width_ == 0 || columns_[column].right) return {text};
  std::vector<std::string> lines = WrapColumns(text, widths_[column]);
  if (columns_[column].whole || lines.size() <= kMostLines) return lines;
  lines.resize(kMostLines);
  lines.back() = CutToColumns(lines.back() + " …", widths_[column]);
  return lines;
}

void Table::Print(const Cells& row, const Line& line) const {
  std::vector<std::vector<std::string>> cells;
  size_t height = 1;
  for (const size_t i : line.columns) {
    cells.push_back(LinesOf(row[i].text, i));
    height = std::max(height, cells.back().size());
  }
  for (size_t at = 0; at < height; ++at) {
    std::string text(line.indent, ' ');
    size_t owed = 0;  // spaces due before the next cell; never printed at the end of a line
    for (size_t k = 0; k < line.columns.size(); ++k) {
      const size_t i = line.columns[k];
      const std::string shown = at < cells[k].size() ? cells[k][at] : std::string();
      const size_t used = ColumnsOf(shown);
      const size_t padding = used < widths_[i] ? widths_[i] - used : 0;
      if (columns_[i].right) owed += padding;
      if (!shown.empty()) {
        text.append(owed, ' ');
        text += palette_.Paint(row[i].color, shown);
        owed = 0;
      }
      if (!columns_[i].right) owed += padding;
      owed += kGap;
    }
    out_ << text << '\n';
  }
}

}  // namespace envledger::cli
