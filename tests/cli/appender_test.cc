#include "cli/appender.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "fake_ledger.h"
#include "ledger/base/file.h"
#include "ledger/base/line_reader.h"

namespace envledger::cli {
namespace {

// A daemon of the append socket as far as a batch can tell: all or none, in the order sent. Answers at once, or when
// told.
class FakeDaemon {
 public:
  SendBatch Sender() {
    return [this](std::vector<AppendRecord> records, AppendClient::Callback done) {
      requests.push_back({});
      for (const AppendRecord& record : records) requests.back().push_back(record.transition);
      waiting_.push_back({std::move(records), std::move(done)});
      most_waiting = std::max(most_waiting, waiting_.size());
      if (waiting_.size() > delay) AnswerFirst();
    };
  }
  void AnswerAll() {
    while (!waiting_.empty()) AnswerFirst();
  }

  size_t delay = 0;  // batches that wait before the first of them is answered
  std::set<std::string> bad;
  bool name_the_item = true;
  Status failure;  // of every batch from the request with this index on
  size_t fails_from = 1000;
  std::vector<std::vector<std::string>> requests;
  std::vector<std::string> stored;
  size_t most_waiting = 0;

 private:
  struct Waiting {
    std::vector<AppendRecord> records;
    AppendClient::Callback done;
  };
  void AnswerFirst() {
    const Waiting first = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    if (answered_++ >= fails_from) return first.done(failure, nullptr);
    for (size_t i = 0; i < first.records.size(); ++i) {
      if (!bad.contains(first.records[i].transition)) continue;
      ErrorInfo error;
      error.status = Conflict("legal-move", "bad " + first.records[i].transition);
      error.item = name_the_item ? static_cast<int32_t>(i) : -1;
      return first.done(error.status, &error);
    }
    std::vector<Acknowledgment> acknowledgments;
    for (const AppendRecord& record : first.records) {
      acknowledgments.push_back({.seq = stored.size()});
      stored.push_back(record.transition);
    }
    first.done(std::move(acknowledgments), nullptr);
  }
  std::vector<Waiting> waiting_;
  size_t answered_ = 0;
};

// Puts lines "1", "2", ... through an Appender, each of an envelope of its own unless named.
struct Lines {
  explicit Lines(FakeDaemon& daemon, size_t batch, bool keep_going)
      : appender(daemon.Sender(),
                 {.batch_records = batch, .batch_bytes = 1000, .most_batch_records = batch, .batches_in_flight = 4},
                 keep_going,
                 {.acknowledged = [this](const AppendLine& line,
                                         const Acknowledgment&) { acknowledged.push_back(line.number); },
                  .refused =
                      [this](const AppendLine& line, const Status& status, const ErrorInfo*) {
                        refused.push_back(std::to_string(line.number) + " " + status.message());
                      }}) {}
  void Add(uint64_t first, uint64_t last) {
    for (uint64_t i = first; i <= last; ++i) Add(i, "envelope " + std::to_string(i));
  }
  void Add(uint64_t number, const std::string& envelope) {
    appender.Add({.number = number, .envelope_id = envelope, .record = {std::to_string(number), {}}});
  }

