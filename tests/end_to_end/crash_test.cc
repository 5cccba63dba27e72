// kill -9 while appending: whatever was acknowledged is there afterwards, and the ledger verifies.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "ledger/chain/tree.h"
#include "ledger/client/append_client.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "ledger/query/stored_reader.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::seconds;

// Everything that the ledger acknowledged, and what it has not answered yet.
struct Promises {
  std::mutex mutex;
  std::map<std::string, Acknowledgment> kept;  // by the transition's bytes
  std::vector<std::string> unanswered;

  void Add(const std::string& bytes, const Result<std::vector<Acknowledgment>>& answer) {
    const std::lock_guard lock(mutex);
    if (answer.ok()) {
      kept[bytes] = answer->front();
    } else {
      unanswered.push_back(bytes);
    }
  }
  size_t size() {
    const std::lock_guard lock(mutex);
    return kept.size();
  }
};

void ExpectAllThere(const std::string& data_dir, Promises& promises) {
  const auto reader = OpenStored(data_dir);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  std::vector<Hash> leaves;
  for (;;) {
    const auto page = (*reader)->Entries({leaves.size(), 0});
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    for (const std::string& entry : page->entries) leaves.push_back(LeafHash(entry));
    if (leaves.size() == page->tree_size) break;
  }
  for (const auto& [bytes, acknowledgment] : promises.kept) {
    ASSERT_LT(acknowledgment.seq, leaves.size()) << "an acknowledged record is gone";
    ASSERT_EQ(leaves[acknowledgment.seq], acknowledgment.leaf_hash) << "seq " << acknowledgment.seq;
  }
}

// Appends whole stories, each record alone and pipelined, until told to stop.
void KeepAppending(const std::string& socket, const std::string& name, const std::atomic<bool>& stop,
                   Promises& promises) {
  AppendClientOptions options;
  options.socket_path = socket;
  options.deadline = seconds(60);
  std::atomic<size_t> unanswered = 0;
  const auto client = AppendClient::Create(options);  // goes first, and answers what is left as unknown
  for (int story = 0; !stop; ++story) {
    for (const Transition& transition : WholeStory(name + "-" + std::to_string(story), name)) {
      const auto bytes = EncodeTransition(transition);
      ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
      ++unanswered;
      client->AppendBatchAsync(
          {{*bytes, std::nullopt}},
          [&promises, &unanswered, bytes = *bytes](Result<std::vector<Acknowledgment>> answer, const ErrorInfo*) {
            promises.Add(bytes, answer);
            --unanswered;
          });
    }
    // Some stories wait for their acknowledgments, so that groups of every size are cut.
    if (story % 7 == 0) WaitUntil([&] { return unanswered == 0 || stop; }, seconds(60));
  }
}

void RetryUnanswered(const std::string& socket, Promises& promises) {
  AppendClientOptions options;
  options.socket_path = socket;
  const auto client = AppendClient::Create(options);
  std::vector<std::string> retries = std::exchange(promises.unanswered, {});
  for (const std::string& bytes : retries) {
    const auto answer = client->AppendBatch({{bytes, std::nullopt}}).get();
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    promises.kept[bytes] = answer->front();
  }
}

