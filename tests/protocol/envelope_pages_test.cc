#include "ledger/protocol/envelope_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// "e" has a request and six notes; entry 0 is the genesis, entry 2 is of another envelope.
std::vector<std::string> Entries() {
  std::vector<Transition> transitions = {Opening("e"), Opening("other")};
  for (int i = 0; i < 6; ++i) {
    Transition note = Later(Stage::kAnnotated, "e");
    note.note = std::to_string(i);
    transitions.push_back(note);
  }
  return Seal(Drafts(transitions));
}

std::vector<std::string> Rest(EnvelopePages& pages) {
  std::vector<std::string> entries;
  for (;;) {
    const auto next = pages.Next();
    EXPECT_TRUE(next.ok()) << next.status().ToString();
    if (!next.ok() || *next == nullptr) return entries;
    entries.push_back(**next);
  }
}

class EnvelopePagesTest : public ::testing::Test {
 protected:
  EnvelopePages Open() {
    auto pages = EnvelopePages::Open(ledger_, "e");
    EXPECT_TRUE(pages.ok()) << pages.status().ToString();
    return *std::move(pages);
  }

  const std::vector<std::string> entries_ = Entries();
  const std::vector<std::string> expected_ = {entries_[1], entries_[3], entries_[4], entries_[5],
                                              entries_[6], entries_[7], entries_[8]};
  MemoryLedger ledger_{entries_};
};

TEST_F(EnvelopePagesTest, GivesEveryRecordOnceWhateverThePages) {
  for (const size_t page : {1u, 2u, 3u, 6u, 7u, 100u}) {
    ledger_.records_at_once = page;
    EnvelopePages pages = Open();
    EXPECT_EQ(pages.envelope_id(), "e");
    EXPECT_EQ(pages.whole(), page >= 7) << page;
    EXPECT_EQ(pages.first().size(), std::min<size_t>(page, 7));
    EXPECT_EQ(pages.tree_size(), entries_.size());
    EXPECT_EQ(Rest(pages), expected_) << page;
    EXPECT_EQ(Rest(pages), std::vector<std::string>()) << "the end stays the end";
    EXPECT_TRUE(pages.completeness().complete);
  }
}

TEST_F(EnvelopePagesTest, BeginsAgainFromAnyPlace) {
  ledger_.records_at_once = 2;
  EnvelopePages pages = Open();
  for (size_t read = 0; read <= expected_.size(); ++read) {
    for (size_t i = 0; i < read; ++i) ASSERT_EQ(**pages.Next(), expected_[i]);
    pages.Rewind();
    ASSERT_EQ(Rest(pages), expected_) << read;
    pages.Rewind();
  }
}

TEST_F(EnvelopePagesTest, ContinuesTheFirstPartThatAQueryGave) {
  EnvelopeRecords begun;
  begun.envelope_id = "e";
  begun.roles = kRequester;
  begun.entries = {expected_[0], expected_[1]};
  begun.next_revision = 2;
  EnvelopePages pages(ledger_, begun, 5);
  EXPECT_EQ(pages.roles(), kRequester);
  EXPECT_EQ(pages.tree_size(), 5u) << "that of the query, not of later pages";
  EXPECT_EQ(Rest(pages), expected_);
}

TEST_F(EnvelopePagesTest, AnUnknownEnvelopeIsNotFound) {
  EXPECT_EQ(EnvelopePages::Open(ledger_, "absent").status().code(), Code::kNotFound);
}

TEST_F(EnvelopePagesTest, APageThatDoesNotContinueIsCorruption) {
  EnvelopeRecords begun;
  begun.envelope_id = "e";
  begun.entries = expected_;
  begun.next_revision = 7;  // there is none
  EnvelopePages pages(ledger_, begun, entries_.size());
  for (size_t i = 0; i < expected_.size(); ++i) ASSERT_TRUE(pages.Next().ok());
  const auto next = pages.Next();
  EXPECT_EQ(next.status().code(), Code::kCorruption) << next.status().ToString();
  EXPECT_THAT(next.status().message(), HasSubstr("from revision 7 on"));
}

}  // namespace
}  // namespace envledger
