// A long answer in one of the four formats: rows as they come, and what the answer covers.
//
// table and csv print their titles first; jsonl one object a line and {"completeness": ...} last; json one object whose
// completeness comes first, so its rows wait until the answer is whole (in a Spool). csv says the completeness on
// stderr, where it does not spoil a spreadsheet.
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

// What --prove found, in lines that fit; nothing when it was not asked for.
void PrintProof(std::ostream& out, const OutputStyle& style, const Coverage& coverage);
// The same on stderr.
void ComplainProof(Context& context, const Coverage& coverage);
// What a command says and returns, at its end, when the proof does not hold.
ExitStatus ProofFailed(Context& context, const std::string& failure);

class Listing {
 public:
  Listing(Context& context, const OutputStyle& style, ListingShape shape);

  Format format() const { return style_.format; }
  // The one that belongs to format().
  void AddJson(std::string row);
  void AddCsv(const std::vector<std::string>& row);
  // `bytes`: about what the row holds until it is printed.
  void AddCells(std::function<Cells()> row, size_t bytes);
  void AddCells(Cells row);
  uint64_t rows() const { return rows_; }

  // `count`: what the rows are, in words ("3 envelopes"). Not kFine when the answer is incomplete, or its rows could
  // not be kept until now.
  ExitStatus Finish(const Coverage& coverage, const std::string& count);

 private:
  Context& context_;
  const OutputStyle style_;
  const ListingShape shape_;
  uint64_t rows_ = 0;
  Spool waiting_;  // rows of the json format
  Status kept_;    // that they could be kept
  std::unique_ptr<Table> table_;
};

}  // namespace envledger::cli
