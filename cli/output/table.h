// Tables for people.
//
// A table is as wide as its contents if they fit into `width` columns. Otherwise it first folds: columns with a `fold`
// go to a second and third, indented line below each row. Then the widest columns become narrower, and their text is
// broken into several lines. A cell that is not `whole` has at most kMostLines lines, and ends in "…" if it would need
// more. Without a width nothing is folded or broken. Rows are streamed: the first kSampleRows rows, or as many as hold
// kSampleBytes, determine the widths. A later cell that is wider is broken too; without a width it pushes the rest of
// its row to the right.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/output/palette.h"

namespace envledger::cli {

// `text` must be safe (SafeText).
struct Cell {
  std::string text;
  Color color = Color::kPlain;
};
using Cells = std::vector<Cell>;

struct Column {
  std::string title;
  size_t least = 8;    // the width that it keeps in a narrow table; more if its longest word (up to kKeptWord) is wider
  bool right = false;  // right-aligned, for numbers; such a column keeps its width
  int fold = 0;        // in a narrow table it moves to the second line (1), or if necessary to the third (2)
  bool whole = false;  // no limit on the lines of a cell
};

class Table {
 public:
  static constexpr size_t kSampleRows = 500;
  static constexpr size_t kSampleBytes = 8 << 20;
  static constexpr size_t kMostLines = 4;
  static constexpr size_t kKeptWord = 32;

  // `width` 0: unlimited. `indent`: spaces before every line.
  Table(std::ostream& out, Palette palette, size_t width, std::vector<Column> columns, size_t indent = 0);

  // `row` is called when the row is printed, so that it can depend on the rest of the sample. `bytes`: about how much
  // memory it holds until then.
  void Add(std::function<Cells()> row, size_t bytes);
  void Add(Cells row);
  // Prints the remaining rows; prints the titles even if there are no rows.
  void Finish();

 private:
  struct Line {  // one printed line of a row, with the columns in it
    std::vector<size_t> columns;
    size_t indent = 0;
  };
  void Settle();
  std::vector<Line> LayOut() const;
  size_t LeastOf(const Line& line, size_t times) const;
  void Shrink(const Line& line);
  std::vector<std::string> LinesOf(const std::string& text, size_t column) const;
  void Print(const Cells& row, const Line& line) const;
  void PrintRow(const Cells& row) const;

  std::ostream& out_;
  const Palette palette_;
  const size_t width_;
  const std::vector<Column> columns_;
  const size_t indent_;
  std::vector<std::function<Cells()>> sample_;
  size_t sample_bytes_ = 0;
  bool settled_ = false;
  std::vector<size_t> widths_;
  std::vector<size_t> least_;
  std::vector<Line> lines_;
};

}  // namespace envledger::cli
