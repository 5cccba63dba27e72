// The daemon on its sockets: many clients, bad input, peers that may not, peers that misbehave.
#include <gmock/gmock.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "ledger/client/append_client.h"
#include "ledger/client/audit_client.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "tests/support/daemon.h"
#include "tests/support/raw_client.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using nlohmann::json;
using std::chrono::seconds;

std::unique_ptr<AppendClient> ClientOf(const ServedLedger& ledger) {
  AppendClientOptions options;
  options.socket_path = ledger.append_socket();
  options.deadline = seconds(60);
  return AppendClient::Create(options);
}

std::string Encoded(const Transition& transition) {
  auto bytes = EncodeTransition(transition);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : std::string();
}

std::string AppendFrame(const std::vector<std::string>& transitions, uint64_t correlation = 1) {
  AppendRequest request;
  for (const std::string& transition : transitions) request.items.push_back({transition, std::nullopt});
  return EncodeRequest({correlation, request});
}

// The error that a frame is answered with; fails the test when it is not an error.
ErrorInfo ErrorOf(RawClient& client, const std::string& frame) {
  EXPECT_TRUE(client.WriteFrame(frame));
  const auto answer = client.ReadFrame();
  if (!answer) {
    ADD_FAILURE() << "no answer";
    return {};
  }
  auto response = DecodeResponse(*answer);
  EXPECT_TRUE(response.ok()) << response.status().ToString();
  if (!response.ok() || !std::holds_alternative<ErrorInfo>(response->body)) {
    ADD_FAILURE() << "answered without an error";
    return {};
  }
  return std::get<ErrorInfo>(response->body);
}

uint64_t SizeOf(const ServedLedger& ledger) {
  const Ended status = ledger.OnSocket({"status", "--format", "json"});
  EXPECT_EQ(status.status, 0) << status.err;
  return json::parse(status.out)["tree_size"];
}

