#include "ledger/query/cursor.h"

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

QueryRequest Question() {
  QueryRequest request;
  request.principal.emplace().id = "alice";
  request.recorded_since = 17;
  request.open = true;
  return request;
}

TEST(Cursor, GivesItsPlaceBackToItsQuestion) {
  const std::string question = QuestionOf(Question());
  for (const char* place : {"0", "7", "18446744073709551615", "616c6963650001"}) {
    const auto back = PlaceOfCursor(question, CursorAfter(question, place));
    ASSERT_TRUE(back.ok()) << back.status().ToString();
    EXPECT_EQ(*back, place);
  }
}

TEST(Cursor, BelongsToEverythingThatIsAskedButThePage) {
  const std::string question = QuestionOf(Question());
  QueryRequest same = Question();
  same.limit = 3;
  same.cursor = "12-abc";
  same.scan = true;
  EXPECT_EQ(QuestionOf(same), question);
  const auto changed = [](auto change) {
    QueryRequest request = Question();
    change(request);
    return QuestionOf(request);
  };
  EXPECT_NE(changed([](QueryRequest& r) { r.principal->id = "bob"; }), question);
  EXPECT_NE(changed([](QueryRequest& r) { r.recorded_since = 18; }), question);
  EXPECT_NE(changed([](QueryRequest& r) { r.open = false; }), question);
  EXPECT_NE(changed([](QueryRequest& r) { r.descending = true; }), question);
  EXPECT_NE(changed([](QueryRequest& r) { r.at = 17; }), question);
  PrincipalsRequest principals;
  PrincipalsRequest alice;
  alice.filter.id = "alice";
  EXPECT_NE(QuestionOf(principals), QuestionOf(alice));
  alice.filter.id.clear();
  alice.limit = 5;
  alice.cursor = "x";
  EXPECT_EQ(QuestionOf(principals), QuestionOf(alice));
}

TEST(Cursor, OfAnotherQuestionIsRefused) {
  QueryRequest other = Question();
  other.tenant = "search";
  const auto place = PlaceOfCursor(QuestionOf(other), CursorAfter(QuestionOf(Question()), "12"));
  EXPECT_EQ(place.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(place.status().rule(), "cursor");
}

TEST(Cursor, EveryDamagedOneIsRefused) {
  const std::string question = QuestionOf(Question());
  for (const std::string& place : {std::string("12"), Hex("alice\0x")}) {
    const std::string cursor = CursorAfter(question, place);
    const auto refused = [&](const std::string& damaged) {
      ASSERT_NE(damaged, cursor);
      EXPECT_EQ(PlaceOfCursor(question, damaged).status().rule(), "cursor") << damaged;
    };
    for (size_t at = 0; at <= cursor.size(); ++at) {
      for (const char c : std::string_view("0123456789abcdefA- \n\xFF")) {
        std::string inserted = cursor;
        refused(inserted.insert(at, 1, c));
        if (at == cursor.size() || cursor[at] == c) continue;
        std::string changed = cursor;
        changed[at] = c;
        refused(changed);
      }
      if (at < cursor.size()) refused(cursor.substr(0, at));
      if (at < cursor.size()) refused(cursor.substr(0, at) + cursor.substr(at + 1));
      if (at > 0) refused(cursor.substr(at));
      if (at > 0 && at < cursor.size() && cursor[at] != cursor[at - 1]) {
        std::string swapped = cursor;
        std::swap(swapped[at], swapped[at - 1]);
        refused(swapped);
      }
    }
    refused(cursor + cursor);
    refused("0" + cursor);
  }
}

}  // namespace
}  // namespace envledger
