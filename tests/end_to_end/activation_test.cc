// Descriptors handed over as systemd does: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES, from descriptor 3 on.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "ledger/client/append_client.h"
#include "ledger/transport/socket.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

UniqueFd Listening(const std::string& path) {
  auto fd = ListenUnix(path, 0660, 16);
  EXPECT_TRUE(fd.ok()) << fd.status().ToString();
  return fd.ok() ? *std::move(fd) : UniqueFd();
}

Child::Setup HandOver(const std::vector<int>& descriptors, const std::string& names) {
  Child::Setup setup;
  setup.descriptors = descriptors;
  setup.listen_pid = true;
  setup.environment = {{"LISTEN_FDS", std::to_string(descriptors.size())}, {"LISTEN_FDNAMES", names}};
  return setup;
}

TEST(Activation, SocketsThatWereHandedOverAreServedInAnyOrderAndLeftInPlace) {
  ServedLedger ledger;
  const UniqueFd append = Listening(ledger.append_socket());
  const UniqueFd audit = Listening(ledger.audit_socket());
  // A client that comes before the daemon waits in the backlog, and is answered when the ledger is ready.
  AppendClientOptions options;
  options.socket_path = ledger.append_socket();
  options.deadline = std::chrono::seconds(60);
  const auto client = AppendClient::Create(options);
  auto early = client->Append(Requested("early", "alice"));
  ledger.Start({}, HandOver({audit.get(), append.get()}, "audit:append"));
  const auto acknowledgment = early.get();
  EXPECT_TRUE(acknowledgment.ok()) << acknowledgment.status().ToString();
  EXPECT_EQ(ledger.OnSocket({"show", "early"}).status, 0);
  EXPECT_EQ(ledger.Stop().status, 0);
  EXPECT_TRUE(std::filesystem::exists(ledger.append_socket())) << "it is systemd's file, not the daemon's";
  EXPECT_TRUE(std::filesystem::exists(ledger.audit_socket()));
}

TEST(Activation, OneSocketHandedOverLeavesTheOtherToTheDaemon) {
  ServedLedger ledger;
  const UniqueFd append = Listening(ledger.append_socket());
  ledger.Start({}, HandOver({append.get()}, "append"));
  EXPECT_EQ(ledger.OnSocket({"status"}).status, 0);
  EXPECT_EQ(ledger.Stop().status, 0);
  EXPECT_TRUE(std::filesystem::exists(ledger.append_socket()));
  EXPECT_FALSE(std::filesystem::exists(ledger.audit_socket())) << "the daemon's own, gone with it";
}

Ended StartWith(const ServedLedger& ledger, const std::vector<int>& descriptors, const std::string& names) {
  Child child({DaemonPath(), "--data-dir", ledger.data_dir(), "--key", ledger.key_path(), "--append-socket",
               ledger.append_socket(), "--audit-socket", ledger.audit_socket()},
              HandOver(descriptors, names));
  return child.Wait();
}

TEST(Activation, DescriptorsThatAreNotTheTwoSocketsAreRefused) {
  ServedLedger ledger;
  const UniqueFd append = Listening(ledger.append_socket());
  const Ended unknown = StartWith(ledger, {append.get()}, "web");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("web"), std::string::npos) << unknown.err;
  EXPECT_EQ(StartWith(ledger, {append.get(), append.get()}, "append:append").status, 2);
  const UniqueFd not_listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(StartWith(ledger, {not_listening.get()}, "append").status, 2);
}

TEST(Activation, ADaemonThatFindsItsSocketInUseSaysSo) {
  ServedLedger ledger;
  const UniqueFd taken = Listening(ledger.append_socket());
  const Ended refused = ledger.StartAndFail();
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.err.find("append.sock"), std::string::npos) << refused.err;
}

