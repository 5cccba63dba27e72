// The daemon as one object: what a start that is refused leaves behind, and what ends while others still use it.
#include "ledger/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "ledger/client/audit_client.h"
#include "ledger/service/recovery.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    config_.ledger.data_dir = In("data");
    config_.ledger.min_free_bytes = 0;
    config_.append_socket = In("append.sock");
    config_.audit_socket = In("audit.sock");
    config_.key_path = In("key");
    config_.max_batch_items = 16;
    SystemClock clock;
    EXPECT_TRUE(TestKey().Create(config_.key_path).ok());
    EXPECT_TRUE(InitLedger(In("data"), kTestOrigin, TestKey(), PublishedCheckpointPath(In("data")), clock).ok());
  }
  std::string In(const std::string& name) const { return directory_.path() + "/" + name; }

  Status Start(ActivatedSockets activated = {}) {
    auto prepared = Prepare(config_);
    if (!prepared.ok()) return std::move(prepared).status();
    auto daemon = Daemon::Start(config_, *std::move(prepared), std::move(activated));
    if (!daemon.ok()) return std::move(daemon).status();
    daemon_ = *std::move(daemon);
    return Ok();
  }
  // How many entries the log has. REQUIRES: the daemon is not running.
  size_t Entries() const { return TestLedger::Entries(config_.ledger.data_dir).size(); }

  TempDir directory_;
  DaemonConfig config_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(DaemonTest, ServesUntilItIsStoppedAndLeavesNoSocket) {
  ASSERT_TRUE(Start().ok());
  const auto client = AuditClient::Connect(config_.audit_socket, seconds(20));
  ASSERT_TRUE(client.ok()) << client.status().ToString();
  const auto status = (*client)->CallFor<StatusResponse>(StatusRequest{});
  ASSERT_TRUE(status.ok()) << status.status().ToString();
  EXPECT_EQ(status->tree_size, 2u) << "genesis, opened";
  EXPECT_TRUE(daemon_->Stop("test").ok());
  daemon_.reset();
  EXPECT_EQ(Entries(), 3u) << "and closed";
  EXPECT_FALSE(fs::exists(config_.append_socket));
  EXPECT_FALSE(fs::exists(config_.audit_socket));
}

TEST_F(DaemonTest, AStartThatIsRefusedWritesNothingToTheLedger) {
  config_.origin = "another.example/ledger";
  EXPECT_EQ(Start().code(), Code::kInvalidArgument);
  config_.origin.clear();

  for (std::string* path : {&config_.append_socket, &config_.audit_socket}) {
    const std::string usable = *path;
    *path = In("directory");
    fs::create_directory(*path);
    EXPECT_EQ(Start().code(), Code::kInvalidArgument);
    *path = In("missing/socket");
    EXPECT_EQ(Start().code(), Code::kNotFound);
    *path = In(std::string(200, 'x'));
    EXPECT_EQ(Start().code(), Code::kInvalidArgument);
    *path = usable;
  }

  const auto live = ListenUnix(config_.audit_socket, 0600, 8);
  ASSERT_TRUE(live.ok());
  EXPECT_EQ(Start().code(), Code::kConflict);
  EXPECT_FALSE(fs::exists(config_.append_socket)) << "the first socket goes again";
  EXPECT_TRUE(ConnectUnix(config_.audit_socket).ok()) << "the other's stays";

  config_.append_allow = {"nobody-of-this-name"};
  EXPECT_EQ(Start().code(), Code::kInvalidArgument);
  EXPECT_EQ(Entries(), 1u) << "the genesis alone";
}

