// Proofs and events of ledgers: right, paged, and never wrong because the index is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/view.h"
#include "ledger/store/layout.h"
#include "ledger/verify/index_check.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A log of its own with `size` entries, a checkpoint at 20, and the index keys that it gives.
class ProofsTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kEntries = 40;

  void SetUp() override {
    std::vector<Transition> transitions;
    for (uint64_t i = 1; i < kEntries; ++i) transitions.push_back(Opening("e" + std::to_string(i)));
    entries_ = Seal(Drafts(transitions));
    const std::string path = dir_.path() + "/log";
    ASSERT_TRUE(LogDb::Create(path, {}).ok());
    auto log = LogDb::Open(path, {});
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = *std::move(log);
    ASSERT_TRUE(log_->Append(0, {entries_.begin(), entries_.end()}).ok());
    note_ = SignedNote({entries_.begin(), entries_.begin() + 20});
    ASSERT_TRUE(log_->PutCheckpoint(20, note_, {}).ok());
    IndexBuilder builder(nullptr, IndexBuilder::Links::kAsTheyStand);
    TreeBuilder tree;
    for (const std::string& entry : entries_) {
      prepared_.push_back(PrepareEntry(entry));
      ASSERT_TRUE(builder.Add(prepared_.back(), puts_).ok());
      tree.Add(prepared_.back().leaf_hash, puts_);
    }
  }
  LedgerView ViewOf(std::vector<IndexPut> puts) const {
    LedgerView view;
    view.log = log_.get();
    view.index = MemoryReader(std::move(puts), kEntries);
    view.tree_size = kEntries;
    view.root = RootOf(entries_);
    view.checkpoint = note_;
    return view;
  }
  Hash RootAtSize(uint64_t size) const {
    return RootOf({entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(size)});
  }
  // The failures that verification finds in an index of these keys.
  std::vector<VerifyFailure> Check(std::vector<IndexPut> puts) const {
    const auto index = MemoryReader(std::move(puts), kEntries);
    IndexCheck check(*index);
    for (const PreparedEntry& prepared : prepared_) check.Add(prepared, check.Digest(prepared));
    auto failures = check.Finish(*log_, 10);
    EXPECT_TRUE(failures.ok()) << failures.status().ToString();
    return failures.ok() ? *std::move(failures) : std::vector<VerifyFailure>();
  }
  // Calls `visit` with the keys, one byte of one of the tree's keys or hashes changed in each call.
  void ForEachFlip(const std::function<void(const std::vector<IndexPut>& puts, const std::string& what)>& visit) {
    for (size_t i = 0; i < puts_.size(); ++i) {
      if (puts_[i].table != Table::kTree) continue;
      for (std::string IndexPut::*part : {&IndexPut::key, &IndexPut::value}) {
        for (size_t byte = 0; byte < (puts_[i].*part).size(); ++byte) {
          std::vector<IndexPut> puts = puts_;
          char& flipped = (puts[i].*part)[byte];
          flipped = static_cast<char>(flipped ^ (1 << byte % 8));
          visit(puts, "key " + Hex(puts_[i].key) + (part == &IndexPut::key ? ", its byte " : ", byte of the hash ") +
                          std::to_string(byte));
        }
      }
    }
  }

  TempDir dir_;
  std::vector<std::string> entries_;
  std::vector<PreparedEntry> prepared_;
  std::vector<IndexPut> puts_;
  std::string note_;
  std::unique_ptr<LogDb> log_;
};

TEST_F(ProofsTest, EveryEntryIsProvedInEverySizeThatHoldsIt) {
  const LedgerView view = ViewOf(puts_);
  for (uint64_t size = 1; size <= kEntries; ++size) {
    const Hash root = RootAtSize(size);
    for (uint64_t seq = 0; seq < size; ++seq) {
      const auto proof = RunInclusionProof(view, {seq, size});
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      EXPECT_EQ(proof->tree_size, size);
      EXPECT_EQ(proof->root, root);
      EXPECT_EQ(proof->entry, entries_[seq]);
      EXPECT_EQ(proof->checkpoint, size == 20 ? note_ : "");
      ASSERT_TRUE(VerifyInclusion(seq, size, LeafHash(entries_[seq]), proof->hashes, root).ok()) << seq << " " << size;
    }
    for (uint64_t old = 1; old <= size; ++old) {
      const auto proof = RunConsistencyProof(view, {old, size});
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      EXPECT_EQ(proof->old_root, RootAtSize(old));
      EXPECT_EQ(proof->new_root, root);
      EXPECT_EQ(proof->checkpoint, size == 20 ? note_ : "");
      ASSERT_TRUE(VerifyConsistency(old, RootAtSize(old), size, root, proof->hashes).ok()) << old << " " << size;
    }
  }
  EXPECT_EQ(RunInclusionProof(view, {7, std::nullopt})->tree_size, 20u) << "the latest checkpoint's";
}