void ExpectVerifies(ServedLedger& ledger) {
  EXPECT_EQ(ledger.Stop().status, 0);
  const Ended verified = ledger.OnDirectory({"verify", "--format", "json"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST(Sockets, EightClientsAtOnceAreAllSealedAndTheLedgerVerifies) {
  ServedLedger ledger;
  ledger.Start();
  constexpr int kClients = 8;
  constexpr int kStories = 50;
  std::vector<std::thread> producers;
  for (int i = 0; i < kClients; ++i) {
    producers.emplace_back([&, i] {
      const auto client = ClientOf(ledger);
      std::vector<std::future<Result<Acknowledgment>>> answers;
      for (int story = 0; story < kStories; ++story) {
        const std::string id = "c" + std::to_string(i) + "-" + std::to_string(story);
        for (const Transition& transition : WholeStory(id, "shared")) answers.push_back(client->Append(transition));
      }
      for (auto& answer : answers) {
        const auto acknowledgment = answer.get();
        ASSERT_TRUE(acknowledgment.ok()) << acknowledgment.status().ToString();
        EXPECT_FALSE(acknowledgment->replayed);
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(SizeOf(ledger), 2u + kClients * kStories * 4);
  const Ended principals = ledger.OnSocket({"principals", "--format", "jsonl"});
  const json shared = json::parse(principals.out.substr(0, principals.out.find('\n')));
  EXPECT_EQ(shared["envelopes"], kClients * kStories) << principals.out;
  EXPECT_EQ(ledger.OnSocket({"verify"}).status, 0);
  ExpectVerifies(ledger);
}

TEST(Sockets, BadInputGetsATypedErrorAndNothingOfItIsStored) {
  ServedLedger ledger;
  ledger.Start();
  const uint64_t before = SizeOf(ledger);
  RawClient client(ledger.append_socket());
  const std::string good = Encoded(Requested("good", "alice"));

  EXPECT_EQ(ErrorOf(client, "this is no buffer").status.code(), Code::kInvalidArgument);
  EXPECT_EQ(ErrorOf(client, AppendFrame({})).status.code(), Code::kInvalidArgument);
  EXPECT_EQ(ErrorOf(client, AppendFrame({"malformed"})).status.code(), Code::kInvalidArgument);
  EXPECT_EQ(ErrorOf(client, AppendFrame({good + std::string(8, '\0')})).status.code(), Code::kInvalidArgument);

  const ErrorInfo first = ErrorOf(client, AppendFrame({Encoded(Plain("new", Stage::kStarted, kTestMorning))}));
  EXPECT_EQ(first.status.code(), Code::kConflict);
  EXPECT_EQ(first.status.rule(), "first-is-requested");

  // A batch with one bad record: refused whole, and the record named.
  const ErrorInfo batch = ErrorOf(
      client, AppendFrame({good, Encoded(Granted4("good")), Encoded(Plain("good", Stage::kCompleted, kTestMorning)),
                           Encoded(Plain("good", Stage::kStarted, kTestMorning))}));
  EXPECT_EQ(batch.status.code(), Code::kConflict);
  EXPECT_EQ(batch.status.rule(), "terminal-absorbs");
  EXPECT_EQ(batch.item, 3);
  EXPECT_EQ(SizeOf(ledger), before);

  // Nothing can be read here.
  EXPECT_EQ(ErrorOf(client, EncodeRequest({9, StatusRequest{}})).status.code(), Code::kNotPermitted);
  RawClient auditor(ledger.audit_socket());
  EXPECT_EQ(ErrorOf(auditor, AppendFrame({good})).status.code(), Code::kNotPermitted);
  EXPECT_EQ(SizeOf(ledger), before);

  // The connection is still good for what is right.
  ASSERT_TRUE(client.WriteFrame(AppendFrame({good}, 77)));
  const auto answer = client.ReadFrame();
  ASSERT_TRUE(answer);
  const auto response = DecodeResponse(*answer);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->correlation, 77u);
  EXPECT_TRUE(std::holds_alternative<AppendResponse>(response->body));
  EXPECT_EQ(SizeOf(ledger), before + 1);
  ExpectVerifies(ledger);
}

TEST(Sockets, BadJsonLinesNameTheLineAndTheFieldAndKeepGoingGoesOn) {
  ServedLedger ledger;
  ledger.Start();
  const std::string good = TransitionJson(Requested("one", "alice")) + "\n";
  std::string bad = TransitionJson(Requested("two", "alice")) + "\n";
  bad.replace(bad.find("\"8\""), 3, "\"0.0001\"");
  const std::string third = TransitionJson(Requested("three", "alice")) + "\n";
  const Ended stopped = ledger.Append(good + bad + third);
  EXPECT_EQ(stopped.status, 4);
  EXPECT_NE(stopped.err.find("line 2"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("requested.gpu"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("0.0001"), std::string::npos) << stopped.err;
  EXPECT_EQ(ledger.OnSocket({"show", "three"}).status, 3);
  EXPECT_EQ(ledger.Append(good + bad + third, {"--keep-going"}).status, 4);
  EXPECT_EQ(ledger.OnSocket({"show", "three"}).status, 0);
  EXPECT_EQ(ledger.OnSocket({"show", "two"}).status, 3);
  ExpectVerifies(ledger);
}

TEST(Sockets, ARetryIsAnsweredWithTheFirstAcknowledgmentAlsoAfterARestart) {
  ServedLedger ledger;
  ledger.Start();
  const Transition transition = Requested("again", "alice");
  const auto first = ClientOf(ledger)->Append(transition).get();
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  const auto second = ClientOf(ledger)->Append(transition).get();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(ledger.Stop().status, 0);
  ledger.Start();
  const auto third = ClientOf(ledger)->Append(transition).get();
  ASSERT_TRUE(third.ok());
  for (const auto& again : {*second, *third}) {
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.seq, first->seq);
    EXPECT_EQ(again.leaf_hash, first->leaf_hash);
    EXPECT_EQ(again.recorded_at, first->recorded_at);
  }
  const auto conflict = ClientOf(ledger)->Append(Requested("again", "bob"), 0).get();
  EXPECT_EQ(conflict.status().code(), Code::kConflict);
  EXPECT_EQ(conflict.status().rule(), "expected-revision");
}

TEST(Sockets, RefusalsAreCountedByRecorderAndRuleAndNotedInTheChain) {
  ServedLedger ledger;
  ledger.Start({"--producer=uid:" + std::to_string(getuid()) + "=gateway"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ClientOf(ledger)->Append(Plain("x", Stage::kStarted, kTestMorning)).get().status().code(),
              Code::kConflict);
  }
  const json status = json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  ASSERT_EQ(status["refusals"].size(), 1u) << status.dump(1);
  EXPECT_EQ(status["refusals"][0]["producer"], "gateway");
  EXPECT_EQ(status["refusals"][0]["count"], 3);
  EXPECT_NE(std::string(status["refusals"][0]["rule"]).find("first-is-requested"), std::string::npos);
  EXPECT_EQ(ledger.Stop().status, 0);  // notes what was not noted yet
  ledger.Start();
  const auto client = AuditClient::Connect(ledger.audit_socket(), seconds(10));
  ASSERT_TRUE(client.ok());
  const auto entries = (*client)->CallFor<EntriesResponse>(EntriesRequest{});
  ASSERT_TRUE(entries.ok());
  uint64_t noted = 0;
  for (const std::string& bytes : entries->entries) {
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok());
    if (!entry->event) continue;
    if (const AppendsRefused* event = std::get_if<AppendsRefused>(&*entry->event)) {
      for (const RefusalCount& refusal : event->refusals) noted += refusal.count;
    }
  }
  EXPECT_EQ(noted, 3u);
}

TEST(Sockets, APeerThatNoRuleNamesGetsATypedErrorBeforeItIsReadFrom) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  ServedLedger ledger;
  ledger.Start();
  // Past the file's mode and the directory, so that the daemon itself has to say no.
  ASSERT_EQ(chmod(ledger.append_socket().c_str(), 0666), 0);
  ASSERT_EQ(chmod(ledger.path("").c_str(), 0755), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0) _exit(10);
    RawClient client(ledger.append_socket());
    const auto answer = client.ReadFrame();
    if (!answer) _exit(11);
    const auto response = DecodeResponse(*answer);
    if (!response.ok() || !std::holds_alternative<ErrorInfo>(response->body)) _exit(12);
    _exit(std::get<ErrorInfo>(response->body).status.code() == Code::kNotPermitted ? 0 : 13);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// While others misbehave, this client's appends go through.
void ExpectServed(const ServedLedger& ledger, const std::string& id) {
  const auto acknowledgment = ClientOf(ledger)->Append(Requested(id, "alice")).get();
  EXPECT_TRUE(acknowledgment.ok()) << acknowledgment.status().ToString();
  EXPECT_EQ(ledger.OnSocket({"show", id}).status, 0);
}

uint64_t ResidentBytes(const ServedLedger& ledger) {
  const json status = json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  return status["gauges"]["resident-bytes"];
}

TEST(Sockets, AFrameThatClaimsFourGibibytesIsRefusedAtOnce) {
  ServedLedger ledger;
  ledger.Start();
  RawClient liar(ledger.append_socket());
  ASSERT_TRUE(liar.Write(FrameHeader(UINT32_MAX)));
  const auto answer = liar.ReadFrame();
  ASSERT_TRUE(answer);
  const auto response = DecodeResponse(*answer);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(std::get<ErrorInfo>(response->body).status.code(), Code::kResourceExhausted);
  EXPECT_TRUE(liar.ReadToEnd());
  ExpectServed(ledger, "after-the-liar");
}

TEST(Sockets, ClientsThatNeverReadAndClientsThatFloodDoNotGrowTheDaemonOrStopOthers) {
  ServedLedger ledger;
  Child::Setup setup;
  setup.environment["ASAN_OPTIONS"] = "quarantine_size_mb=1";  // else a sanitized daemon keeps what it has freed
  ledger.Start({"--max-inflight-bytes-per-connection=8388608", "--max-inflight-bytes=33554432"}, setup);
  std::string large;  // so that a page of entries is as large as an answer may be
  for (int i = 0; i < 1500; ++i) {
    Transition transition = Requested("large-" + std::to_string(i), "alice");
    transition.scope->purpose = std::string(12'000, 'x');
    large += TransitionJson(transition) + "\n";
  }
  ASSERT_EQ(ledger.Append(large).status, 0);
  ExpectServed(ledger, "before");
  const uint64_t before = ResidentBytes(ledger);
  // Each pushes all that the daemon takes from it, and reads nothing.
  std::vector<RawClient> floods;
  // Requests that are smaller than their answers: a refusal, and a page of entries.
  std::string refused;
  std::string listings;
  for (int i = 0; i < 1000; ++i) {
    refused += Framed(AppendFrame({"no transition"}));
    listings += Framed(EncodeRequest({1, EntriesRequest{}}));
  }
  for (int i = 0; i < 40; ++i) {
    RawClient flood(i % 2 == 0 ? ledger.append_socket() : ledger.audit_socket());
    ASSERT_TRUE(flood.open());
    const std::string& unit = i % 2 == 0 ? refused : listings;
    // Until the daemon stops reading: 64 MiB would be far past every limit.
    size_t taken = 0;
    for (std::string_view rest = unit; taken < (64u << 20);) {
      size_t written = 0;
      WaitUntil([&] { return (written = flood.WriteSome(rest)) > 0; }, std::chrono::milliseconds(300));
      if (written == 0) break;
      taken += written;
      rest.remove_prefix(written);
      if (rest.empty()) rest = unit;
    }
    EXPECT_LT(taken, 64u << 20) << "the daemon never stopped reading from a client that does not read";
    floods.push_back(std::move(flood));
  }
  ExpectServed(ledger, "during");
  EXPECT_LT(ResidentBytes(ledger), before + (160u << 20));
  floods.clear();
  ExpectServed(ledger, "after");
}

TEST(Sockets, TenThousandHalfOpenConnectionsAreBoundedAndOthersDoNotNotice) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 12'000) GTEST_SKIP() << "this process may open only " << limit.rlim_cur << " files";
  ServedLedger ledger;
  ledger.Start({"--frame-timeout-seconds=5"});
  const uint64_t before = ResidentBytes(ledger);
  // From a process of its own, as an attacker's would be: the limit is per process.
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t attacker = fork();
  ASSERT_GE(attacker, 0);
  if (attacker == 0) {
    std::vector<RawClient> held;
    for (int i = 0; i < 10'000; ++i) {
      RawClient client(ledger.append_socket());
      client.WriteSome("\x10");  // the first byte of a frame that never comes
      held.push_back(std::move(client));
    }
    if (write(ready[1], "r", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char byte = 0;
  close(ready[1]);
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  ExpectServed(ledger, "beside-them");
  const json status = json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  EXPECT_LE(status["gauges"]["connections"], 128) << status.dump(1);
  EXPECT_GE(status["gauges"]["connections-refused"], 9'000);
  EXPECT_LT(ResidentBytes(ledger), before + (64u << 20));
  kill(attacker, SIGKILL);
  waitpid(attacker, nullptr, 0);
  ExpectServed(ledger, "afterwards");
}

TEST(Sockets, AnOrderlyStopAnswersWhatIsInFlight) {
  ServedLedger ledger;
  ledger.Start();
  const auto client = ClientOf(ledger);
  std::vector<std::future<Result<Acknowledgment>>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(client->Append(Requested("inflight-" + std::to_string(i), "alice")));
  ASSERT_TRUE(answers.front().get().ok());
  EXPECT_EQ(ledger.Stop().status, 0);
  ledger.Start();  // the client connects again and goes on
  for (size_t i = 1; i < answers.size(); ++i) {
    const auto answer = answers[i].get();
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
  }
  EXPECT_EQ(SizeOf(ledger), 2u + 200 + 2);  // genesis, opened, the records, closed, opened
  ExpectVerifies(ledger);
}

TEST(Sockets, AppendsAreRefusedWhileTheDiskIsNearlyFullAndQueriesAnswered) {
  ServedLedger ledger;
  ledger.Start({"--min-free-bytes=1099511627776"});  // more than the test's disk has
  AppendClientOptions options;
  options.socket_path = ledger.append_socket();
  options.deadline = std::chrono::milliseconds(200);
  const auto refused = AppendClient::Create(options)->Append(Requested("full", "alice")).get();
  EXPECT_FALSE(refused.ok());
  const json status = json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  EXPECT_EQ(status["healthy"], false);
  EXPECT_NE(std::string(status["problem"]).find("disk"), std::string::npos);
}

}  // namespace
}  // namespace envledger
