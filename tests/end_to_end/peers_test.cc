// Peers that the daemon must account for: those that go away while they wait, and those that it cannot see.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "ledger/codec/json.h"
#include "ledger/protocol/message.h"
#include "tests/support/daemon.h"
#include "tests/support/raw_client.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr uint64_t kFarAhead = 1'000'000;
constexpr uint32_t kHalfAMinute = 30'000;

RawClient Follower(const ServedLedger& ledger, uint32_t wait_ms) {
  RawClient client(ledger.audit_socket());
  EXPECT_TRUE(
      client.WriteFrame(EncodeRequest({1, FollowRequest{.from_seq = kFarAhead, .limit = 1, .wait_ms = wait_ms}})));
  return client;
}

// The rule that an answer was refused by; empty when it was not.
std::string RuleIn(RawClient& client) {
  const auto frame = client.ReadFrame();
  if (!frame) return "no answer";
  const auto response = DecodeResponse(*frame);
  if (!response.ok()) return response.status().ToString();
  const auto* error = std::get_if<ErrorInfo>(&response->body);
  return error != nullptr ? error->status.rule() : "";
}

uint64_t Connections(const ServedLedger& ledger) {
  const Ended status = ledger.OnSocket({"status", "--format", "json"});
  return status.status == 0 ? json::parse(status.out)["gauges"]["connections"].get<uint64_t>() : UINT64_MAX;
}

TEST(Peers, FollowersWhoGoAwayMakeRoomForOthersAtOnce) {
  ServedLedger ledger;
  ledger.Start({"--max-connections-per-process=400", "--max-connections=2000"});
  // As many of one user as may wait, and one more, which is refused when all of them do.
  constexpr size_t kMost = 128;
  std::vector<RawClient> followers;
  for (size_t i = 0; i < kMost + 1; ++i) followers.push_back(Follower(ledger, kHalfAMinute));
  std::vector<pollfd> watched;
  for (const RawClient& follower : followers) watched.push_back({.fd = follower.fd(), .events = POLLIN, .revents = 0});
  ASSERT_EQ(poll(watched.data(), watched.size(), 20'000), 1);
  const auto answered =
      std::find_if(watched.begin(), watched.end(), [](const pollfd& one) { return one.revents != 0; });
  EXPECT_EQ(RuleIn(followers[static_cast<size_t>(answered - watched.begin())]), "followers");
  RawClient refused = Follower(ledger, kHalfAMinute);
  EXPECT_EQ(RuleIn(refused), "followers");

  followers.clear();
  EXPECT_TRUE(WaitUntil(
      [&] {
        RawClient next = Follower(ledger, 1);
        return RuleIn(next).empty();
      },
      seconds(20)));
  EXPECT_TRUE(WaitUntil([&] { return Connections(ledger) <= 2; }, seconds(20))) << Connections(ledger);
}

TEST(Peers, AnAskerWhoGoesAwayIsNotOnTheRecord) {
  ServedLedger ledger;
  ledger.Start({"--audit-queries=on"});
  { RawClient gone = Follower(ledger, kHalfAMinute); }
  EXPECT_TRUE(WaitUntil([&] { return Connections(ledger) <= 1; }, seconds(20)));
  EXPECT_EQ(ledger.Stop().status, 0);
  const std::string entries = ledger.OnDirectory({"follow", "--format", "jsonl"}).out;
  EXPECT_EQ(entries.find("\"request\":\"follow\""), std::string::npos) << entries;
}

// How a program is run in a namespace of its own (an option of unshare: "--pid"); empty where that is not allowed.
std::vector<std::string> InAnother(const std::string& kind) {
  std::vector<std::string> unshare = {"unshare"};
  if (geteuid() != 0) unshare.push_back("--map-root-user");
  unshare.push_back(kind);
  if (kind == "--pid") unshare.insert(unshare.end(), {"--fork", "--kill-child"});  // the daemon is a child then
  std::vector<std::string> probe = unshare;
  probe.push_back("true");
  return RunProgram(probe).status == 0 ? unshare : std::vector<std::string>();
}

TEST(Peers, ThoseThatTheDaemonCannotSeeDoNotShareTheLimitOfOneProcess) {
  const std::vector<std::string> unshare = InAnother("--pid");
  if (unshare.empty()) {
    GTEST_SKIP() << "no pid namespace can be made here: only ConnectionCounts was tested, with made-up credentials";
  }
  ServedLedger ledger;
  ledger.StartUnder(unshare, {"--max-connections-per-process=3", "--max-connections=40"});
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(ledger.append_socket());
    ASSERT_TRUE(clients.back().WriteFrame(EncodeRequest({1, PingRequest{}})));
    EXPECT_EQ(RuleIn(clients.back()), "") << i;
  }
  // The next one has the place of the one that has been idle longest.
  RawClient next(ledger.append_socket());
  ASSERT_TRUE(next.WriteFrame(EncodeRequest({1, PingRequest{}})));
  EXPECT_EQ(RuleIn(next), "");
  EXPECT_TRUE(clients.front().ReadToEnd());
  ledger.Kill();
}

TEST(Peers, AnAccountNameThatCannotBeRecordedNeverGetsIntoTheLedger) {
  std::vector<std::string> with_passwd = InAnother("--mount");
  if (with_passwd.empty()) {
    GTEST_SKIP() << "no mount namespace can be made here: only ProducerNames was tested, with a made-up directory";
  }
  const std::string names[] = {"\xff\xfe", std::string(129, 'x')};
  for (const std::string& name : names) {
    ServedLedger ledger;
    // The test's user: root, if need be in a user namespace of its own.
    const std::string seen = "0";
    std::ofstream(ledger.path("passwd"), std::ios::binary) << name << ":x:" << seen << ":0::/:/bin/sh\n";
    with_passwd.insert(with_passwd.end(),
                       {"sh", "-c", R"(mount --bind "$0" /etc/passwd && exec "$@")", ledger.path("passwd")});
    ledger.StartUnder(with_passwd, {});
    with_passwd.resize(with_passwd.size() - 4);
    ASSERT_EQ(ledger.Append(TransitionJson(Requested("e1", "alice")) + "\n").status, 0);
    EXPECT_EQ(ledger.Stop().status, 0);

    ledger.Start();
    const Ended found = ledger.OnSocket({"query", "--recorder", "uid:" + seen, "--format", "jsonl"});
    EXPECT_EQ(found.status, 0) << found.err;
    EXPECT_NE(found.out.find("\"e1\""), std::string::npos) << found.out;
    EXPECT_EQ(ledger.Stop().status, 0);
    const Ended verified = ledger.OnDirectory({"verify"});
    EXPECT_EQ(verified.status, 0) << verified.out;
  }
}

}  // namespace
}  // namespace envledger
