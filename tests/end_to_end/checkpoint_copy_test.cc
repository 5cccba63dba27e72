// A FIFO in the place of a copy of the checkpoint. Whoever opened it for reading would wait until somebody writes. A
// directory that hangs needs a file system that does: tests/service/hanging_copy_test.cc.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "ledger/codec/json.h"
#include "ledger/files/file.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{60};

class CheckpointCopy : public testing::Test {
 protected:
  void Append(const std::string& envelope) {
    std::string lines;
    for (const Transition& transition : WholeStory(envelope, "alice")) lines += TransitionJson(transition) + "\n";
    EXPECT_EQ(ledger_.Append(lines).status, 0);
  }
  json Status() const { return json::parse(ledger_.OnSocket({"status", "--format", "json"}).out); }
  static std::string Contents(const std::string& path) {
    const auto contents = ReadFile(path, 1 << 20);
    return contents.ok() ? *contents : "";
  }
  // In the place of the copy.
  void MakeFifo() const {
    unlink(copy_.c_str());
    ASSERT_EQ(mkfifo(copy_.c_str(), 0600), 0);
  }
  void ExpectEnds(int signal_number) {
    ledger_.daemon().Signal(signal_number);
    const Ended ended = ledger_.daemon().Wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("closed with"));
  }

  ServedLedger ledger_;
  const std::string copy_ = ledger_.path("copy");
};

TEST_F(CheckpointCopy, ThatIsAFifoAtTheStartHoldsUpNeitherTheServiceNorTheStop) {
  MakeFifo();
  ledger_.Start({"--checkpoint-copy", copy_});
  const json status = Status();
  EXPECT_EQ(status["healthy"], false);
  EXPECT_THAT(status["problem"].get<std::string>(), HasSubstr(copy_ + " is not a regular file"));
  Append("e1");
  EXPECT_EQ(ledger_.OnSocket({"query"}).status, 0);
  EXPECT_EQ(ledger_.OnSocket({"checkpoint", "--sign-now"}).status, 0);
  ExpectEnds(SIGTERM);
  EXPECT_EQ(ledger_.OnDirectory({"verify", "--vkey", ledger_.vkey()}).status, 0);
}

TEST_F(CheckpointCopy, ThatBecomesAFifoHoldsUpNoQueryAndTheNextCheckpointReplacesIt) {
  ledger_.Start({"--checkpoint-copy", copy_, "--checkpoint-seconds", "1", "--query-workers", "1"});
  Append("e1");
  ASSERT_EQ(ledger_.OnSocket({"checkpoint", "--sign-now"}).status, 0);
  ASSERT_EQ(Contents(copy_), Contents(ledger_.path("data/checkpoint")));
  MakeFifo();
  Append("e2");
  const Ended latest = ledger_.OnSocket({"checkpoint", "--sign-now"});
  EXPECT_EQ(latest.status, 0) << latest.err;
  EXPECT_EQ(ledger_.OnSocket({"query"}).status, 0);
  EXPECT_TRUE(WaitUntil([&] { return Contents(copy_) == latest.out; }, kLimit));
  EXPECT_EQ(Status()["healthy"], true) << Status();
  ExpectEnds(SIGINT);
}

}  // namespace
}  // namespace envledger
