// Tables for people.
//
// A table is as wide as its contents when it has the room, and is laid out for `width` columns otherwise: first it
// folds (columns marked `folded` go to a second, indented line under each row), then the widest columns are cut, with
// "…". Without a width nothing folds and nothing is cut. Rows stream: widths are settled by the first kSampleRows rows;
// a later cell that is wider is cut, or without a width pushes its row to the right.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/palette.h"

namespace envledger::cli {

// `text` must be safe (SafeText).
struct Cell {
  std::string text;
  Color color = Color::kPlain;
};
using Cells = std::vector<Cell>;

struct Column {
  std::string title;
  size_t least = 8;     // columns that it keeps when it is cut
  bool right = false;   // aligned
  bool folded = false;  // goes to the second line of a narrow table
};

class Table {
 public:
  static constexpr size_t kSampleRows = 500;

  // `width` 0: unlimited. `indent`: spaces before every line.
  Table(std::ostream& out, Palette palette, size_t width, std::vector<Column> columns, size_t indent = 0);

  // A row is made when it is printed, so that it can depend on the rest of the sample.
  void Add(std::function<Cells()> row);
  void Add(Cells row);
  // Prints what is left; the titles even when there are no rows.
  void Finish();

 private:
  struct Line {  // one printed line of a row: which columns, and how wide
    std::vector<size_t> columns;
    size_t indent = 0;
  };
  void Settle();
  void Shrink(const Line& line);
  void Print(const Cells& row, const Line& line) const;
  void PrintRow(const Cells& row) const;

  std::ostream& out_;
  const Palette palette_;
  const size_t width_;
  const std::vector<Column> columns_;
  const size_t indent_;
  std::vector<std::function<Cells()>> sample_;
  bool settled_ = false;
  std::vector<size_t> widths_;
  std::vector<Line> lines_;
};

}  // namespace envledger::cli