TEST(Crash, TwentyKillsLoseNothingThatWasAcknowledgedAndRetriesAreSafe) {
  ServedLedger ledger;
  Promises promises;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ledger.Start({"--checkpoint-entries=50", "--group-max-entries=64"});
    ASSERT_NO_FATAL_FAILURE(RetryUnanswered(ledger.append_socket(), promises));
    const size_t before = promises.size();
    std::atomic<bool> stop = false;
    std::vector<std::thread> producers;
    for (int i = 0; i < 3; ++i) {
      producers.emplace_back([&, i] {
        KeepAppending(ledger.append_socket(), "r" + std::to_string(round) + "-p" + std::to_string(i), stop, promises);
      });
    }
    // A different moment each time: from the first acknowledgments on to some hundreds.
    const size_t wanted = before + 1 + static_cast<size_t>(round) * 37;
    EXPECT_TRUE(WaitUntil([&] { return promises.size() >= wanted; }, seconds(60)));
    ledger.Kill();
    stop = true;
    for (std::thread& producer : producers) producer.join();
    ASSERT_NO_FATAL_FAILURE(ExpectAllThere(ledger.data_dir(), promises));
  }
  ledger.Start();
  ASSERT_NO_FATAL_FAILURE(RetryUnanswered(ledger.append_socket(), promises));
  EXPECT_EQ(ledger.Stop().status, 0);
  ExpectAllThere(ledger.data_dir(), promises);
  const Ended verified = ledger.OnDirectory(
      {"verify", "--format", "json", "--vkey", ledger.vkey(), "--checkpoint", ledger.path("data/checkpoint")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_EQ(nlohmann::json::parse(verified.out)["verdict"], "VALID");
}

TEST(Crash, AnUncleanStopIsOnTheRecordAndACleanOneToo) {
  ServedLedger ledger;
  ledger.Start();
  ledger.Kill();
  ledger.Start();
  EXPECT_EQ(ledger.Stop().status, 0);
  ledger.Start();
  EXPECT_EQ(ledger.Stop().status, 0);
  const auto reader = OpenStored(ledger.data_dir());
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  const auto page = (*reader)->Entries({0, 0});
  ASSERT_TRUE(page.ok());
  std::vector<std::string> events;
  for (const std::string& bytes : page->entries) {
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok() && entry->event);
    std::string name(EventName(*entry->event));
    if (const Opened* opened = std::get_if<Opened>(&*entry->event))
      name += opened->clean ? " after a clean stop" : " after a crash";
    events.push_back(name);
  }
  EXPECT_THAT(events, testing::ElementsAre("genesis", "opened after a clean stop", "opened after a crash", "closed",
                                           "opened after a clean stop", "closed"));
}

// A small disk of the test's own.
class SmallDisk {
 public:
  SmallDisk() { mounted_ = mount("tmpfs", path_.path().c_str(), "tmpfs", 0, "size=40m") == 0; }
  ~SmallDisk() {
    if (mounted_) umount2(path_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  bool Enlarge() { return mount("tmpfs", path_.path().c_str(), "tmpfs", MS_REMOUNT, "size=800m") == 0; }
  const std::string& path() const { return path_.path(); }

 private:
  TempDir path_;
  bool mounted_ = false;
};

TEST(Crash, AFullDiskStopsAppendsAloudLosesNothingAndRetriesFinishTheJob) {
  SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "this test may not mount a small disk (it needs root): nothing was checked";
  const char* before = std::getenv("TMPDIR");
  const std::string usual = before != nullptr ? before : "/tmp";
  setenv("TMPDIR", disk.path().c_str(), 1);
  ServedLedger ledger;
  setenv("TMPDIR", usual.c_str(), 1);

  std::string lines;
  for (int i = 0; i < 6000; ++i) {
    Transition transition = Requested("big-" + std::to_string(i), "alice");
    transition.scope->purpose = std::string(12'000, static_cast<char>('a' + i % 26));
    lines += TransitionJson(transition) + "\n";
  }
  ledger.Start({"--min-free-bytes=0"});
  const Ended full = ledger.Append(lines, {"--deadline", "3"});
  EXPECT_EQ(full.status, 5) << full.out << full.err;
  const nlohmann::json status = nlohmann::json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  EXPECT_EQ(status["healthy"], false);
  EXPECT_NE(std::string(status["problem"]).find("No space left"), std::string::npos) << status["problem"];
  EXPECT_GT(status["tree_size"], 2);
  EXPECT_EQ(ledger.OnSocket({"show", "big-0"}).status, 0) << "what is durable can still be asked for";
  EXPECT_EQ(ledger.Stop().status, 5) << "an orderly end, though the closed event could not be sealed";

  ASSERT_TRUE(disk.Enlarge());
  ledger.Start({"--min-free-bytes=0"});
  const Ended again = ledger.Append(lines);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out.find("replayed 0"), std::string::npos) << again.out;
  EXPECT_EQ(ledger.OnSocket({"show", "big-5999"}).status, 0);
  EXPECT_EQ(ledger.Stop().status, 0);
  const Ended verified = ledger.OnDirectory({"verify"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace envledger
