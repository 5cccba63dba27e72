// What an index that somebody changed can hide: nothing, without the answer saying so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ledger/index/index_keys.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "tests/query/pages.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

TEST(QueryTest, AScanSaysSoAndFindsWhatADoctoredIndexHides) {
  TestLedger ledger;
  ledger.Open();
  for (int i = 0; i < 4; ++i) {
    Transition t = Opening("e" + std::to_string(i));
    t.identity->tenant = "acme";
    ledger.MustAppend({Encoded(t)});
  }
  ledger.Close();
  DeleteKey(IndexPath(ledger.data_dir()), "facets", FacetKey(FacetPrefix(Facet::kTenant, "acme"), 2));
  const auto reader = OpenStored(ledger.data_dir());
  QueryRequest q;
  q.tenant = "acme";
  const auto indexed = (*reader)->Query(q);
  EXPECT_EQ(indexed->envelopes.size(), 3u);
  EXPECT_FALSE(indexed->completeness.unindexed);
  q.scan = true;
  const auto scanned = (*reader)->Query(q);
  EXPECT_EQ(Ids(scanned->envelopes), (std::vector<std::string>{"e0", "e1", "e2", "e3"}));
  EXPECT_TRUE(scanned->completeness.unindexed);
  EXPECT_GE(scanned->completeness.scanned, 5u);
}

// A closed ledger whose index is changed behind its back, and then asked.
class DoctoredIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.Open();
    for (int i = 0; i < 12; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
    ledger_.MustAppend({Encoded(Later(Stage::kAdmitted, "e5")), Encoded(Grant("e5"))});
    ledger_.Close();
  }
  std::string index() const { return IndexPath(ledger_.data_dir()); }
  // Alice's postings: ordinal n is entry n + 1.
  std::string PostingKey(uint64_t ordinal) const {
    const Principal alice = User("alice");
    return PrincipalKey(PrincipalPrefix({alice.kind, alice.issuer, alice.id}), ordinal);
  }
  std::string PostingTo(uint64_t ordinal, uint64_t seq) const {
    const auto db = IndexDb::OpenReadOnly(index(), {});
    EXPECT_TRUE(db.ok());
    const auto value = (*db)->Latest().Get(Table::kPrincipals, PostingKey(ordinal));
    EXPECT_TRUE(value.ok() && value->has_value());
    auto posting = DecodePosting(**value);
    posting->seq = seq;
    return EncodePosting(*posting);
  }
  // In pages of `limit`, both ways: the answer may lack something, but then it says so.
  void ExpectNoSilentGap(const std::string& what) {
    const auto reader = OpenStored(ledger_.data_dir());
    ASSERT_TRUE(reader.ok()) << reader.status().ToString();
    for (const bool descending : {false, true}) {
      for (uint32_t limit = 1; limit <= 12; ++limit) {
        QueryRequest q;
        q.principal.emplace().id = "alice";
        q.limit = limit;
        q.descending = descending;
        const Answer answer = Ask(**reader, q);
        const auto ids = Ids(answer.envelopes);
        const std::set<std::string> distinct(ids.begin(), ids.end());
        EXPECT_EQ(distinct.size(), ids.size()) << what << ": an envelope came twice";
        EXPECT_FALSE(answer.complete && ids.size() < 12)
            << what << ": in pages of " << limit << " only " << ids.size() << " came, and nothing was said";
        EXPECT_THAT(answer.problem, answer.complete ? HasSubstr("") : HasSubstr("alice"));
      }
    }
  }
  TestLedger ledger_;
};

TEST_F(DoctoredIndexTest, ARemovedPostingShows) {
  const std::string intact = ledger_.Copy();
  for (uint64_t ordinal = 1; ordinal < 12; ++ordinal) {  // without the last, which only `verify` can miss
    DeleteKey(index(), "principals", PostingKey(ordinal));
    ExpectNoSilentGap("without ordinal " + std::to_string(ordinal));
    ledger_.Restore(intact);
  }
}

TEST_F(DoctoredIndexTest, ARedirectedPostingShows) {
  const std::string intact = ledger_.Copy();
  for (const uint64_t ordinal : {1, 2, 6, 11, 12}) {
    for (const uint64_t seq : {0, 2, 7, 8, 13, 14, 15}) {
      PutKey(index(), "principals", PostingKey(ordinal), PostingTo(ordinal, seq));
      ExpectNoSilentGap("ordinal " + std::to_string(ordinal) + " at entry " + std::to_string(seq));
      ledger_.Restore(intact);
    }
  }
}

TEST_F(DoctoredIndexTest, AMissingRevisionShows) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "e5", 1));
  const auto reader = OpenStored(ledger_.data_dir());
  const auto response = (*reader)->FindEnvelope({"e5"});
  ASSERT_TRUE(response.ok());
  EXPECT_FALSE(response->completeness.complete);
  EXPECT_THAT(response->completeness.problem, HasSubstr("revision 1 is missing"));
  QueryRequest q;
  q.principal.emplace().id = "alice";
  const auto listed = (*reader)->Query(q);
  EXPECT_FALSE(listed->completeness.complete);
  EXPECT_EQ(listed->envelopes.size(), 12u) << "what was found is answered";
}

TEST_F(DoctoredIndexTest, AMissingFirstRevisionShows) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "e5", 0));
  const auto reader = OpenStored(ledger_.data_dir());
  EXPECT_EQ((*reader)->FindEnvelope({"e5"}).status().code(), Code::kCorruption);
  QueryRequest q;
  const auto listed = (*reader)->Query(q);
  ASSERT_TRUE(listed.ok());
  EXPECT_FALSE(listed->completeness.complete);
  EXPECT_EQ(listed->envelopes.size(), 11u);
}

TEST_F(DoctoredIndexTest, AForeignRevisionShows) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "e5", 1));
  PutKey(index(), "envelopes", EnvelopeKey("e5", 1, 3), {});
  const auto reader = OpenStored(ledger_.data_dir());
  const auto response = (*reader)->FindEnvelope({"e5"});
  ASSERT_TRUE(response.ok());
  EXPECT_FALSE(response->completeness.complete);
  EXPECT_THAT(response->completeness.problem, HasSubstr("another envelope"));
}

}  // namespace
}  // namespace envledger
