#include "ledger/client/audit_client.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <thread>

#include "tests/client/fake_daemon.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AuditClientTest : public testing::Test {
 protected:
  std::unique_ptr<AuditClient> Connect(milliseconds timeout = seconds(20)) {
    Result<std::unique_ptr<AuditClient>> client = AuditClient::Connect(path_, timeout);
    EXPECT_TRUE(client.ok()) << client.status().ToString();
    return *std::move(client);
  }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/audit.sock";
  FakeDaemon daemon_{path_};
};

TEST_F(AuditClientTest, RequestsAreAnsweredOneAfterTheOther) {
  daemon_.Start();
  const auto client = Connect();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->CallFor<PingResponse>(PingRequest{}).ok());
}

TEST_F(AuditClientTest, AnAnswerOfAnotherKindIsAnError) {
  daemon_.Start();
  const auto client = Connect();
  EXPECT_EQ(client->CallFor<StatusResponse>(PingRequest{}).status().code(), Code::kInternal);
  EXPECT_TRUE(client->CallFor<PingResponse>(PingRequest{}).ok());
}

TEST_F(AuditClientTest, ARefusalBecomesItsStatusAndTheConnectionStays) {
  daemon_.refusal.status = Status(Code::kNotPermitted, "socket", "not here");
  daemon_.SetScript([](size_t, const auto&) { return FakeDaemon::Act::kRefuse; });
  daemon_.Start();
  const auto client = Connect();
  const Status status = client->Call(AppendRequest{.items = {{"x", std::nullopt}}}).status();
  EXPECT_EQ(status.code(), Code::kNotPermitted);
  EXPECT_EQ(status.rule(), "socket");
  EXPECT_TRUE(client->Call(PingRequest{}).ok());
}

TEST_F(AuditClientTest, WithoutADaemonConnectSaysSo) {
  EXPECT_EQ(AuditClient::Connect(path_, seconds(1)).status().code(), Code::kNotFound);
  daemon_.Start();
  daemon_.Stop();
  EXPECT_EQ(AuditClient::Connect(path_, seconds(1)).status().code(), Code::kUnavailable);
}

TEST_F(AuditClientTest, AClientThatIsNotAdmittedLearnsWhy) {
  daemon_.admit = Status(Code::kNotPermitted, "peer", "this user may not read");
  daemon_.Start();
  const auto client = Connect();
  EXPECT_EQ(client->Call(PingRequest{}).status().rule(), "peer");
  EXPECT_EQ(client->Call(PingRequest{}).status().code(), Code::kUnavailable);
}

TEST_F(AuditClientTest, ABrokenConnectionIsUnavailableForGood) {
  daemon_.SetScript([](size_t, const auto&) { return FakeDaemon::Act::kDrop; });
  daemon_.Start();
  const auto client = Connect();
  EXPECT_EQ(client->Call(AppendRequest{.items = {{"x", std::nullopt}}}).status().code(), Code::kUnavailable);
  EXPECT_EQ(client->Call(PingRequest{}).status().code(), Code::kUnavailable);
}

TEST_F(AuditClientTest, ASilentDaemonIsUnavailableAfterTheTimeout) {
  daemon_.SetScript([](size_t, const auto&) { return FakeDaemon::Act::kHold; });
  daemon_.Start();
  const auto client = Connect(milliseconds(30));
  EXPECT_EQ(client->Call(AppendRequest{.items = {{"x", std::nullopt}}}).status().code(), Code::kUnavailable);
}

TEST_F(AuditClientTest, ALargeRequestAndALargeAnswerPass) {
  const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(listening.ok());
  EntriesResponse answer{.entries = std::vector<std::string>(300, std::string(60'000, 'e')), .tree_size = 300};
  const auto client = Connect();
  const UniqueFd accepted(accept(listening->get(), nullptr, nullptr));
  std::thread daemon([&] {
    char header[kFrameHeaderBytes];
    EXPECT_EQ(recv(accepted.get(), header, sizeof header, MSG_WAITALL), 4);
    std::string request(FrameSize({header, sizeof header}), '\0');
    EXPECT_EQ(recv(accepted.get(), request.data(), request.size(), MSG_WAITALL), static_cast<ssize_t>(request.size()));
    const std::string reply =
        Framed(EncodeResponse({.correlation = DecodeRequest(request)->correlation, .body = answer}));
    EXPECT_EQ(send(accepted.get(), reply.data(), reply.size(), MSG_NOSIGNAL), static_cast<ssize_t>(reply.size()));
  });
  const std::string large(3 << 20, 'x');
  const Result<EntriesResponse> response =
      client->CallFor<EntriesResponse>(AppendRequest{.items = {{large, std::nullopt}}});
  daemon.join();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->entries, answer.entries);
}

// Whoever is behind the socket does not get to fill the memory of who asks.
TEST_F(AuditClientTest, AnAnswerWithoutMeasureIsRefusedBeforeItComes) {
  const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(listening.ok());
  const auto client = Connect();
  const UniqueFd accepted(accept(listening->get(), nullptr, nullptr));
  const std::string header = FrameHeader((64 << 20) + 1);
  ASSERT_EQ(send(accepted.get(), header.data(), header.size(), MSG_NOSIGNAL), static_cast<ssize_t>(header.size()));
  const Status status = client->Call(PingRequest{}).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_THAT(status.message(), testing::HasSubstr("the ledger's answer is refused"));
}

}  // namespace
}  // namespace envledger
