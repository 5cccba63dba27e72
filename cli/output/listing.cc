#include "cli/output/listing.h"

#include <sstream>

#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {

Listing::Listing(Context& context, const OutputStyle& style, ListingShape shape)
    : context_(context), style_(style), shape_(std::move(shape)) {
  if (format() == Format::kTable) {
    table_ = std::make_unique<Table>(context_.out, style_.palette, style_.width, shape_.columns);
  }
  if (format() == Format::kCsv) context_.out << CsvRow(shape_.csv_titles);
}

void Listing::AddJson(std::string row) {
  ++rows_;
  if (format() != Format::kJson) {
    context_.out << row << '\n';
    return;
  }
  row.insert(0, rows_ == 1 ? "\n" : ",\n");
  if (kept_.ok()) kept_ = waiting_.Add(row);
}

void Listing::AddCsv(const std::vector<std::string>& row) {
  ++rows_;
  context_.out << CsvRow(row);
}

void Listing::AddCells(std::function<Cells()> row, size_t bytes) {
  ++rows_;
  table_->Add(std::move(row), bytes);
}

void Listing::AddCells(Cells row) {
  ++rows_;
  table_->Add(std::move(row));
}

void PrintProof(std::ostream& out, const OutputStyle& style, const Coverage& coverage) {
  if (coverage.ProofSentence().empty()) return;
  const Color color = coverage.proof_holds() ? Color::kGreen : Color::kRed;
  std::istringstream sentences(coverage.ProofSentence());
  bool first = true;
  for (std::string sentence; std::getline(sentences, sentence); first = false) {
    for (const std::string& line : WrapColumns(SafeText(sentence), style.width, true)) {
      out << style.palette.Paint(first ? color : Color::kDim, line) << '\n';
    }
  }
}

void ComplainProof(Context& context, const Coverage& coverage) {
  std::istringstream sentences(coverage.ProofSentence());
  for (std::string sentence; std::getline(sentences, sentence);) Complain(context, sentence);
}

ExitStatus ProofFailed(Context& context, const std::string& failure) {
  Complain(context, "the answer does not hold: " + failure);
  return ExitStatus::kFailedVerification;
}

ExitStatus Listing::Finish(const Coverage& coverage, const std::string& count) {
  switch (format()) {
    case Format::kTable: {
      if (rows_ > 0) table_->Finish();
      if (rows_ > 0) context_.out << '\n';
      const auto print = [this](Color color, const std::string& text) {
        for (const std::string& line : WrapColumns(SafeText(text), style_.width, true)) {
          context_.out << style_.palette.Paint(color, line) << '\n';
        }
      };
      print(coverage.complete() ? Color::kDim : Color::kRed, count + ". " + coverage.Sentence());
      PrintProof(context_.out, style_, coverage);
      if (!coverage.next_cursor().empty()) {
        print(Color::kPlain, "There may be more: use --limit 0, or --cursor " + coverage.next_cursor());
      }
      break;
    }
    case Format::kJson: {
      context_.out << "{\"completeness\":" << coverage.Json() << ",\"" << shape_.rows_name << "\":[";
      if (kept_.ok()) kept_ = waiting_.CopyTo(context_.out);
      if (!kept_.ok()) return Fail(context_, kept_);
      context_.out << (rows_ == 0 ? "]}\n" : "\n]}\n");
      break;
    }
    case Format::kJsonl:
      context_.out << "{\"completeness\":" << coverage.Json() << "}\n";
      break;
    case Format::kCsv: {
      std::string text = count + ". " + coverage.Sentence();
      if (!coverage.next_cursor().empty()) text += " There may be more: use --cursor " + coverage.next_cursor();
      Complain(context_, text);
      ComplainProof(context_, coverage);
      break;
    }
  }
  if (coverage.complete()) return ExitStatus::kFine;
  Complain(context_, "the answer is incomplete: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

}  // namespace envledger::cli
