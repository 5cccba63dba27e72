// The keys of the tables of envelopes, principals and facets. Those of the tree: tree_index_test.cc.
#include "ledger/index/index_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "tests/support/chain_builder.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(IndexKeys, OfAnEnvelopeSortByRevisionAndThenBySeq) {
  std::vector<std::string> keys;
  for (const char* id : {"a", "a\x01", "aa", "b"}) {
    for (const uint64_t revision : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, UINT64_MAX}) {
      for (const uint64_t seq : {uint64_t{7}, uint64_t{70'000}}) {
        keys.push_back(EnvelopeKey(id, revision, seq));
        EXPECT_TRUE(keys.back().starts_with(EnvelopePrefix(id)));
        EXPECT_LT(EnvelopeSeekKey(id, revision), keys.back());
        EXPECT_EQ(*RevisionOf(keys.back()), revision);
        EXPECT_EQ(*SeqOf(Table::kEnvelopes, keys.back(), ""), seq);
      }
    }
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(IndexKeys, OfAPrincipalNameAllOfIt) {
  for (const Principal& principal :
       {User("alice", "https://idp.example"), User("alice", ""), Service("alice", "https://idp.example")}) {
    const std::string prefix = PrincipalPrefix({principal.kind, principal.issuer, principal.id});
    EXPECT_TRUE(prefix.starts_with("alice\0"s)) << "one can be found by id alone";
    for (const uint64_t ordinal : {uint64_t{1}, uint64_t{0x0102030405060708}, UINT64_MAX}) {
      EXPECT_EQ(PrincipalOfKey(PrincipalKey(prefix, ordinal)), principal);
    }
    const std::string key = PrincipalKey(prefix, 1);
    for (size_t size = 0; size < prefix.size(); ++size) {
      EXPECT_NE(PrincipalOfKey(key.substr(0, size)), principal) << size;
    }
  }
  EXPECT_EQ(PrincipalOfKey("alice"), std::nullopt);
  EXPECT_EQ(PrincipalOfKey("alice\0"s), std::nullopt);
}

TEST(IndexKeys, APostingIsReadAsItWasWritten) {
  PrincipalPosting posting;
  posting.seq = 0x0102030405060708;
  posting.roles = kRequester | kDecider;
  posting.by_role = {1, 2, 3, UINT64_MAX};
  posting.envelopes = 9;
  posting.first_seen = 5;
  posting.last_seen = INT64_MAX;
  const std::string value = EncodePosting(posting);
  const auto read = DecodePosting(value);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->seq, posting.seq);
  EXPECT_EQ(read->roles, posting.roles);
  EXPECT_EQ(read->by_role, posting.by_role);
  EXPECT_EQ(read->envelopes, posting.envelopes);
  EXPECT_EQ(read->first_seen, posting.first_seen);
  EXPECT_EQ(read->last_seen, posting.last_seen);
  EXPECT_EQ(*SeqOf(Table::kPrincipals, "any key", value), posting.seq);
  for (const std::string& wrong : {value + "x", value.substr(1), ""s}) {
    EXPECT_TRUE(IsIndexDamage(DecodePosting(wrong).status())) << wrong.size();
  }
}

TEST(IndexKeys, WhatIsCutShortIsDamage) {
  EXPECT_TRUE(IsIndexDamage(RevisionOf(std::string(16, 'x')).status()));
  EXPECT_TRUE(IsIndexDamage(SeqOf(Table::kEnvelopes, "short", "a value that is long enough").status()));
  EXPECT_TRUE(IsIndexDamage(SeqOf(Table::kFacets, "short", "a value that is long enough").status()));
  EXPECT_TRUE(IsIndexDamage(SeqOf(Table::kPrincipals, "a key that is long enough", "short").status()));
}

TEST(IndexKeys, OfAFacetBeginWithItsValueAndEndWithTheSeq) {
  const std::string prefix = FacetPrefix(Facet::kTenant, "research");
  EXPECT_EQ(prefix, "\x01research\0"s);
  EXPECT_EQ(FacetKey(prefix, 0x0102), "\x01research\0\0\0\0\0\0\0\x01\x02"s);
  EXPECT_EQ(*SeqOf(Table::kFacets, FacetKey(prefix, 0x0102), ""), 0x0102u);
}

TEST(IndexKeys, EachSpanHolds32OfTheLevelBelow) {
  for (int level = 1; level < kSpanLevels; ++level) EXPECT_EQ(SpanBits(level) - SpanBits(level - 1), 5);
  EXPECT_EQ(SpanKey(2, 0x0304), "\x02\0\0\0\0\0\0\x03\x04"s);
}

std::vector<IndexPut> OwnKeys(const std::string& entry) {
  std::vector<IndexPut> puts;
  AppendOwnKeys(PrepareEntry(entry), puts);
  return puts;
}

TEST(IndexKeys, ARequestIsFoundByItsEnvelopeItsFacetsAndItsTime) {
  Transition asked = Opening("env-1");
  asked.identity->tenant = "research";
  const std::string entry = Seal(Drafts({asked}))[1];
  std::set<std::string> envelopes;
  std::set<std::string> facets;
  for (const IndexPut& put : OwnKeys(entry)) {
    ASSERT_TRUE(put.table == Table::kEnvelopes || put.table == Table::kFacets);
    EXPECT_TRUE((put.table == Table::kEnvelopes ? envelopes : facets).insert(put.key).second) << "each key once";
    EXPECT_EQ(*SeqOf(put.table, put.key, put.value), 1u);
  }
  EXPECT_THAT(envelopes, ElementsAre(EnvelopeKey("env-1", 0, 1)));
  EXPECT_TRUE(facets.contains(FacetKey(FacetPrefix(Facet::kTenant, "research"), 1)));
  EXPECT_TRUE(facets.contains(FacetKey(FacetPrefix(kFacetOpened, ""), 1)));
  const auto occurred_at = static_cast<uint64_t>(PrepareEntry(entry).facts.occurred_at);
  for (int level = 0; level < kSpanLevels; ++level) {
    const std::string span = SpanKey(level, occurred_at >> SpanBits(level));
    EXPECT_TRUE(facets.contains(FacetKey(FacetPrefix(kFacetOpenedIn, span), 1))) << level;
  }
}

TEST(IndexKeys, AnEventIsFoundByItsNameAndAmongAll) {
  std::vector<std::string> keys;
  for (const IndexPut& put : OwnKeys(Seal(Drafts({}))[0])) {
    EXPECT_EQ(put.table, Table::kFacets);
    keys.push_back(put.key);
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_THAT(keys,
              ElementsAre(FacetKey(FacetPrefix(kFacetEvent, ""), 0), FacetKey(FacetPrefix(kFacetEvent, "genesis"), 0)));
}

// Without an index underneath, the builder holds all totals itself.
TEST(IndexBuilder, APostingHasTheTotalsSoFar) {
  const std::vector<std::string> entries = Seal(Drafts({Opening("a"), Opening("b"), Later(Stage::kAdmitted, "b")}));
  IndexBuilder builder(nullptr, IndexBuilder::Links::kContinue);
  std::map<std::string, std::string> principals;
  for (const std::string& entry : entries) {
    std::vector<IndexPut> puts;
    ASSERT_TRUE(builder.AddLinks(PrepareEntry(entry), puts).ok());
    for (const IndexPut& put : puts) {
      EXPECT_EQ(put.table, Table::kPrincipals);
      principals[put.key] = put.value;
    }
  }
  const Principal alice = User("alice");
  const std::string prefix = PrincipalPrefix({alice.kind, alice.issuer, alice.id});
  ASSERT_EQ(principals.count(PrincipalKey(prefix, 2)), 1u);
  const auto first = DecodePosting(principals.at(PrincipalKey(prefix, 1)));
  const auto second = DecodePosting(principals.at(PrincipalKey(prefix, 2)));
  EXPECT_EQ(first->seq, 1u);
  EXPECT_EQ(first->envelopes, 1u);
  EXPECT_EQ(second->seq, 2u);
  EXPECT_EQ(second->envelopes, 2u);
  EXPECT_EQ(second->roles, kRequester);
  EXPECT_EQ(second->by_role[0], 2u);
  EXPECT_EQ(second->first_seen, PrepareEntry(entries[1]).facts.occurred_at);
  EXPECT_EQ(second->last_seen, PrepareEntry(entries[2]).facts.occurred_at);
}

TEST(IndexBuilder, ALinkThatContinuesNothingIsDamageUnlessTheLedgerIsLikeThat) {
  const std::vector<std::string> entries = Seal(Drafts({Opening("a"), Opening("b")}));
  std::vector<IndexPut> puts;
  IndexBuilder extending(nullptr, IndexBuilder::Links::kContinue);
  const Status damage = extending.AddLinks(PrepareEntry(entries[2]), puts);
  EXPECT_TRUE(IsIndexDamage(damage));
  EXPECT_THAT(damage.message(), HasSubstr("but the next one has ordinal 2"));
  EXPECT_TRUE(puts.empty());
  IndexBuilder whole(nullptr, IndexBuilder::Links::kAsTheyStand);
  EXPECT_TRUE(whole.AddLinks(PrepareEntry(entries[2]), puts).ok()) << "the second link without the first";
  EXPECT_EQ(puts.size(), 1u);
  EXPECT_EQ(OrdinalOfLink(2, 0), 2u);
  EXPECT_EQ(OrdinalOfLink(2, 2), 3u) << "taken already";
}

}  // namespace
}  // namespace envledger
