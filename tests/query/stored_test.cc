// A ledger's directory read without its daemon: answers and verification.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/file.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/stored_reader.h"
#include "ledger/store/layout.h"
#include "ledger/verify/verify.h"
#include "tests/query/live_reader.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StoredTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }
  void Fill(unsigned seed, int transitions) {
    RandomTraffic traffic(seed);
    for (int i = 0; i < transitions; ++i) {
      Transition t = traffic.Next();
      t.envelope_id = "s" + std::to_string(seed) + "-" + t.envelope_id;
      ledger_.MustAppend({Encoded(t)});
    }
  }
  std::pair<std::string, std::string> FillAndAnswer();
  std::string index() const { return IndexPath(ledger_.data_dir()); }

  TestLedger ledger_;
};

// What a reader says to a set of questions, as one text.
std::string Answers(LedgerReader& reader) {
  std::string text;
  RandomTraffic random(5);
  for (int i = 0; i < 20; ++i) {
    QueryRequest q;
    q.descending = i % 2 == 1;
    if (i % 3 == 0) q.principal.emplace().id = random.APrincipal().id;
    if (i % 3 == 1) q.tenant = random.ATenant();
    if (i % 5 == 0) q.since = random.ATime();
    const auto response = reader.Query(q);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    if (!response.ok()) return text;
    text += std::to_string(response->completeness.tree_size) + Hex(View(response->completeness.root)) +
            std::to_string(response->completeness.complete) + response->completeness.problem;
    for (const EnvelopeRecords& envelope : response->envelopes) {
      text += envelope.envelope_id;
      for (const std::string& entry : envelope.entries) text += Hex(View(LeafHash(entry)));
    }
  }
  const auto principals = reader.Principals({});
  EXPECT_TRUE(principals.ok());
  for (const PrincipalSummary& p : principals->principals) {
    text += p.principal.id + p.principal.issuer + std::to_string(p.links) + " " + std::to_string(p.envelopes) + " " +
            std::to_string(p.first_seen) + " " + std::to_string(p.last_seen);
  }
  const uint64_t size = principals->completeness.tree_size;
  for (uint64_t seq = 0; seq < size; seq += 5) {
    const auto inclusion = reader.InclusionProof({seq, size - (size - seq - 1) / 2});
    const auto consistency = reader.ConsistencyProof({seq + 1, size});
    EXPECT_TRUE(inclusion.ok() && consistency.ok()) << inclusion.status().ToString() << consistency.status().ToString();
    if (!inclusion.ok() || !consistency.ok()) return text;
    EXPECT_EQ(consistency->new_root, principals->completeness.root);
    text += Hex(View(inclusion->root));
    for (const Hash& hash : inclusion->hashes) text += Hex(View(hash));
    for (const Hash& hash : consistency->hashes) text += Hex(View(hash));
  }
  const auto events = reader.Events({});
  EXPECT_TRUE(events.ok()) << events.status().ToString();
  for (const std::string& entry : events->entries) text += Hex(View(LeafHash(entry)));
  return text;
}

std::string StoredAnswers(const std::string& data_dir, const StoredOptions& options = {}) {
  auto reader = OpenStored(data_dir, options);
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  return reader.ok() ? Answers(**reader) : std::string();
}

// A copy of the ledger's directory at half, and the whole ledger's own answers.
std::pair<std::string, std::string> StoredTest::FillAndAnswer() {
  Fill(1, 120);
  ledger_.Close();
  const std::string early = ledger_.Copy();
  ledger_.Open();
  Fill(2, 120);
  LiveReader reader(ledger_.ledger());
  return {early, Answers(reader)};
}

TEST_F(StoredTest, AnswersAsTheRunningLedgerDoesWhateverTheIndexIsLike) {
  const auto [early, live] = FillAndAnswer();
  EXPECT_EQ(StoredAnswers(ledger_.data_dir()), live) << "beside the running ledger";
  const std::string killed = ledger_.Copy();
  EXPECT_EQ(StoredAnswers(killed), live) << "after a kill";

  fs::remove_all(IndexPath(killed));
  EXPECT_EQ(StoredAnswers(killed), live) << "without an index";
  EXPECT_FALSE(fs::exists(IndexPath(killed))) << "reading changes nothing";
  fs::copy(IndexPath(early), IndexPath(killed));
  EXPECT_EQ(StoredAnswers(killed), live) << "with an index of earlier";
  fs::remove(FileOf(IndexPath(killed), ".sst"));
  EXPECT_EQ(StoredAnswers(killed), live) << "with a damaged index";
}

