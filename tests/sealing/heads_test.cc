#include "ledger/sealing/heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ledger/index/index_keys.h"
#include "ledger/index/index_writer.h"
#include "ledger/store/index_db.h"
#include "tests/support/chain_builder.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A log and an index over it, as long as a test likes.
class HeadsTest : public ::testing::Test {
 protected:
  void Store(const std::vector<Draft>& drafts) {
    entries_ = Seal(drafts);
    index_.reset();
    log_.reset();
    const std::string dir = dir_.path() + "/" + std::to_string(stores_++);
    std::filesystem::create_directory(dir);
    ASSERT_TRUE(LogDb::Create(dir + "/log", {}).ok());
    log_ = *LogDb::Open(dir + "/log", {});
    ASSERT_TRUE(log_->Append(0, {entries_.begin(), entries_.end()}).ok());
    index_ = *IndexDb::Open(dir + "/index", {});
    auto writer = IndexWriter::Resume(*log_, *index_, {});
    ASSERT_TRUE(writer.ok());
    const Status caught_up = writer->CatchUp(entries_.size(), {});
    ASSERT_TRUE(caught_up.ok()) << caught_up.ToString();
  }
  // Requested, then `later` records of which every tenth is another grant and the others are notes.
  static std::vector<Transition> LongEnvelope(int later) {
    std::vector<Transition> transitions = {Opening("long")};
    Transition admitted = Later(Stage::kAdmitted, "long");
    admitted.decision->decider = Service("policy");
    transitions.push_back(admitted);
    for (int i = 0; i < later; ++i) {
      Transition next = i % 10 == 5 ? Grant("long") : Later(Stage::kAnnotated, "long");
      next.occurred_at = *next.occurred_at + i + 1;
      if (i % 10 == 5) {
        next.decision = admitted.decision;
        next.decision->decider = Service("decider-" + std::to_string(i));
      }
      transitions.push_back(next);
    }
    return transitions;
  }
  HeadReader Reader() const { return HeadReader(*log_, index_->Snapshot()); }
  static std::string PrefixOfService(const std::string& id) {
    return PrincipalPrefix({PrincipalKind::kService, "idp.example", id});
  }

  TempDir dir_;
  int stores_ = 0;
  std::vector<std::string> entries_;
  std::unique_ptr<LogDb> log_;
  std::unique_ptr<IndexDb> index_;
};

TEST_F(HeadsTest, AnEnvelopeWithoutRecordsIsNew) {
  Store(Drafts({Opening("e1")}));
  EnvelopeHead head;
  ASSERT_TRUE(Reader().LoadEnvelope("e", head).ok());
  EXPECT_EQ(head.state.revisions, 0u);
  PrincipalHead principal;
  ASSERT_TRUE(Reader().LoadPrincipal(PrincipalPrefix({PrincipalKind::kUser, "idp.example", "ali"}), principal).ok());
  EXPECT_EQ(principal.ordinal, 0u);
}

// Whatever the number of its records, a head read from the index decides as one that was kept all along.
TEST_F(HeadsTest, ALongEnvelopeIsLoadedAsIfItHadBeenKept) {
  for (const int later : {0, 5, 13, 14, 15, 16, 40, 300}) {
    SCOPED_TRACE(later);
    const std::vector<Transition> transitions = LongEnvelope(later);
    const std::vector<Draft> drafts = Drafts(transitions);
    Store(drafts);
    if (HasFatalFailure()) return;
    HeadReader reader = Reader();
    EnvelopeHead head;
    const Status loaded = reader.LoadEnvelope("long", head);
    ASSERT_TRUE(loaded.ok()) << loaded.ToString();
    LifecycleState state;
    for (const Transition& transition : transitions) {
      const std::string bytes = Encoded(transition);
      state = Advance(state, FactsOf(bytes));
    }
    EXPECT_EQ(head.state.stage, state.stage);
    EXPECT_EQ(head.state.revisions, state.revisions);
    EXPECT_EQ(head.state.allowed, state.allowed);
    EXPECT_EQ(head.last_seq, drafts.size() - 1);
    for (size_t i = 0; i < transitions.size(); ++i) {
      const std::string bytes = Encoded(transitions[i]);
      std::vector<uint64_t> seqs = head.marks.Candidates(bytes);
      if (seqs.empty() && head.more_marks_in_index) {
        ASSERT_TRUE(reader
                        .VisitBytes("long", FingerprintOf(bytes),
                                    [&](uint64_t seq) {
                                      seqs.push_back(seq);
                                      return true;
                                    })
                        .ok());
      }
      EXPECT_THAT(seqs, ElementsAre(i + 1)) << "record " << i;
    }
  }
}

TEST_F(HeadsTest, WhatDecidersOfALongEnvelopeHoldIsFoundInTheIndex) {
  Store(Drafts(LongEnvelope(60)));
  HeadReader reader = Reader();
  EnvelopeHead head;
  ASSERT_TRUE(reader.LoadEnvelope("long", head).ok());
  ASSERT_TRUE(head.more_roles_in_index);
  EXPECT_EQ(head.roles.Held(MarkOf(PrefixOfService("policy"))), kDecider);
  EXPECT_EQ(*reader.HeldIn("long", PrefixOfService("decider-55")), kDecider);
  EXPECT_EQ(*reader.HeldIn("long", PrefixOfService("decider-56")), 0);
  EXPECT_EQ(*reader.SeqOfRevision("long", 40), 41u);
  EXPECT_EQ(*reader.SeqOfRevision("long", 400), std::nullopt);
}

