#include "ledger/query/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ledger/index/index_keys.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Alice of two issuers takes turns with Bob; each opens envelopes of her own.
class CandidatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.Open();
    for (int i = 0; i < 30; ++i) {
      const Principal who = i % 3 == 0 ? User("alice") : i % 3 == 1 ? User("alice", "other.example") : User("bob");
      const uint64_t seq = ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i), who))}).at(0).seq;
      if (who.id == "alice") alices_.push_back(seq);
      if (who.id == "alice" && who.issuer == "idp.example") firsts_.push_back(seq);
    }
    view_ = *ledger_.ledger().CurrentView();
  }
  void TearDown() override { view_.index.reset(); }

  struct Walked {
    std::vector<uint64_t> seqs;
    std::vector<uint64_t> ordinals;
    bool too_many = false;
    Status status;
  };
  Walked Walk(const PrincipalFilter& filter, bool descending = false, std::optional<uint64_t> after = std::nullopt,
              const AnswerLimits& limits = {}) const {
    Walked walked;
    Effort effort(limits.max_work);
    const auto candidates = PrincipalCandidates(view_, filter, descending, after, limits, effort);
    walked.status = candidates.status();
    walked.too_many = candidates.ok() && *candidates == nullptr;
    while (candidates.ok() && *candidates) {
      const auto next = (*candidates)->Next();
      if (!next.ok() || !*next) {
        walked.status = next.status();
        break;
      }
      walked.seqs.push_back((*next)->seq);
      walked.ordinals.push_back((*next)->ordinal);
    }
    return walked;
  }
  static PrincipalFilter Named(const std::string& id, std::optional<std::string> issuer = std::nullopt) {
    PrincipalFilter filter;
    filter.id = id;
    filter.issuer = std::move(issuer);
    return filter;
  }

  TestLedger ledger_;
  LedgerView view_;
  std::vector<uint64_t> alices_;
  std::vector<uint64_t> firsts_;  // of Alice of the first issuer
};

TEST_F(CandidatesTest, LinksOfAllPrincipalsOfANameComeInTheOrderOfTheirSeqs) {
  EXPECT_THAT(Walk(Named("alice")).seqs, ElementsAreArray(alices_));
  EXPECT_THAT(Walk(Named("alice"), true).seqs, ElementsAreArray(alices_.rbegin(), alices_.rend()));
  const Walked one = Walk(Named("alice", "idp.example"));
  EXPECT_THAT(one.seqs, ElementsAreArray(firsts_));
  EXPECT_THAT(one.ordinals, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(Walk(Named("nobody")).seqs, IsEmpty());
  PrincipalFilter decider = Named("bob");
  decider.roles = kDecider;
  EXPECT_EQ(Walk(decider).seqs.size(), 10u) << "a place is that of the first role, whichever it is";
}

TEST_F(CandidatesTest, BeginBeyondAnyPlaceInEitherDirection) {
  for (uint64_t after = 0; after <= view_.tree_size; ++after) {
    std::vector<uint64_t> later;
    std::vector<uint64_t> earlier;
    for (const uint64_t seq : alices_) {
      if (seq > after) later.push_back(seq);
      if (seq < after) earlier.insert(earlier.begin(), seq);
    }
    EXPECT_EQ(Walk(Named("alice"), false, after).seqs, later) << after;
    EXPECT_EQ(Walk(Named("alice"), true, after).seqs, earlier) << after;
  }
}

TEST_F(CandidatesTest, LinksOfAllPrincipalsOfTheNameAreCounted) {
  const auto count = [this](const PrincipalFilter& filter) {
    uint64_t links = 0;
    for (Effort effort(1000); *HasMoreLinks(view_, filter, links, effort);) ++links;
    return links;
  };
  EXPECT_EQ(count(Named("alice")), alices_.size());
  EXPECT_EQ(count(Named("alice", "idp.example")), firsts_.size());
  EXPECT_EQ(count(Named("nobody")), 0u);
}

TEST_F(CandidatesTest, TooManyPrincipalsOfOneNameAreNotFollowedOneByOne) {
  AnswerLimits limits;
  limits.max_principals = 1;
  EXPECT_TRUE(Walk(Named("alice"), false, std::nullopt, limits).too_many);
  EXPECT_EQ(Walk(Named("alice", "idp.example"), false, std::nullopt, limits).seqs, firsts_) << "this is one";
  limits.max_principals = 2;
  EXPECT_EQ(Walk(Named("alice"), false, std::nullopt, limits).seqs, alices_);
  limits.max_work = 1;
  EXPECT_TRUE(Walk(Named("alice"), false, std::nullopt, limits).too_many) << "it is too much work";
  EXPECT_EQ(Walk(Named("alice", "other.example"), false, std::nullopt, limits).seqs.size(), 10u);
}

TEST_F(CandidatesTest, AnEntryCarriesOnlyItsOwnLinks) {
  const auto record = DecodeRecord(*view_.log->Read(firsts_[4]));
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(CarriesLink(*record, User("alice"), 5));
  EXPECT_FALSE(CarriesLink(*record, User("alice"), 4));
  EXPECT_FALSE(CarriesLink(*record, User("alice", "other.example"), 5));
  EXPECT_FALSE(CarriesLink(*record, User("bob"), 5));
}

TEST_F(CandidatesTest, AnOrdinalThatTheIndexLacksIsCorruption) {
  std::vector<IndexPut> puts;
  for (const uint64_t seq : firsts_) {
    const std::string bytes = *view_.log->Read(seq);
    std::vector<IndexPut> all;
    IndexBuilder builder(nullptr, IndexBuilder::Links::kAsTheyStand);
    ASSERT_TRUE(builder.Add(PrepareEntry(bytes), all).ok());
    for (IndexPut& put : all) {
      if (put.table == Table::kPrincipals && seq != firsts_[4]) puts.push_back(std::move(put));
    }
  }
  view_.index = MemoryReader(std::move(puts), view_.tree_size);
  const Walked broken = Walk(Named("alice"));
  EXPECT_EQ(broken.status.code(), Code::kCorruption);
  EXPECT_THAT(broken.status.message(), HasSubstr("no ordinal 5 of principal alice"));
  EXPECT_EQ(MisplacedOrdinal("alice", 5, 7).code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