// As for a ledger of millions of entries whose index is missing or lags far behind: what memory has no room for is
// indexed on disk, in steps.
TEST_F(StoredTest, AnswersTheSameWhenTheTailIsTooLongForMemory) {
  const TempDir temporary;
  ASSERT_EQ(setenv("TMPDIR", temporary.path().c_str(), 1), 0);
  const auto [early, live] = FillAndAnswer();
  const std::string killed = ledger_.Copy();
  std::vector<std::pair<uint64_t, uint64_t>> steps;
  const StoredOptions options{.tail_in_memory = 7,
                              .progress = [&](uint64_t done, uint64_t all) { steps.emplace_back(done, all); }};
  fs::remove_all(IndexPath(killed));
  EXPECT_EQ(StoredAnswers(killed, options), live) << "without an index";
  ASSERT_GT(steps.size(), 30u);
  EXPECT_EQ(steps.front().first, 7u);
  EXPECT_EQ(steps.back().first, steps.back().second);
  EXPECT_FALSE(fs::exists(IndexPath(killed))) << "reading changes nothing";
  fs::copy(IndexPath(early), IndexPath(killed));
  steps.clear();
  EXPECT_EQ(StoredAnswers(killed, options), live) << "with an index of earlier";
  ASSERT_FALSE(steps.empty());
  EXPECT_LT(steps.back().second, 200u) << "only what it lacks";
  EXPECT_TRUE(fs::is_empty(temporary.path())) << "what was made is removed";

  const std::string nowhere = temporary.path() + "/nowhere";
  ASSERT_EQ(setenv("TMPDIR", nowhere.c_str(), 1), 0);
  const auto failed = OpenStored(killed, options);
  EXPECT_EQ(failed.status().code(), Code::kUnavailable) << failed.status().ToString();
  unsetenv("TMPDIR");
}

TEST_F(StoredTest, AnIndexOfAnotherLedgerIsNotUsed) {
  Fill(1, 50);
  std::string live;
  {
    LiveReader reader(ledger_.ledger());
    live = Answers(reader);
  }
  ledger_.Close();
  const std::string copy = ledger_.Copy();
  TestLedger other;
  other.Open();
  for (int i = 0; i < 20; ++i) other.MustAppend({Encoded(Opening("foreign" + std::to_string(i)))});
  other.Close();
  fs::remove_all(IndexPath(copy));
  fs::copy(IndexPath(other.data_dir()), IndexPath(copy));
  auto reader = OpenStored(copy);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_EQ((*reader)->FindEnvelope({"foreign3"}).status().code(), Code::kNotFound);
  EXPECT_TRUE((*reader)->FindEnvelope({"s1-e0"}).ok());
}

TEST_F(StoredTest, WhereThereIsNoLedgerThereIsNoReader) {
  EXPECT_FALSE(OpenStored(ledger_.data_dir() + "/nothing").ok());
  EXPECT_FALSE(fs::exists(ledger_.data_dir() + "/nothing"));
}

TEST_F(StoredTest, SaysWhatTheDirectoryHolds) {
  Fill(1, 30);
  ledger_.Close();
  auto reader = OpenStored(ledger_.data_dir());
  ASSERT_TRUE(reader.ok());
  const auto status = (*reader)->Status({});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->tree_size, 33u);
  EXPECT_EQ(status->origin, kTestOrigin);
  EXPECT_EQ(status->vkey, FormatVerifierKey(TestVerifierKey()));
  EXPECT_EQ(status->last_recorded_at, kTestStart);
  EXPECT_EQ((*reader)->Entries({30, 0})->entries.size(), 3u);
  EXPECT_EQ((*reader)->Entries({33, 0})->entries.size(), 0u);
  CheckpointsRequest latest;
  latest.latest = true;
  EXPECT_EQ((*reader)->Checkpoints(latest)->notes.at(0), status->last_checkpoint);
  latest.sign_now = true;
  EXPECT_FALSE((*reader)->Checkpoints(latest).ok());
}

