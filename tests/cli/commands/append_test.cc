// `append`, with a daemon that is no more than its answers.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/files/line_reader.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/batch_daemon.h"
#include "tests/support/text_file.h"

namespace envledger::cli {
namespace {

// The command with the daemon behind it.
struct CommandRun {
  CommandRun(const std::string& lines, std::vector<std::string> words) : input(lines) {
    world.context.in_fd = input.fd();
    world.context.open_appender = [this](const AppendClientOptions& options) {
      socket = options.socket_path;
      return Result<SendBatch>(daemon.Sender());
    };
    words.insert(words.begin(), "append");
    status = [this, words] { return world.Run(words); };
  }
  TextFile input;
  World world;
  BatchDaemon daemon;
  std::string socket;
  std::function<int()> status;
};

constexpr char kLine[] =
    R"({"envelope_id":"e1","stage":"requested","occurred_at":"2026-03-17T09:20:00Z",)"
    R"("identity":{"requester":{"kind":"user","issuer":"i","id":"alice"}},"execution":{"kind":"inference"},)"
    R"("scope":{"kind":"project","id":"p","binding":"bound"},"requested":{"gpu":"1"}})";

TEST(AppendCommand, ReadsStandardInputAndSumsUp) {
  CommandRun run(std::string(kLine) + "\n\n  \n", {});
  EXPECT_EQ(run.status(), 0) << run.world.err.str();
  EXPECT_EQ(run.daemon.stored.size(), 1u);
  EXPECT_EQ(run.socket, "/run/envledger/append.sock");
  EXPECT_EQ(run.world.out.str().substr(0, 33), "appended 1, replayed 0, refused 0");
}

TEST(AppendCommand, ABadLineIsNamedWithItsNumberAndField) {
  CommandRun run(std::string(kLine) + "\n{\"envelope_id\":\"e2\",\"stage\":\"napping\"}\n" + kLine + "\n", {"-"});
  EXPECT_EQ(run.status(), 4);
  EXPECT_EQ(run.daemon.stored.size(), 1u) << "what stands before it is appended";
  EXPECT_NE(run.world.err.str().find("line 2: invalid argument (stage)"), std::string::npos) << run.world.err.str();
  EXPECT_NE(run.world.err.str().find("stopped: 1 records of this input are in the ledger"), std::string::npos);
}

TEST(AppendCommand, KeepGoingPassesOverBadLinesAndStillExitsFour) {
  CommandRun run("not json\n" + std::string(kLine) + "\n", {"--keep-going", "--format", "jsonl"});
  EXPECT_EQ(run.status(), 4);
  EXPECT_EQ(run.daemon.stored.size(), 1u);
  EXPECT_NE(run.world.err.str().find("line 1: "), std::string::npos);
  EXPECT_EQ(run.world.out.str(), R"({"line":2,"envelope_id":"e1","seq":0,"leaf_hash":")" + std::string(64, '0') +
                                     R"(","revision":0,"recorded_at":"1970-01-01T00:00:00Z","replayed":false})" + "\n");
}

TEST(AppendCommand, ALineOverAMebibyteIsABadLine) {
  CommandRun run(std::string(kMaxLineBytes + 1, ' ') + "\n", {});
  EXPECT_EQ(run.status(), 4);
  EXPECT_NE(run.world.err.str().find("line 1: "), std::string::npos);
}

TEST(AppendCommand, AnUnreachableLedgerIsUnavailable) {
  CommandRun run(std::string(kLine) + "\n", {"--append-socket", "/nowhere"});
  run.daemon.fails_from = 0;
  run.daemon.failure = Unavailable("nobody there");
  EXPECT_EQ(run.status(), 5);
  EXPECT_EQ(run.socket, "/nowhere");
  EXPECT_EQ(CommandRun("", {"/no/such/file"}).status(), 5);
}

}  // namespace
}  // namespace envledger::cli
