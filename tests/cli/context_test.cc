#include "cli/context.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger::cli {
namespace {

class ContextTest : public ::testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Context context_{.out = out_, .err = err_};
};

TEST_F(ContextTest, ComplaintsNameTheToolAndCannotDeceiveATerminal) {
  Complain(context_, "not \x1b[2J here");
  EXPECT_TRUE(err_.str().starts_with("envledger: not ")) << err_.str();
  EXPECT_EQ(err_.str().find('\x1b'), std::string::npos);
  EXPECT_EQ(err_.str().back(), '\n');
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ContextTest, ComplaintsAreWrappedOnATerminalOnly) {
  std::string message;
  for (int i = 0; i < 40; ++i) message += "word ";
  message += "end";
  Complain(context_, message);
  EXPECT_EQ(err_.str(), "envledger: " + message + "\n");
  err_.str("");
  context_.err_is_terminal = true;
  context_.width = 40;
  Complain(context_, message);
  std::istringstream lines(err_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 40u) << line;
  EXPECT_GT(count, 4);
}

TEST_F(ContextTest, AFailureHasItsExitStatusAndWrongUsageItsOwn) {
  EXPECT_EQ(Fail(context_, NotFound("no envelope x")), ExitStatus::kNotFound);
  EXPECT_EQ(Fail(context_, Unavailable("no daemon")), ExitStatus::kUnavailable);
  EXPECT_EQ(WrongUsage(context_, InvalidArgument("--x is missing")), ExitStatus::kWrongUsage);
  EXPECT_NE(err_.str().find("no envelope x"), std::string::npos);
  EXPECT_NE(err_.str().find("envledger: --x is missing\n"), std::string::npos);
}

TEST(ProcessContext, OpensADirectoryAnExportOrASocket) {
  const Context context = ProcessContext();
  TestLedger ledger;
  ledger.Open();
  ledger.MustAppend({Encoded(Opening("env-1"))});
  ledger.Close();
  LedgerSource stored;
  stored.data_dir = ledger.data_dir();
  const auto reader = context.open_ledger(stored);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_TRUE((*reader)->FindEnvelope({"env-1"}).ok());
  LedgerSource exported;
  exported.tiles = ledger.data_dir() + "/nothing";
  EXPECT_FALSE(context.open_ledger(exported).ok());
  LedgerSource socket;
  socket.socket = ledger.data_dir() + "/nothing.sock";
  EXPECT_EQ(context.open_ledger(socket).status().code(), Code::kUnavailable);
  AppendClientOptions options;
  options.socket_path = socket.socket;
  options.deadline = std::chrono::seconds(20);
  EXPECT_EQ(context.open_appender(options).status().code(), Code::kUnavailable) << "at once, not at the deadline";
}

TEST(ProcessContext, ReadsTheEnvironmentAndTheClock) {
  const Context context = ProcessContext();
  ASSERT_EQ(setenv("ENVLEDGER_TEST_VARIABLE", "value", 1), 0);
  EXPECT_EQ(context.variable("ENVLEDGER_TEST_VARIABLE"), "value");
  unsetenv("ENVLEDGER_TEST_VARIABLE");
  EXPECT_EQ(context.variable("ENVLEDGER_TEST_VARIABLE"), "");
  const Nanos now = context.now();
  EXPECT_LE(now, SystemClock().Now());
  const Nanos before = context.ticks();
  EXPECT_GE(context.ticks(), before);
}

}  // namespace
}  // namespace envledger::cli
