// Verification that leaves something out, and says so: what an anchor vouches for, or what is not a hash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/store/layout.h"
#include "ledger/verify/proven_past.h"
#include "ledger/verify/verify.h"
#include "tests/query/live_reader.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

class VerifySinceTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }

  void Fill(int transitions) {
    for (int i = 0; i < transitions; ++i) ledger_.MustAppend({Encoded(traffic_.Next())});
  }
  // A checkpoint of now, as somebody would keep it.
  CheckpointInput Keep(const std::string& where = "kept.checkpoint") {
    auto note = ledger_.ledger().SignNow();
    EXPECT_TRUE(note.ok()) << note.status().ToString();
    return {.note = *std::move(note), .where = where, .anchor = true};
  }
  static uint64_t SizeOf(const CheckpointInput& input) { return OpenCheckpoint(input.note, TestVerifierKey())->size; }
  VerifyReport Since(std::vector<CheckpointInput> anchors) {
    VerifyOptions options;
    options.trusted_key = TestVerifierKey();
    options.anchors = std::move(anchors);
    options.threads = 2;
    options.since_anchor = true;
    auto report = VerifyStored(ledger_.data_dir(), options, {});
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *std::move(report) : VerifyReport{};
  }
  std::string log() const { return LogPath(ledger_.data_dir()); }
  void Change(uint64_t seq) {
    std::string entry = TestLedger::Entries(ledger_.data_dir())[seq];
    entry[entry.size() / 2] = static_cast<char>(entry[entry.size() / 2] ^ 1);
    PutKey(log(), "entries", U64Key(seq), entry);
  }

  RandomTraffic traffic_{1};
  TestLedger ledger_;
};

TEST_F(VerifySinceTest, OnlyWhatIsNewerIsReadAndItsEnvelopesAndPrincipalsContinue) {
  Fill(150);
  const CheckpointInput kept = Keep();
  Fill(150);
  ledger_.Close();
  const VerifyReport report = Since({kept});
  EXPECT_EQ(report.verdict, Verdict::kValid) << Text(report);
  EXPECT_EQ(report.first_seq, SizeOf(kept) - 1);
  EXPECT_EQ(report.tree_size, TestLedger::Entries(ledger_.data_dir()).size());
  EXPECT_EQ(report.entries, report.tree_size - report.first_seq);
  EXPECT_EQ(report.root, ledger_.Verify().root);
  EXPECT_THAT(report.checks.at("since"), HasSubstr("each proven"));
}

TEST_F(VerifySinceTest, ADaemonIsVerifiedTheSameWay) {
  Fill(80);
  const CheckpointInput kept = Keep();
  Fill(80);
  LiveReader reader(ledger_.ledger());
  reader.limits.max_records = 7;
  VerifyOptions options;
  options.trusted_key = TestVerifierKey();
  options.anchors = {kept};
  options.since_anchor = true;
  const auto report = VerifyServed(reader, options, {});
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->verdict, Verdict::kValid) << Text(*report);
  EXPECT_EQ(report->first_seq, SizeOf(kept) - 1);
}