// The number of reads is what must not grow; memory does not either.
TEST_F(HeadsTest, ALongEnvelopeTakesNoMoreMemoryThanAShortOne) {
  Store(Drafts(LongEnvelope(2000)));
  EnvelopeHead head;
  ASSERT_TRUE(Reader().LoadEnvelope("long", head).ok());
  EXPECT_LT(head.MemoryBytes(), 2048u);
}

TEST_F(HeadsTest, AnIndexThatNamesAnotherEntryForALinkIsNotBelieved) {
  Store(Drafts({Opening("e1"), Opening("e2"), Opening("e3", User("bob"))}));
  const std::string alice = PrincipalPrefix({PrincipalKind::kUser, "idp.example", "alice"});
  PrincipalHead head;
  ASSERT_TRUE(Reader().LoadPrincipal(alice, head).ok());
  EXPECT_EQ(head.ordinal, 2u);
  EXPECT_EQ(head.last_seq, 2u);
  for (const uint64_t seq : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{99}}) {
    PrincipalPosting forged;
    forged.seq = seq;
    for (const uint64_t ordinal : {uint64_t{3}, uint64_t{7}}) {
      std::vector<IndexPut> puts = {{Table::kPrincipals, PrincipalKey(alice, ordinal), EncodePosting(forged)}};
      const Watermark watermark = index_->watermark();
      ASSERT_TRUE(index_->Apply(puts, watermark).ok());
      EXPECT_TRUE(IsIndexDamage(Reader().LoadPrincipal(alice, head))) << "link " << ordinal << " at entry " << seq;
    }
  }
}

TEST_F(HeadsTest, AnIndexThatNamesAnotherEntryForARevisionIsNotBelieved) {
  Store(Drafts({Opening("e1"), Opening("e2"), Later(Stage::kDenied, "e1")}));
  for (const auto& [revision, seq] : std::vector<std::pair<uint64_t, uint64_t>>{{2, 2}, {2, 0}, {3, 3}, {2, 99}}) {
    std::vector<IndexPut> puts = {{Table::kEnvelopes, EnvelopeKey("e1", revision, seq), {}}};
    auto copy = MemoryReader(std::move(puts), 4);
    const std::shared_ptr<const IndexReader> over = std::move(copy);
    HeadReader reader(*log_, OverlayReader(std::shared_ptr<const IndexReader>(index_->Snapshot()), over, 4));
    EnvelopeHead head;
    EXPECT_TRUE(IsIndexDamage(reader.LoadEnvelope("e1", head))) << "revision " << revision << " at entry " << seq;
  }
}

TEST(RecordMarksTest, ForgetWhatTheIndexCoversAndKeepTheFirst) {
  RecordMarks marks;
  for (uint64_t revision = 0; revision < 40; ++revision)
    marks.Add(revision, "record " + std::to_string(revision), revision);
  EXPECT_THAT(marks.Candidates("record 39"), ElementsAre(39u));
  EXPECT_TRUE(marks.ForgetIndexed(30));
  EXPECT_FALSE(marks.ForgetIndexed(30));
  EXPECT_THAT(marks.Candidates("record 29"), IsEmpty());
  EXPECT_THAT(marks.Candidates("record 30"), ElementsAre(30u));
  EXPECT_THAT(marks.Candidates("record 3"), ElementsAre(3u));
  EXPECT_EQ(marks.SeqOf(15), 15u);
  EXPECT_EQ(marks.SeqOf(16), std::nullopt);
  EXPECT_EQ(marks.SeqOf(39), 39u);
  EXPECT_EQ(marks.SeqOf(40), std::nullopt);
  marks.RemoveLast();
  EXPECT_THAT(marks.Candidates("record 39"), IsEmpty());
  EXPECT_EQ(marks.SeqOf(38), 38u);
}

TEST(HeldRolesTest, HoldManyPrincipalsAndForgetThem) {
  HeldRoles roles;
  const auto mark = [](int i) { return MarkOf("principal " + std::to_string(i)); };
  for (int i = 0; i < 100; ++i) roles.Set(mark(i), static_cast<RoleMask>(1 + i % 3));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(roles.Held(mark(i)), 1 + i % 3);
  for (int i = 0; i < 100; i += 2) roles.Set(mark(i), 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(roles.Held(mark(i)), i % 2 == 0 ? 0 : 1 + i % 3);
}

TEST(HeadTableTest, BoundsItsBytesAndPinsWhatTheIndexDoesNotCover) {
  HeadTable<PrincipalHead> table;
  const auto none = [](PrincipalHead&) { return Ok(); };
  for (uint64_t i = 0; i < 100; ++i) (*table.Find("key " + std::to_string(i), none))->last_seq = i;
  table.Trim(0, 50);
  EXPECT_EQ(table.size(), 50u) << "the rest may not be in the index";
  table.Trim(0, 100);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.MemoryBytes(), 0u);
  for (uint64_t i = 0; i < 100; ++i) (*table.Find("key " + std::to_string(i), none))->last_seq = i;
  table.Trim(10'000, 100);
  EXPECT_LE(table.MemoryBytes(), 10'000u);
  EXPECT_GT(table.size(), 20u);
}

}  // namespace
}  // namespace envledger