TEST_F(ProofsTest, WhatIsNotThereIsToldFromWhatCannotBe) {
  const LedgerView view = ViewOf(puts_);
  EXPECT_EQ(RunInclusionProof(view, {kEntries, kEntries}).status().code(), Code::kNotFound);
  EXPECT_EQ(RunInclusionProof(view, {3, kEntries + 1}).status().code(), Code::kNotFound);
  EXPECT_EQ(RunInclusionProof(view, {20, 20}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(RunInclusionProof(view, {0, 0}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(RunInclusionProof(view, {30, std::nullopt}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(RunConsistencyProof(view, {1, kEntries + 1}).status().code(), Code::kNotFound);
  EXPECT_EQ(RunConsistencyProof(view, {0, 5}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(RunConsistencyProof(view, {6, 5}).status().code(), Code::kInvalidArgument);
}

TEST_F(ProofsTest, EveryChangedByteOfTheTreeIsFoundByVerification) {
  ASSERT_TRUE(Check(puts_).empty());
  size_t flips = 0;
  ForEachFlip([&](const std::vector<IndexPut>& puts, const std::string& what) {
    ++flips;
    const auto failures = Check(puts);
    ASSERT_FALSE(failures.empty()) << what;
    EXPECT_EQ(failures[0].check, "index");
    EXPECT_THAT(failures[0].message, HasSubstr("table tree")) << what;
  });
  EXPECT_EQ(flips, (kEntries + 2) * 41);
}

TEST_F(ProofsTest, AMissingOrAnAdditionalKeyOfTheTreeIsFoundByVerification) {
  for (size_t i = 0; i < puts_.size(); ++i) {
    if (puts_[i].table != Table::kTree) continue;
    std::vector<IndexPut> puts = puts_;
    puts.erase(puts.begin() + static_cast<ptrdiff_t>(i));
    const auto failures = Check(puts);
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].seq, *SeqOf(Table::kTree, puts_[i].key, puts_[i].value));
    EXPECT_THAT(failures[0].message, HasSubstr("table tree lacks a key or value that the log gives"));
  }
  std::vector<IndexPut> puts = puts_;
  puts.push_back({Table::kTree, TreeKey(4, 2), std::string(32, 'h')});
  const auto failures = Check(puts);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].seq, 47u);
}

TEST_F(ProofsTest, ADamagedTreeGivesTheRightProofOrSaysThatItIsDamaged) {
  const LedgerView whole = ViewOf(puts_);
  std::map<std::pair<uint64_t, uint64_t>, Proof> inclusion;
  std::map<std::pair<uint64_t, uint64_t>, Proof> consistency;
  for (const uint64_t size : {1u, 15u, 16u, 17u, 31u, 33u, 40u}) {
    for (uint64_t seq = 0; seq < size; seq += 3) {
      inclusion[{seq, size}] = RunInclusionProof(whole, {seq, size})->hashes;
      consistency[{seq + 1, size}] = RunConsistencyProof(whole, {seq + 1, size})->hashes;
    }
  }
  int call = 0;
  ForEachFlip([&](const std::vector<IndexPut>& puts, const std::string& what) {
    if (++call % 7 != 0) return;  // bytes in turn: 7 and 41 have no common divisor
    const LedgerView view = ViewOf(puts);
    size_t refused = 0;
    const auto check = [&](const auto& proof, const Proof& right) {
      if (proof.ok()) {
        EXPECT_EQ(proof->hashes, right) << what;
      } else {
        EXPECT_TRUE(IsIndexDamage(proof.status())) << what << ": " << proof.status().ToString();
        ++refused;
      }
    };
    for (const auto& [of, right] : inclusion) check(RunInclusionProof(view, {of.first, of.second}), right);
    for (const auto& [of, right] : consistency) check(RunConsistencyProof(view, {of.first, of.second}), right);
    EXPECT_GT(refused, 0u) << what << ": nothing read the changed byte";
  });
}

TEST_F(ProofsTest, AnEntryThatIsNotTheOneUnderTheTreeHasNoProof) {
  std::vector<std::string> changed = entries_;
  changed[9] = entries_[10];
  const std::string path = dir_.path() + "/changed";
  ASSERT_TRUE(LogDb::Create(path, {}).ok());
  const auto log = LogDb::Open(path, {});
  ASSERT_TRUE((*log)->Append(0, {changed.begin(), changed.end()}).ok());
  LedgerView view = ViewOf(puts_);
  view.log = log->get();
  const auto proof = RunInclusionProof(view, {9, kEntries});
  EXPECT_EQ(proof.status().code(), Code::kCorruption);
  EXPECT_THAT(proof.status().message(), HasSubstr("entry 9 does not match the tree"));
  EXPECT_FALSE(IsIndexDamage(proof.status())) << "the log is damaged, not the index";
  EXPECT_TRUE(RunInclusionProof(view, {10, kEntries}).ok());
}

TEST_F(ProofsTest, ACheckpointOfAnotherRootIsNotHandedOut) {
  std::vector<std::string> others(entries_.begin(), entries_.begin() + 30);
  others.back() = "another";
  ASSERT_TRUE(log_->PutCheckpoint(30, SignedNote(others), {}).ok());
  ASSERT_TRUE(log_->PutCheckpoint(31, "no note", {}).ok());
  const LedgerView view = ViewOf(puts_);
  const auto proof = RunInclusionProof(view, {3, 30});
  EXPECT_EQ(proof.status().code(), Code::kCorruption);
  EXPECT_THAT(proof.status().message(), HasSubstr("stored for 30 entries has another root"));
  EXPECT_EQ(RunConsistencyProof(view, {3, 31}).status().code(), Code::kCorruption);
}

// A ledger that was opened and closed three times, with transitions between, as its view.
class EventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      ledger_.Open();
      ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
      if (i < 2) ledger_.Close();
    }
    view_ = *ledger_.ledger().CurrentView();
    // genesis, then opened, transition, closed; opened, transition, closed; opened, transition
  }
  std::vector<uint64_t> Seqs(const EventsRequest& request, const AnswerLimits& limits = {}) const {
    const auto response = RunEvents(view_, request, limits);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    std::vector<uint64_t> seqs;
    if (!response.ok()) return seqs;
    EXPECT_EQ(response->tree_size, view_.tree_size);
    for (const std::string& entry : response->entries) seqs.push_back(CheckEntry(entry)->header.seq);
    return seqs;
  }
  void TearDown() override { view_.index.reset(); }

  TestLedger ledger_;
  LedgerView view_;
};

TEST_F(EventsTest, AreFoundByNameAndAllTogether) {
  EXPECT_THAT(Seqs({"genesis", 0, 0}), ElementsAre(0));
  EXPECT_THAT(Seqs({"opened", 0, 0}), ElementsAre(1, 4, 7));
  EXPECT_THAT(Seqs({"closed", 0, 0}), ElementsAre(3, 6));
  EXPECT_THAT(Seqs({"key_rotated", 0, 0}), ElementsAre());
  EXPECT_THAT(Seqs({"", 0, 0}), ElementsAre(0, 1, 3, 4, 6, 7));
}

TEST_F(EventsTest, BeginAtTheSeqAskedFor) {
  EXPECT_THAT(Seqs({"opened", 1, 0}), ElementsAre(1, 4, 7));
  EXPECT_THAT(Seqs({"opened", 2, 0}), ElementsAre(4, 7));
  EXPECT_THAT(Seqs({"", 4, 0}), ElementsAre(4, 6, 7));
  EXPECT_THAT(Seqs({"", 8, 0}), ElementsAre());
  EXPECT_THAT(Seqs({"", UINT64_MAX, 0}), ElementsAre());
}

TEST_F(EventsTest, PagesEndAtTheLimitsAndHoldAtLeastOne) {
  EXPECT_THAT(Seqs({"", 0, 2}), ElementsAre(0, 1));
  EXPECT_THAT(Seqs({"", 0, UINT32_MAX}), ElementsAre(0, 1, 3, 4, 6, 7));
  AnswerLimits limits;
  limits.max_records = 4;
  EXPECT_THAT(Seqs({"", 0, 0}, limits), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(Seqs({"", 0, UINT32_MAX}, limits), ElementsAre(0, 1, 3, 4));
  limits.max_bytes = 1;
  EXPECT_THAT(Seqs({"", 0, 0}, limits), ElementsAre(0));
  limits.max_bytes = view_.log->Read(0)->size() + view_.log->Read(1)->size();
  EXPECT_THAT(Seqs({"", 0, 0}, limits), ElementsAre(0, 1));
}

TEST_F(EventsTest, AViewEndsWhereItEnds) {
  view_.tree_size = 4;
  EXPECT_THAT(Seqs({"", 0, 0}), ElementsAre(0, 1, 3));
}

TEST_F(EventsTest, ANameThatNoEventHasIsRefusedWithTheNames) {
  for (const char* name : {"nonsense", "NONE", "Opened", "opened "}) {
    const auto response = RunEvents(view_, {name, 0, 0}, {});
    EXPECT_EQ(response.status().code(), Code::kInvalidArgument) << name;
    EXPECT_THAT(response.status().message(), HasSubstr("genesis, opened, closed, key_rotated"));
  }
}

TEST_F(EventsTest, AnIndexThatCallsATransitionAnEventIsDamaged) {
  view_.index = MemoryReader({{Table::kFacets, FacetKey(FacetPrefix(kFacetEvent, "opened"), 2), {}}}, view_.tree_size);
  const auto response = RunEvents(view_, {"opened", 0, 0}, {});
  EXPECT_TRUE(IsIndexDamage(response.status())) << response.status().ToString();
  EXPECT_THAT(response.status().message(), HasSubstr("entry 2"));
}

}  // namespace
}  // namespace envledger
