// A long answer in one of the four formats: rows as they come, and the completeness of the answer.
//
// table and csv print their titles first. jsonl prints one object per line, and {"completeness": ...} last. json prints
// one object that begins with the completeness, so its rows wait in a Spool until the answer is finished. csv prints
// the completeness to stderr, because a spreadsheet could not read it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output/output_style.h"
#include "cli/output/table.h"
#include "ledger/evidence/story.h"
#include "ledger/files/spool.h"

namespace envledger::cli {

struct ListingShape {
  std::string rows_name;  // of the array in json
  std::vector<std::string> csv_titles;
  std::vector<Column> columns;
};

// Prints the result of --prove, wrapped to the width. Prints nothing without --prove.
void PrintProof(std::ostream& out, const OutputStyle& style, const Coverage& coverage);
// The same on stderr.
void ComplainProof(Context& context, const Coverage& coverage);
// Prints at the end of a command that the proof does not hold, and returns the exit status.
ExitStatus ProofFailed(Context& context, const std::string& failure);

class Listing {
 public:
  Listing(Context& context, const OutputStyle& style, ListingShape shape);

  Format format() const { return style_.format; }
  // Each row is added with the function for format(): AddJson also for jsonl, AddCells for table.
  void AddJson(std::string row);
  void AddCsv(const std::vector<std::string>& row);
  // `bytes`: about how much memory the row holds until it is printed.
  void AddCells(std::function<Cells()> row, size_t bytes);
  void AddCells(Cells row);
  uint64_t rows() const { return rows_; }

  // `count`: the rows in words ("3 envelopes"). Not kFine if the answer is incomplete, or if its rows could not be kept
  // until now.
  ExitStatus Finish(const Coverage& coverage, const std::string& count);

 private:
  Context& context_;
  const OutputStyle style_;
  const ListingShape shape_;
  uint64_t rows_ = 0;
  Spool waiting_;  // rows of the json format
  Status kept_;    // whether all rows could be kept
  std::unique_ptr<Table> table_;
};

}  // namespace envledger::cli
