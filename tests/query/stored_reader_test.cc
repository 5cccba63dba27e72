// A ledger's directory read without its daemon.
#include "ledger/query/stored_reader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ledger/store/layout.h"
#include "tests/query/live_reader.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace envledger