// The daemon gives an envelope in pages, and the link may be in a later one.
TEST_F(VerifySinceTest, AFirstLinkDeepInAnEnvelopeOfManyPagesIsFound) {
  ledger_.MustAppend({Encoded(Opening("long"))});
  for (int i = 0; i < 30; ++i) {
    Transition note = Later(Stage::kAnnotated, "long");
    note.note = "note " + std::to_string(i);
    ledger_.MustAppend({Encoded(note)});
  }
  Transition denied = Later(Stage::kDenied, "long");
  denied.decision = Decision{};
  denied.decision->effect = Effect::kDeny;
  denied.decision->reasons = {"policy"};
  denied.decision->decider = User("carol");
  const uint64_t at = ledger_.MustAppend({Encoded(denied)}).front().seq;
  const CheckpointInput kept = Keep();
  LiveReader reader(ledger_.ledger());
  reader.limits.max_records = 7;
  const auto past = PastOf::Open(reader, *OpenCheckpoint(kept.note, TestVerifierKey()));
  ASSERT_TRUE(past.ok()) << past.status().ToString();
  const Principal carol = User("carol");
  const PrincipalView view{carol.kind, carol.issuer, carol.id};
  PrincipalLink again;  // claims to be the first
  again.ordinal = 1;
  const auto state = (*past)->Principal(view, again, at + 1);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(state->ordinal, 1u) << "the ordinal is taken";
  EXPECT_EQ(state->last_seq, at);
  const Principal dave = User("dave");
  EXPECT_EQ((*past)->Principal({dave.kind, dave.issuer, dave.id}, again, at + 1)->ordinal, 0u);
  // An answer with a hole proves no absence.
  class Incomplete : public LiveReader {
   public:
    using LiveReader::LiveReader;
    Result<QueryResponse> Query(const QueryRequest& request) override {
      auto response = LiveReader::Query(request);
      if (response.ok()) response->completeness.complete = false;
      return response;
    }
  } incomplete(ledger_.ledger());
  EXPECT_EQ((*PastOf::Open(incomplete, *OpenCheckpoint(kept.note, TestVerifierKey())))
                ->Principal({dave.kind, dave.issuer, dave.id}, again, at + 1)
                .status()
                .code(),
            Code::kUnavailable);
}

TEST_F(VerifySinceTest, AnAnchorAtTheVeryEndOrBeginningWillDo) {
  const CheckpointInput first = Keep("first");
  Fill(40);
  ledger_.Close();
  EXPECT_EQ(Since({first}).verdict, Verdict::kValid);
  ledger_.Open();
  const CheckpointInput last = Keep("last");
  ledger_.Kill();
  const VerifyReport report = Since({last});
  EXPECT_EQ(report.verdict, Verdict::kValid) << Text(report);
  EXPECT_EQ(report.entries, 1u);
}

TEST_F(VerifySinceTest, EveryOlderAnchorIsProvenToBeTheBeginningOfTheLargest) {
  std::vector<CheckpointInput> kept;
  for (int i = 0; i < 5; ++i) {
    Fill(11);
    kept.push_back(Keep(std::to_string(i)));
  }
  Fill(20);
  ledger_.Close();
  const VerifyReport good = Since({kept[3], kept[0], kept[4], kept[1]});
  EXPECT_EQ(good.verdict, Verdict::kValid) << Text(good);
  EXPECT_EQ(good.first_seq, SizeOf(kept[4]) - 1);
  EXPECT_THAT(good.checks.at("checkpoint"), HasSubstr("4 checkpoints kept elsewhere agree"));

  // Signed by the same key for another history of the same length.
  Hash other{};
  const SigningKey key = TestKey();
  CheckpointInput forged = kept[1];
  forged.note = SignNote(FormatCheckpoint({kTestOrigin, SizeOf(kept[1]), other}), {{TestVerifierKey(), &key}});
  forged.where = "forged";
  const VerifyReport bad = Since({forged, kept[4]});
  EXPECT_EQ(bad.verdict, Verdict::kTampered) << Text(bad);
  EXPECT_EQ(bad.first_seq, 0u) << "everything is read to say where it differs";
  EXPECT_THAT(bad.checks.at("since"), HasSubstr("everything was read, because the checkpoint forged"));
}

TEST_F(VerifySinceTest, WhatIsNewIsVerifiedAsInAFullRun) {
  Fill(100);
  const CheckpointInput kept = Keep();
  Fill(60);
  ledger_.Close();
  const uint64_t changed = SizeOf(kept) + 17;
  Change(changed);
  const VerifyReport report = Since({kept});
  EXPECT_EQ(report.verdict, Verdict::kTampered) << Text(report);
  ASSERT_FALSE(report.failures.empty());
  EXPECT_EQ(report.failures[0].seq, changed) << Text(report);
}