TEST(Configuration, MistakesAreNamedAndNothingIsCreatedByAccident) {
  ServedLedger ledger;
  const auto daemon = [&](std::vector<std::string> words) {
    words.insert(words.begin(), DaemonPath());
    return RunProgram(words);
  };
  EXPECT_EQ(daemon({"--no-such-option"}).status, 2);
  EXPECT_EQ(daemon({"stray"}).status, 2);
  const Ended range = daemon({"--check", "--key", ledger.key_path(), "--query-workers", "0"});
  EXPECT_EQ(range.status, 2);
  EXPECT_NE(range.err.find("query-workers"), std::string::npos) << range.err;
  EXPECT_EQ(daemon({"--check", "--key", ledger.key_path(), "--max-connections", "-1"}).status, 2);
  const Ended who = daemon({"--check", "--key", ledger.key_path(), "--append-allow", "no-such-user-or-group"});
  EXPECT_EQ(who.status, 2);
  EXPECT_NE(who.err.find("no-such-user-or-group"), std::string::npos) << who.err;
  EXPECT_EQ(daemon({"--check", "--key", ledger.key_path()}).status, 0);
  EXPECT_EQ(daemon({"--check", "--key", ledger.path("no-key")}).status, 3);
  EXPECT_EQ(daemon({"--help"}).status, 0);

  const std::string elsewhere = ledger.path("elsewhere");
  const Ended missing = daemon({"--data-dir", elsewhere, "--key", ledger.key_path(), "--append-socket",
                                ledger.append_socket(), "--audit-socket", ledger.audit_socket()});
  EXPECT_EQ(missing.status, 3) << missing.err;
  EXPECT_FALSE(std::filesystem::exists(elsewhere)) << "a ledger is only ever created by --init";
  EXPECT_EQ(ledger.Tool({"verify", "--data-dir", elsewhere}).status, 3);
  EXPECT_EQ(ledger.Tool({"query", "--data-dir", elsewhere}).status, 3);
  EXPECT_EQ(
      daemon({"--init", "--data-dir", ledger.data_dir(), "--origin", "x.example/y", "--key", ledger.key_path()}).status,
      2);
  EXPECT_EQ(ledger.StartAndFail({"--origin", "another.example/ledger"}).status, 2);

  ASSERT_EQ(chmod(ledger.key_path().c_str(), 0644), 0);
  const Ended readable = ledger.StartAndFail();
  EXPECT_EQ(readable.status, 5) << "a key that others can read is refused";
}

TEST(Configuration, WhatCheckAcceptsServingDoesNotRefuseAndNothingIsWrittenBefore) {
  ServedLedger ledger;
  const auto entries = [&] { return ledger.OnDirectory({"follow", "--format", "jsonl"}).out; };
  const std::string before = entries();
  const auto expect_refused = [&](const std::vector<std::string>& options, int status, const std::string& what) {
    SCOPED_TRACE(what);
    std::vector<std::string> check = options;
    check.push_back("--check");
    for (const Ended& ended : {ledger.StartAndFail(check), ledger.StartAndFail(options)}) {
      EXPECT_EQ(ended.status, status) << ended.err;
      EXPECT_NE(ended.err.find(what), std::string::npos) << ended.err;
    }
    EXPECT_EQ(entries(), before);
  };
  expect_refused(
      {"--max-frame-bytes=41943040", "--max-inflight-bytes-per-connection=50331648", "--max-inflight-bytes=67108864"},
      2, "max-inflight-bytes must be at least");
  expect_refused({"--config", ledger.path("")}, 2, "Is a directory");
  expect_refused({"--config", ledger.path("missing")}, 2, ledger.path("missing"));
  expect_refused({"--producer", "uid:0=uid:1"}, 2, "uid:0=uid:1");
  ASSERT_EQ(chmod(ledger.data_dir().c_str(), 0777), 0);
  expect_refused({}, 5, "can be written by users other");
  EXPECT_EQ(RunProgram({DaemonPath(), "--init", "--data-dir", ledger.data_dir(), "--origin", "x.example/y", "--key",
                        ledger.key_path()})
                .status,
            5);
  ASSERT_EQ(chmod(ledger.data_dir().c_str(), 0755), 0);
  ledger.Start();
  const Ended warned = ledger.Stop();
  EXPECT_EQ(warned.status, 0);
  EXPECT_NE(warned.err.find("everybody can look into the data directory"), std::string::npos) << warned.err;
}

}  // namespace
}  // namespace envledger
