// Cursors: only a cursor that was made for a question is accepted for it, and only with a place that a page can begin
// at. The first line is a place, the rest a cursor.
#include "ledger/query/answer.h"
#include "ledger/query/cursor.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  fuzz::Pieces pieces(fuzz::View(data, size));
  const std::string place(pieces.Line());
  const std::string_view cursor = pieces.rest();
  QueryRequest query;
  query.tenant = "search";
  const std::string question = QuestionOf(query);
  const std::string other = QuestionOf(PrincipalsRequest{});
  if (const auto read = PlaceOfCursor(question, cursor); read.ok()) {
    fuzz::Require(CursorAfter(question, *read) == cursor, "a cursor has one spelling");
    fuzz::Require(!PlaceOfCursor(other, cursor).ok(), "it is of one question");
  }
  if (place.find('-') != std::string::npos) return 0;
  const std::string made = CursorAfter(question, place);
  fuzz::Require(fuzz::RequireOk(PlaceOfCursor(question, made), "a cursor is accepted") == place, "it has the place");
  fuzz::Require(!PlaceOfCursor(question, made.substr(1)).ok(), "a cut one is refused");
  query.cursor = made;
  if (const auto start = StartOf(query); start.ok()) {
    fuzz::Require(start->after.has_value(), "it begins somewhere");
    fuzz::Require(!start->unjudged || start->unjudged->place == *start->after + 1, "with the envelope after that");
  }
  return 0;
}