class VerifyStoredTest : public StoredTest {
 protected:
  void SetUp() override {
    StoredTest::SetUp();
    Fill(1, 100);
    ledger_.Close();
    ASSERT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
  }
  void ExpectOne(Verdict verdict, std::optional<uint64_t> seq, const std::string& check, const std::string& what) {
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(Name(report.verdict), Name(verdict)) << Text(report);
    ASSERT_EQ(report.failures.size(), 1u) << Text(report);
    EXPECT_EQ(report.failures[0].seq, seq) << Text(report);
    EXPECT_EQ(report.failures[0].check, check);
    EXPECT_THAT(report.failures[0].message, HasSubstr(what));
  }
};

TEST_F(VerifyStoredTest, ACheckpointKeptElsewhereAndItsKeyMakeItValid) {
  const auto note = ReadFile(PublishedCheckpointPath(ledger_.data_dir()), 4096);
  ASSERT_TRUE(note.ok());
  const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(), {{*note, "kept", true}}, 2}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, Verdict::kValid) << Text(*report);
  EXPECT_THAT(report->checks.at("index"), HasSubstr("keys both ways"));
}

TEST_F(VerifyStoredTest, AnotherKeyIsTheWrongKey) {
  const auto report = VerifyStored(ledger_.data_dir(), {TestVerifierKey(2), {}, 1}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, Verdict::kWrongKey) << Text(*report);
}

TEST_F(VerifyStoredTest, ProgressEndsWithAll) {
  uint64_t done = 0;
  uint64_t total = 0;
  ASSERT_TRUE(VerifyStored(ledger_.data_dir(), {}, [&](uint64_t d, uint64_t t) {
                done = d;
                total = t;
              }).ok());
  EXPECT_EQ(done, 103u);
  EXPECT_EQ(total, 103u);
}

TEST_F(VerifyStoredTest, ARemovedIndexKeyIsNamedBySeq) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "s1-e0", 0));
  ExpectOne(Verdict::kIncomplete, 2, "index", "table envelopes lacks a key or value that the log gives: s1-e0");
}

TEST_F(VerifyStoredTest, TheLastPostingOfAPrincipalIsMissedToo) {
  const auto entries = TestLedger::Entries(ledger_.data_dir());
  uint64_t last = 0;
  std::string key;
  for (uint64_t seq = 0; seq < entries.size(); ++seq) {
    const PreparedEntry prepared = PrepareEntry(entries[seq]);
    const auto& links = prepared.entry.header.principal_links;
    for (size_t i = 0; i < links.size(); ++i) {
      if (prepared.facts.involved[i].principal.id != "alice") continue;
      last = seq;
      key = PrincipalKey(PrincipalPrefix(prepared.facts.involved[i].principal), links[i].ordinal);
    }
  }
  DeleteKey(index(), "principals", key);
  ExpectOne(Verdict::kIncomplete, last, "index", "table principals lacks");
}

TEST_F(VerifyStoredTest, AChangedOrMissingHashOfTheTreeIsNamedBySeq) {
  PutKey(index(), "tree", TreeKey(4, 2), std::string(32, 'x'));
  VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  ASSERT_EQ(report.failures.size(), 2u) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 47u);
  EXPECT_THAT(report.failures[0].message, HasSubstr("table tree"));
  EXPECT_EQ(report.failures[1].seq, 47u);
  DeleteKey(index(), "tree", TreeKey(4, 2));
  ExpectOne(Verdict::kIncomplete, 47, "index", "table tree lacks a key or value that the log gives");
}

TEST_F(VerifyStoredTest, AChangedWatermarkIsNoticed) {
  const auto last = LeafHash(TestLedger::Entries(ledger_.data_dir())[102]);
  PutKey(index(), "default", "watermark", U64Key(103) + std::string(32, 'x'));
  ExpectOne(Verdict::kIncomplete, 102, "index", "its watermark is damaged");
  PutKey(index(), "default", "watermark", U64Key(103) + std::string(View(last)));
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict));
  PutKey(index(), "default", "watermark", U64Key(90) + std::string(View(last)));
  EXPECT_EQ(ledger_.Verify().verdict, Verdict::kIncomplete);
}

TEST_F(VerifyStoredTest, AnAddedIndexKeyIsNamedBySeq) {
  PutKey(index(), "facets", FacetKey(FacetPrefix(Facet::kTenant, "forged"), 40), {});
  ExpectOne(Verdict::kIncomplete, 40, "index", "that the log does not give: \\x01forged");
}

