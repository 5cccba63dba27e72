// Tables for people.
//
// A table is as wide as its contents when it has the room, and is laid out for `width` columns otherwise: first it
// folds (columns with a `fold` go to a second and third, indented line under each row), then the widest columns become
// narrower and what stands in them is broken into several lines. Nothing is left out, but of a cell that is not `whole`
// what would take more than kMostLines lines: there it ends in "…". Without a width nothing folds or is broken. Rows
// stream: widths are settled by the first kSampleRows rows, or as many as hold kSampleBytes; a later cell that is wider
// is broken too, or without a width pushes its row to the right.
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
  size_t least = 8;    // columns that it keeps in a narrow table; and those of its longest word, up to kKeptWord
  bool right = false;  // aligned: numbers, which keep their width
  int fold = 0;  // in a narrow table it stands below the first line: in the second (1), or the third (2) if need be
  bool whole = false;  // however many lines it takes
};

class Table {
 public:
  static constexpr size_t kSampleRows = 500;
  static constexpr size_t kSampleBytes = 8 << 20;
  static constexpr size_t kMostLines = 4;
  static constexpr size_t kKeptWord = 32;

  // `width` 0: unlimited. `indent`: spaces before every line.
  Table(std::ostream& out, Palette palette, size_t width, std::vector<Column> columns, size_t indent = 0);

  // A row is made when it is printed, so that it can depend on the rest of the sample. `bytes`: about what it holds
  // until then.
  void Add(std::function<Cells()> row, size_t bytes);
  void Add(Cells row);
  // Prints what is left; the titles even when there are no rows.
  void Finish();

 private:
  struct Line {  // one printed line of a row: which columns, and how wide
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
