// `follow` and query auditing, with the real programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/daemon.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string RequestLine(const std::string& id, const std::string& tenant) {
  return json{{"envelope_id", id},
              {"stage", "requested"},
              {"occurred_at", "2026-03-17T09:20:00Z"},
              {"identity",
               {{"requester", {{"kind", "user"}, {"issuer", "id.example.com"}, {"id", "alice"}}}, {"tenant", tenant}}},
              {"execution", {{"kind", "inference"}}},
              {"scope", {{"kind", "project"}, {"binding", "unbound"}}},
              {"requested", {{"gpu", "8"}}}}
             .dump() +
         "\n";
}

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(Follow, GoesOnOverARestartOfTheDaemonWithoutLossOrRepetition) {
  ServedLedger ledger;
  ledger.Start();
  ASSERT_EQ(ledger.Append(RequestLine("e1", "a") + RequestLine("e2", "b")).status, 0);
  // genesis, opened, 2 records; closed, opened, 2 records.
  const std::string out = ledger.path("out");
  Child follow({"sh", "-c", R"(exec "$0" follow --socket "$1" --from 0 --count 8 --format jsonl > "$2")", ToolPath(),
                ledger.audit_socket(), out},
               {});
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(out) && fs::file_size(out) > 0; }, std::chrono::seconds(60)));
  ledger.Stop();
  ledger.Start();
  ASSERT_EQ(ledger.Append(RequestLine("e3", "a") + RequestLine("e4", "b")).status, 0);
  const Ended ended = follow.Wait();
  ASSERT_EQ(ended.status, 0) << ended.err;
  std::ostringstream text;
  text << std::ifstream(out).rdbuf();
  const std::vector<json> lines = Lines(text.str());
  ASSERT_EQ(lines.size(), 8u) << text.str();
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i]["seq"], i);
  EXPECT_EQ(lines[7]["envelope_id"], "e4");
  EXPECT_THAT(ended.err, HasSubstr("to continue, use --from 8"));
}

TEST(Follow, ASignalEndsItInOrder) {
  for (const int number : {SIGINT, SIGTERM}) {
    ServedLedger ledger;
    ledger.Start();
    ASSERT_EQ(ledger.Append(RequestLine("e1", "a")).status, 0);
    const std::string out = ledger.path("out");
    Child follow({"sh", "-c", R"(exec "$0" follow --socket "$1" --from 0 --tenant a --format jsonl > "$2")", ToolPath(),
                  ledger.audit_socket(), out},
                 {});
    // What is printed is printed after the handlers are there.
    ASSERT_TRUE(WaitUntil([&] { return fs::exists(out) && fs::file_size(out) > 0; }, std::chrono::seconds(60)));
    follow.Signal(number);
    const Ended ended = follow.Wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("to continue, use --from 3"));
  }
}

TEST(QueryAuditing, WhatAuditorsReadIsInTheLedgerAndVerifies) {
  ServedLedger ledger;
  ledger.Start({"--audit-queries", "on"});
  ASSERT_EQ(ledger.Append(RequestLine("e1", "a")).status, 0);
  ASSERT_EQ(ledger.OnSocket({"query", "--tenant", "a"}).status, 0);
  ASSERT_EQ(ledger.OnSocket({"verify", "--vkey", ledger.vkey()}).status, 0);
  ledger.Stop();
  const Ended followed = ledger.OnDirectory({"follow", "--format", "jsonl"});
  ASSERT_EQ(followed.status, 0) << followed.err;
  json query;
  for (const json& line : Lines(followed.out)) {
    if (line.contains("event") && line["event"].value("request", "") == "query") query = line["event"];
  }
  EXPECT_EQ(query["event"], "query_served");
  EXPECT_EQ(query["filters"]["tenant"], "a");
  EXPECT_EQ(query["results"], 1);
  EXPECT_EQ(query["uid"], getuid());
  const Ended verified = ledger.OnDirectory({"verify", "--vkey", ledger.vkey()});
  EXPECT_EQ(verified.status, 0) << verified.out;
}

}  // namespace
}  // namespace envledger