TEST_F(VerifySinceTest, AnOldEntryThatANewOneContinuesIsProven) {
  ledger_.MustAppend({Encoded(Opening("long-lived", User("only-here")))});
  Fill(30);
  const CheckpointInput kept = Keep();
  ledger_.MustAppend({Encoded(Later(Stage::kCancelled, "long-lived"))});
  ledger_.Close();
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  const auto opened = DecodeRecord(entries[2]);
  ASSERT_TRUE(opened.ok() && opened->transition.envelope_id == "long-lived");
  EXPECT_EQ(Since({kept}).verdict, Verdict::kValid);
  Change(2);
  const VerifyReport report = Since({kept});
  EXPECT_EQ(report.verdict, Verdict::kTampered) << Text(report);
  EXPECT_THAT(Text(report), HasSubstr("2"));
}

TEST_F(VerifySinceTest, AShorterLedgerIsTruncated) {
  Fill(30);
  ledger_.Close();
  const std::string old = ledger_.Copy();
  ledger_.Open();
  Fill(30);
  const CheckpointInput kept = Keep();
  ledger_.Close();
  ledger_.Restore(old);
  const VerifyReport report = Since({kept});
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << Text(report);
  EXPECT_THAT(report.checks.at("since"), HasSubstr("fewer entries"));
}

TEST_F(VerifySinceTest, AnotherLedgerOfTheSameKeyIsTampering) {
  Fill(30);
  const CheckpointInput kept = Keep();
  ledger_.Close();
  TestLedger other;
  other.Open();
  for (int i = 0; i < 60; ++i) other.MustAppend({Encoded(Opening("other" + std::to_string(i)))});
  other.Close();
  ledger_.Restore(other.Copy());
  EXPECT_EQ(Since({kept}).verdict, Verdict::kTampered);
}

TEST_F(VerifySinceTest, AnAnchorByAnotherKeyIsAWrongKey) {
  Fill(30);
  CheckpointInput kept = Keep();
  Fill(5);
  ledger_.Close();
  const auto checkpoint = OpenCheckpoint(kept.note, TestVerifierKey());
  ASSERT_TRUE(checkpoint.ok());
  const SigningKey other = TestKey(2);
  kept.note = SignNote(FormatCheckpoint(*checkpoint), {{TestVerifierKey(2), &other}});
  EXPECT_EQ(Since({kept}).verdict, Verdict::kWrongKey);
}

TEST_F(VerifySinceTest, ComparingOnlyHashesFindsAChangedByteAndSaysWhatItDidNotCheck) {
  Fill(60);
  const CheckpointInput kept = Keep();
  ledger_.Close();
  VerifyOptions options;
  options.trusted_key = TestVerifierKey();
  options.anchors = {kept};
  options.only_hashes = true;
  const auto good = VerifyStored(ledger_.data_dir(), options, {});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->verdict, Verdict::kValid) << Text(*good);
  EXPECT_EQ(good->root, ledger_.Verify().root);
  for (const char* check : {"form", "lifecycle", "links", "index"}) {
    EXPECT_THAT(good->checks.at(check), HasSubstr("not checked")) << check;
  }
  Change(20);
  const auto bad = VerifyStored(ledger_.data_dir(), options, {});
  ASSERT_TRUE(bad.ok());
  EXPECT_EQ(bad->verdict, Verdict::kTampered);
  EXPECT_THAT(Text(*bad), HasSubstr("tree"));
  DeleteKey(log(), "entries", U64Key(20));
  const auto gap = VerifyStored(ledger_.data_dir(), options, {});
  ASSERT_TRUE(gap.ok());
  EXPECT_EQ(gap->failures[0].seq, 20u) << Text(*gap);
}

}  // namespace
}  // namespace envledger
