#include "cli/table.h"

#include <algorithm>

#include "cli/unicode.h"

namespace envledger::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kFoldIndent = 2;

}  // namespace

Table::Table(std::ostream& out, Palette palette, size_t width, std::vector<Column> columns, size_t indent)
    : out_(out), palette_(palette), width_(width), columns_(std::move(columns)), indent_(indent) {}

void Table::Add(std::function<Cells()> row) {
  if (settled_) {
    PrintRow(row());
    return;
  }
  sample_.push_back(std::move(row));
  if (sample_.size() == kSampleRows) Settle();
}

void Table::Add(Cells row) {
  Add([row = std::move(row)] { return row; });
}

void Table::Finish() {
  if (!settled_) Settle();
}

// Widths from the sample, then the fold, then the cuts; and prints the sample.
void Table::Settle() {
  settled_ = true;
  std::vector<Cells> rows;
  rows.reserve(sample_.size());
  for (const auto& make : sample_) rows.push_back(make());
  sample_.clear();

  Line whole{.columns = {}, .indent = indent_};
  size_t natural = indent_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    widths_.push_back(ColumnsOf(columns_[i].title));
    for (const Cells& row : rows) widths_[i] = std::max(widths_[i], ColumnsOf(row[i].text));
    whole.columns.push_back(i);
    natural += widths_[i] + (i > 0 ? kGap : 0);
  }
  lines_ = {whole};
  if (width_ > 0 && natural > width_) {
    Line first{.columns = {}, .indent = indent_};
    Line second{.columns = {}, .indent = indent_ + kFoldIndent};
    // What fits in one line once every column is cut to its least is cut; only what does not is folded.
    size_t least = indent_;
    for (size_t i = 0; i < columns_.size(); ++i) {
      (columns_[i].folded ? second : first).columns.push_back(i);
      least += std::min(widths_[i], columns_[i].least) + (i > 0 ? kGap : 0);
    }
    if (least > width_ && !second.columns.empty()) lines_ = {first, second};
    for (const Line& line : lines_) Shrink(line);
  }

  Cells titles;
  for (const Column& column : columns_) titles.push_back({column.title, Color::kBold});
  PrintRow(titles);
  for (const Cells& row : rows) PrintRow(row);
}

// Takes columns from the widest until the line fits, or none is above its least.
void Table::Shrink(const Line& line) {
  size_t total = line.indent;
  for (const size_t i : line.columns) total += widths_[i] + kGap;
  total -= kGap;
  while (total > width_) {
    size_t widest = columns_.size();
    for (const size_t i : line.columns) {
      const bool can_give = widths_[i] > columns_[i].least;
      if (can_give && (widest == columns_.size() || widths_[i] > widths_[widest])) widest = i;
    }
    if (widest == columns_.size()) return;
    --widths_[widest];
    --total;
  }
}

void Table::PrintRow(const Cells& row) const {
  for (const Line& line : lines_) Print(row, line);
}

void Table::Print(const Cells& row, const Line& line) const {
  std::string text(line.indent, ' ');
  size_t owed = 0;  // spaces before the next cell: never at the end of a line
  for (const size_t i : line.columns) {
    const std::string shown = width_ > 0 ? CutToColumns(row[i].text, widths_[i]) : row[i].text;
    const size_t used = ColumnsOf(shown);
    const size_t padding = used < widths_[i] ? widths_[i] - used : 0;
    if (columns_[i].right) owed += padding;
    if (!shown.empty()) {
      text.append(owed, ' ');
      text += palette_.Paint(row[i].color, shown);
      owed = 0;
    } else {
      owed += used;
    }
    if (!columns_[i].right) owed += padding;
    owed += kGap;
  }
  out_ << text << '\n';
}

}  // namespace envledger::cli
