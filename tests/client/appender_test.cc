#include "ledger/client/appender.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/batch_daemon.h"

namespace envledger {
namespace {

// Puts lines "1", "2", ... through an Appender, each of an envelope of its own unless named.
struct Lines {
  explicit Lines(BatchDaemon& daemon, size_t batch, bool keep_going)
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
  BatchDaemon daemon;
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
  BatchDaemon daemon;
  Lines run(daemon, 100, false);
  for (uint64_t i = 1; i <= 5; ++i) {
    run.appender.Add({.number = i, .envelope_id = std::to_string(i), .record = {std::string(400, 'x'), {}}});
  }
  run.appender.Finish();
  ASSERT_EQ(daemon.requests.size(), 2u);
  EXPECT_EQ(daemon.requests[0].size(), 3u);
}

TEST(Appender, KeepsSeveralBatchesOnTheirWayButNotMoreThanItMay) {
  BatchDaemon daemon;
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
  BatchDaemon daemon;
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
  BatchDaemon daemon;
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
  BatchDaemon daemon;
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
  BatchDaemon daemon;
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
  BatchDaemon daemon;
  daemon.bad = {"3"};
  daemon.name_the_item = false;
  Lines run(daemon, 4, true);
  run.Add(1, 4);
  run.appender.Finish();
  EXPECT_EQ(run.refused, std::vector<std::string>{"3 bad 3"});
  EXPECT_EQ(daemon.stored, (std::vector<std::string>{"1", "2", "4"}));
}

TEST(Appender, ABatchOfNothingButBadLinesIsNotSentOverAndOver) {
  BatchDaemon daemon;
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
  BatchDaemon daemon;
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

}  // namespace
}  // namespace envledger