  std::vector<uint64_t> acknowledged;
  std::vector<std::string> refused;
  Appender appender;
};

std::vector<std::string> Texts(uint64_t first, uint64_t last) {
  std::vector<std::string> texts;
  for (uint64_t i = first; i <= last; ++i) texts.push_back(std::to_string(i));
  return texts;
}

std::vector<uint64_t> Numbers(uint64_t first, uint64_t last) {
  std::vector<uint64_t> numbers;
  for (uint64_t i = first; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

TEST(Appender, SendsFullBatchesAndTheRest) {
  FakeDaemon daemon;
  Lines run(daemon, 4, false);
  run.Add(1, 10);
  run.appender.Finish();
  ASSERT_EQ(daemon.requests.size(), 3u);
  EXPECT_EQ(daemon.requests[0], Texts(1, 4));
  EXPECT_EQ(daemon.requests[2], Texts(9, 10));
  EXPECT_EQ(run.acknowledged, Numbers(1, 10));
  EXPECT_EQ(run.appender.acknowledged(), 10u);
}

TEST(Appender, ABatchEndsAtItsBytesToo) {
  FakeDaemon daemon;
  Lines run(daemon, 100, false);
  for (uint64_t i = 1; i <= 5; ++i) {
    run.appender.Add({.number = i, .envelope_id = std::to_string(i), .record = {std::string(400, 'x'), {}}});
  }
  run.appender.Finish();
  ASSERT_EQ(daemon.requests.size(), 2u);
  EXPECT_EQ(daemon.requests[0].size(), 3u);
}

TEST(Appender, KeepsSeveralBatchesOnTheirWayButNotMoreThanItMay) {
  FakeDaemon daemon;
  daemon.delay = 3;
  Lines run(daemon, 1, false);
  run.Add(1, 20);
  daemon.delay = 0;
  daemon.AnswerAll();
  run.appender.Finish();
  EXPECT_EQ(daemon.most_waiting, 4u);
  EXPECT_EQ(run.acknowledged, Numbers(1, 20));
}

TEST(Appender, ABatchThatHasToWaitGrows) {
  FakeDaemon daemon;
  daemon.delay = 100;
  std::vector<uint64_t> acknowledged;
  Appender appender(
      daemon.Sender(), {.batch_records = 2, .most_batch_records = 5}, true,
      {.acknowledged = [&](const AppendLine& line, const Acknowledgment&) { acknowledged.push_back(line.number); },
       .refused = [](const AppendLine&, const Status&, const ErrorInfo*) {}});
  const auto add = [&](uint64_t number, const std::string& envelope) {
    appender.Add({.number = number, .envelope_id = envelope, .record = {std::to_string(number), {}}});
  };
  add(1, "a");
  add(2, "b");
  ASSERT_EQ(daemon.requests.size(), 1u);
  add(3, "b");
  add(4, "c");
  add(5, "d");
  EXPECT_EQ(daemon.requests.size(), 1u) << "b is on its way";
  daemon.AnswerAll();
  add(6, "e");
  ASSERT_EQ(daemon.requests.size(), 2u);
  EXPECT_EQ(daemon.requests[1], Texts(3, 6));
  daemon.AnswerAll();
  appender.Finish();
  EXPECT_EQ(acknowledged, Numbers(1, 6));
}

TEST(Appender, NeverHasTwoBatchesOfOneEnvelopeOnTheirWay) {
  FakeDaemon daemon;
  Lines run(daemon, 2, true);
  daemon.bad = {"1"};
  run.Add(1, "a");
  run.Add(2, "b");
  EXPECT_EQ(daemon.requests.size(), 1u);
  run.Add(3, "b");
  run.Add(4, "c");
  run.appender.Finish();
  // The second batch, which goes on with b, was sent after what the first one's refusal had held back.
  EXPECT_EQ(daemon.stored, (std::vector<std::string>{"2", "3", "4"}));
  EXPECT_EQ(run.acknowledged, (std::vector<uint64_t>{2, 3, 4}));
}

TEST(Appender, ARefusalStopsAndBlamesItsLine) {
  FakeDaemon daemon;
  daemon.bad = {"6"};
  Lines run(daemon, 4, false);
  run.Add(1, 8);
  run.appender.Finish();
  EXPECT_EQ(run.refused, std::vector<std::string>{"6 bad 6"});
  EXPECT_EQ(daemon.stored, Texts(1, 5)) << "what stands before the bad line is appended, what follows is not";
  EXPECT_TRUE(run.appender.stopped());
  EXPECT_TRUE(run.appender.failure().ok());
  EXPECT_EQ(run.appender.abandoned(), 2u);
  run.Add(9, 9);
  run.appender.Finish();
  EXPECT_EQ(daemon.stored.size(), 5u);
  EXPECT_EQ(run.appender.abandoned(), 3u);
}

TEST(Appender, KeepGoingLeavesOutTheBadLinesOnly) {
  FakeDaemon daemon;
  daemon.bad = {"1", "6", "7", "12"};
  Lines run(daemon, 4, true);
  run.Add(1, 12);
  run.appender.Finish();
  EXPECT_EQ(run.refused, (std::vector<std::string>{"1 bad 1", "6 bad 6", "7 bad 7", "12 bad 12"}));
  EXPECT_EQ(daemon.stored, (std::vector<std::string>{"2", "3", "4", "5", "8", "9", "10", "11"}));
  EXPECT_EQ(run.acknowledged, (std::vector<uint64_t>{2, 3, 4, 5, 8, 9, 10, 11}));
  EXPECT_EQ(run.appender.refused(), 4u);
  EXPECT_FALSE(run.appender.stopped());
}

TEST(Appender, FindsTheBadLineWhenTheRefusalNamesNone) {
  FakeDaemon daemon;
  daemon.bad = {"3"};
  daemon.name_the_item = false;
  Lines run(daemon, 4, true);
  run.Add(1, 4);
  run.appender.Finish();
  EXPECT_EQ(run.refused, std::vector<std::string>{"3 bad 3"});
  EXPECT_EQ(daemon.stored, (std::vector<std::string>{"1", "2", "4"}));
}

TEST(Appender, ABatchOfNothingButBadLinesIsNotSentOverAndOver) {
  FakeDaemon daemon;
  Lines run(daemon, 256, true);
  for (const std::string& text : Texts(1, 256)) daemon.bad.insert(text);
  run.Add(1, 256);
  run.appender.Finish();
  EXPECT_EQ(run.appender.refused(), 256u);
  size_t records = 0;
  for (const auto& request : daemon.requests) records += request.size();
  EXPECT_LE(records, 3u * 256) << "the work must grow with the lines, not with their square";
}

TEST(Appender, AFailureIsNoRefusal) {
  FakeDaemon daemon;
  daemon.fails_from = 1;
  daemon.failure = {Code::kUnknownOutcome, "the disk"};
  Lines run(daemon, 2, true);
  run.Add(1, 8);
  run.appender.Finish();
  EXPECT_EQ(run.appender.failure().code(), Code::kUnknownOutcome);
  EXPECT_EQ(run.acknowledged, Numbers(1, 2));
  EXPECT_TRUE(run.refused.empty());
  EXPECT_EQ(run.appender.abandoned(), 6u);
}

TEST(Appender, AcknowledgmentsMustBeAsManyAsRecords) {
  const SendBatch short_answer = [](const std::vector<AppendRecord>&, const AppendClient::Callback& done) {
    done(std::vector<Acknowledgment>(1), nullptr);
  };
  Appender appender(short_answer, {.batch_records = 2}, true,
                    {.acknowledged = [](const AppendLine&, const Acknowledgment&) {},
                     .refused = [](const AppendLine&, const Status&, const ErrorInfo*) {}});
  appender.Add({.number = 1, .envelope_id = "a", .record = {}});
  appender.Add({.number = 2, .envelope_id = "b", .record = {}});
  appender.Finish();
  EXPECT_EQ(appender.failure().code(), Code::kInternal);
}

// A pipe with `text` in it, closed for writing unless `open`.
class Input {
 public:
  explicit Input(const std::string& text) {
    std::string path = testing::TempDir() + "lines-XXXXXX";
    fd_ = UniqueFd(mkstemp(path.data()));
    unlink(path.c_str());
    EXPECT_EQ(write(fd_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    lseek(fd_.get(), 0, SEEK_SET);
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

TEST(LineReader, GivesLinesWithTheirNumbers) {
  const Input input("one\r\n\ntwo\nlast");
  LineReader reader(input.fd());
  std::vector<std::string> lines;
  while (*reader.Next() == LineReader::Event::kLine) {
    lines.push_back(std::to_string(reader.number()) + " " + std::string(reader.line()));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"1 one", "2 ", "3 two", "4 last"}));
}

TEST(LineReader, PassesOverALineThatIsTooLong) {
  const Input input("a\n" + std::string(3 * kMaxLineBytes, 'x') + "\n" + std::string(kMaxLineBytes, 'y') + "\nb\n");
  LineReader reader(input.fd());
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kTooLong);
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line().size(), kMaxLineBytes);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line(), "b");
  EXPECT_EQ(*reader.Next(), LineReader::Event::kEnd);
}

TEST(LineReader, KnowsWhenItWouldWait) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd near(ends[0]);
  UniqueFd far(ends[1]);
  LineReader reader(near.get());
  EXPECT_TRUE(reader.WouldWait());
  ASSERT_EQ(write(far.get(), "one\ntw", 6), 6);
  EXPECT_FALSE(reader.WouldWait());
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_TRUE(reader.WouldWait()) << "half a line is none";
  ASSERT_EQ(write(far.get(), "o\n", 2), 2);
  EXPECT_EQ(*reader.Next(), LineReader::Event::kLine);
  EXPECT_EQ(reader.line(), "two");
}

TEST(LineReader, SaysWhyItCannotRead) {
  LineReader reader(-1);
  EXPECT_EQ(reader.Next().status().code(), Code::kUnavailable);
}

// The command with the fake daemon behind it.
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
  Input input;
  World world;
  FakeDaemon daemon;
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
