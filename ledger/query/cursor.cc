// A cursor is the place, which a person can read, and a checksum: the beginning of the SHA-256 of question and place.
// Without the checksum, a cursor that was cut, mistyped or made for other filters would be taken for another place, and
// envelopes would silently be missing from the answer. It is neither a secret nor a permission: whoever may ask may
// start anywhere.
#include "ledger/query/cursor.h"

#include "ledger/base/bytes.h"
#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

constexpr size_t kCheckBytes = 12;

std::string Check(std::string_view question, std::string_view place) {
  std::string text = "envledger cursor";
  AppendU64(text, question.size());
  text += question;
  text += place;
  return Hex(View(Sha256(text)).substr(0, kCheckBytes));
}

}  // namespace

std::string QuestionOf(const QueryRequest& request) {
  QueryRequest question = request;
  question.cursor.clear();
  question.limit = 0;
  question.scan = false;
  question.in_parts = false;
  return EncodeRequest({0, std::move(question)});
}

std::string QuestionOf(const PrincipalsRequest& request) {
  return EncodeRequest({0, PrincipalsRequest{request.filter, 0, {}}});
}

std::string CursorAfter(std::string_view question, std::string_view place) {
  return std::string(place) + "-" + Check(question, place);
}

Result<std::string> PlaceOfCursor(std::string_view question, std::string_view cursor) {
  const std::string_view place = cursor.substr(0, cursor.find('-'));
  if (cursor != CursorAfter(question, place)) {
    return InvalidField("cursor", "not a cursor of this question, or cut off: " + Quoted(cursor));
  }
  return std::string(place);
}

}  // namespace envledger