TEST_F(DaemonTest, LeavesTheSocketOfAnotherThatTookItsPathAlone) {
  ASSERT_TRUE(Start().ok());
  std::unique_ptr<Daemon> first = std::move(daemon_);
  ASSERT_EQ(unlink(config_.audit_socket.c_str()), 0);  // an operator tidies up
  SystemClock clock;
  config_.ledger.data_dir = In("other");
  config_.append_socket = In("other.sock");
  ASSERT_TRUE(InitLedger(In("other"), kTestOrigin, TestKey(), PublishedCheckpointPath(In("other")), clock).ok());
  ASSERT_TRUE(Start().ok());
  EXPECT_TRUE(first->Stop("test").ok());
  first.reset();
  EXPECT_TRUE(ConnectUnix(config_.audit_socket).ok());
  EXPECT_FALSE(fs::exists(In("append.sock"))) << "its own is gone";
}

TEST_F(DaemonTest, ADirectoryThatOthersCanWriteIsNotServed) {
  ASSERT_EQ(chmod(In("data").c_str(), 0777), 0);
  const Status refused = Start();
  EXPECT_EQ(refused.code(), Code::kNotPermitted);
  EXPECT_EQ(refused.rule(), "data-dir");
  ASSERT_EQ(chmod(In("data").c_str(), 0700), 0);
  EXPECT_EQ(Entries(), 1u);
}

// A descriptor that cannot be watched, because it is none, stands for all that a loop may lack: descriptors, memory,
// threads.
UniqueFd Unwatchable() { return UniqueFd(1'000'000'000); }

TEST_F(DaemonTest, OneSocketThatFailsToStartTakesTheOtherWithItInOrder) {
  for (const bool append_fails : {false, true}) {
    SCOPED_TRACE(append_fails ? "append" : "audit");
    UniqueFd failing = Unwatchable();
    const std::string& other = append_fails ? config_.audit_socket : config_.append_socket;
    // Clients that are there from the beginning and never let go.
    std::atomic<bool> stop = false;
    std::thread clients([&] {
      while (!stop) {
        const auto fd = ConnectUnix(other);
        if (!fd.ok()) continue;
        const std::string frame = Framed(EncodeRequest({1, StatusRequest{}}));
        static_cast<void>(send(fd->get(), frame.data(), frame.size(), MSG_NOSIGNAL));
      }
    });
    ActivatedSockets activated;
    (append_fails ? activated.append : activated.audit) = std::move(failing);
    const Status refused = Start(std::move(activated));
    stop = true;
    clients.join();
    EXPECT_FALSE(refused.ok());
    EXPECT_FALSE(fs::exists(other));
  }
  EXPECT_EQ(Entries(), 1u) << "it never served";
}

TEST_F(DaemonTest, EndsWithQuestionsAndFollowersUnderWay) {
  ASSERT_TRUE(Start().ok());
  RawClient follower(config_.audit_socket);
  ASSERT_TRUE(
      follower.WriteFrame(EncodeRequest({1, FollowRequest{.from_seq = 100, .limit = 1, .wait_ms = 3'600'000}})));
  std::vector<RawClient> askers;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back(config_.audit_socket);
    ASSERT_TRUE(askers.back().WriteFrame(EncodeRequest({1, EntriesRequest{}})));
  }
  daemon_.reset();  // without Stop
  EXPECT_TRUE(follower.ReadToEnd());
  for (RawClient& asker : askers) EXPECT_TRUE(asker.ReadToEnd());
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(DaemonTest, WhoeverConnectsBeforeItServesIsAnsweredWhenItDoes) {
  SocketFile file;
  auto listening = ListenUnix(config_.audit_socket, 0600, 8, &file);
  ASSERT_TRUE(listening.ok());
  RawClient early(config_.audit_socket);
  ASSERT_TRUE(early.WriteFrame(EncodeRequest({7, StatusRequest{}})));
  ActivatedSockets activated;
  activated.audit = *std::move(listening);
  ASSERT_TRUE(Start(std::move(activated)).ok());
  const auto answer = early.ReadFrame();
  ASSERT_TRUE(answer.has_value());
  const auto response = DecodeResponse(*answer);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->correlation, 7u);
}

}  // namespace
}  // namespace envledger