TEST_F(VerifyStoredTest, AnAddedKeyOfAnEntryThatDoesNotExistIsNamed) {
  PutKey(index(), "facets", FacetKey(FacetPrefix(Facet::kTenant, "forged"), uint64_t{1} << 60), {});
  ExpectOne(Verdict::kIncomplete, uint64_t{1} << 60, "index", "does not give");
}

TEST_F(VerifyStoredTest, AnIndexKeyThatNamesAnotherEntryIsNamedInBothWays) {
  DeleteKey(index(), "envelopes", RevisionKey(index(), "s1-e0", 0));
  PutKey(index(), "envelopes", EnvelopeKey("s1-e0", 0, 90), {});
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  ASSERT_EQ(report.failures.size(), 2u) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 2u) << "the key that is due";
  EXPECT_EQ(report.failures[1].seq, 90u) << "the key that is not";
}

TEST_F(VerifyStoredTest, AMalformedIndexEntryIsNamed) {
  PutKey(index(), "envelopes", "short", {});
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  EXPECT_EQ(report.failure_count, 1u) << Text(report);
}

TEST_F(VerifyStoredTest, AMissingOrUnreadableIndexMakesItIncomplete) {
  fs::remove(FileOf(index(), ".sst"));
  ExpectOne(Verdict::kIncomplete, std::nullopt, "index", "was not compared with the log");
  fs::remove_all(index());
  ExpectOne(Verdict::kIncomplete, std::nullopt, "index", "was not compared with the log");
}

TEST_F(VerifyStoredTest, AnIndexThatLagsBehindIsNoFailure) {
  const std::string before = ledger_.Copy();
  ledger_.Open();
  Fill(3, 20);
  ledger_.Close();
  fs::remove_all(index());
  fs::copy(IndexPath(before), index());
  const VerifyReport report = ledger_.Verify();
  EXPECT_TRUE(IsPass(report.verdict)) << Text(report);
  EXPECT_THAT(report.checks.at("index"), HasSubstr("22 are not indexed yet"));
}

TEST_F(VerifyStoredTest, AnIndexAheadOfTheLogMakesItIncomplete) {
  const std::string before = ledger_.Copy();
  ledger_.Open();
  Fill(3, 20);
  ledger_.Close();
  fs::remove_all(LogPath(ledger_.data_dir()));
  fs::copy(LogPath(before), LogPath(ledger_.data_dir()));
  fs::remove(PublishedCheckpointPath(ledger_.data_dir()));
  ExpectOne(Verdict::kIncomplete, 103, "index", "but the log has only 103 entries");
}

TEST_F(VerifyStoredTest, ADeletedEntryIsTamperingWithItsSeq) {
  DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(50));
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].seq, 50u) << Text(report);
  EXPECT_THAT(report.checks.at("index"), HasSubstr("not checked"));
}

TEST_F(VerifyStoredTest, AChangedEntryIsTamperingWithItsSeq) {
  std::string entry = TestLedger::Entries(ledger_.data_dir())[50];
  entry[entry.size() / 2] = static_cast<char>(entry[entry.size() / 2] ^ 1);
  PutKey(LogPath(ledger_.data_dir()), "entries", U64Key(50), entry);
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].seq, 50u) << Text(report);
}

TEST_F(VerifyStoredTest, ACutTailIsTruncation) {
  for (uint64_t seq = 100; seq < 103; ++seq) DeleteKey(LogPath(ledger_.data_dir()), "entries", U64Key(seq));
  const VerifyReport report = ledger_.Verify();
  EXPECT_EQ(report.verdict, Verdict::kTruncated) << Text(report);
  EXPECT_EQ(report.failures[0].seq, 100u);
}

TEST_F(VerifyStoredTest, WhatADaemonServesIsVerifiedPageByPage) {
  ledger_.Open();
  LiveReader reader(ledger_.ledger());
  reader.limits.max_records = 7;
  reader.limits.max_envelopes = 1;
  uint64_t done = 0;
  const auto report = VerifyServed(reader, {TestVerifierKey(), {}, 2}, [&](uint64_t d, uint64_t) { done = d; });
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->verdict, Verdict::kUnanchored) << Text(*report);
  EXPECT_EQ(report->entries, 104u);
  EXPECT_EQ(done, 104u);
  EXPECT_GE(report->checkpoints, 2u);
  EXPECT_GE(reader.asked, 15);
}

}  // namespace
}  // namespace envledger
