#include "ledger/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace envledger {
namespace {

// Puts a file in the place of standard error for as long as it lives.
class CapturedLog {
 public:
  CapturedLog() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
    EXPECT_NE(file_, nullptr);
    EXPECT_EQ(dup2(fileno(file_), STDERR_FILENO), STDERR_FILENO);
  }
  ~CapturedLog() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    std::fclose(file_);
  }
  std::string Text() const {
    std::string text(1 << 20, '\0');
    const ssize_t size = pread(fileno(file_), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }

 private:
  FILE* file_;
  int saved_;
};

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(LogTest, LinesCarryTheirPriorityForTheJournal) {
  const CapturedLog log;
  Log(LogLevel::kError, "broken");
  Log(LogLevel::kWarning, "odd");
  Log(LogLevel::kInfo, "ready");
  EXPECT_EQ(log.Text(), "<3>error: broken\n<4>warning: odd\n<6>info: ready\n");
}

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  const CapturedLog log;
  Log(LogLevel::kDebug, "not by default");
  SetLogLevel(LogLevel::kWarning);
  Log(LogLevel::kInfo, "no");
  Log(LogLevel::kWarning, "yes");
  SetLogLevel(LogLevel::kDebug);
  Log(LogLevel::kDebug, "now");
  EXPECT_EQ(log.Text(), "<4>warning: yes\n<7>debug: now\n");
}

TEST_F(LogTest, TextCannotForgeALineOrSteerATerminal) {
  const CapturedLog log;
  Log(LogLevel::kInfo, "a\n<3>error: forged\r\x1b[2J\x7f caf\xC3\xA9");
  EXPECT_EQ(log.Text(), "<6>info: a\\x0a<3>error: forged\\x0d\\x1b[2J\\x7f caf\xC3\xA9\n");
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  const CapturedLog log;
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'e'; ++c) {
    threads.emplace_back([c] {
      for (int i = 0; i < 200; ++i) Log(LogLevel::kInfo, std::string(100, c));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = log.Text();
  size_t lines = 0;
  for (size_t begin = 0; begin < text.size(); ++lines) {
    const size_t end = text.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    const std::string line = text.substr(begin, end - begin);
    ASSERT_EQ(line, "<6>info: " + std::string(100, line.back()));
    begin = end + 1;
  }
  EXPECT_EQ(lines, 800u);
}

// In a process of its own, because the thread cannot be taken back. Returns what the child logs, as this process reads
// it only once the child has shown that it does not wait for a reader.
TEST_F(LogTest, NobodyWaitsForAReaderThatDoesNotRead) {
  int lines[2];
  int signs[2];
  ASSERT_EQ(pipe(lines), 0);
  ASSERT_EQ(pipe(signs), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    dup2(lines[1], STDERR_FILENO);
    close(lines[0]);
    close(lines[1]);
    LogInBackground();
    for (int i = 0; i < 5000; ++i) Log(LogLevel::kInfo, std::string(1000, 'x'));
    const bool hung = !FlushLog(std::chrono::milliseconds(1)) && DroppedLogLines() > 0;
    const char sign = hung ? 'y' : 'n';
    const bool told = write(signs[1], &sign, 1) == 1;
    _exit(told && FlushLog(std::chrono::minutes(1)) ? 0 : 1);
  }
  close(lines[1]);
  char sign = '?';
  EXPECT_EQ(read(signs[0], &sign, 1), 1);
  EXPECT_EQ(sign, 'y');
  std::string text;
  for (char buffer[65536];;) {
    const ssize_t count = read(lines[0], buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(text, testing::HasSubstr(" lines of the log were dropped, because nobody read them in time\n"));
  EXPECT_GT(text.size(), kMaxWaitingLogBytes / 2) << "what fits is kept";
  EXPECT_LT(text.size(), 2 * kMaxWaitingLogBytes);
  for (const int fd : {lines[0], signs[0], signs[1]}) close(fd);
}

TEST(EndWithStatusWhenUnhandledTest, SaysWhatWasNotHandledAndEndsWithTheStatus) {
  const auto end_by = [](void (*fail)()) {
    EndWithStatusWhenUnhandled("program", 5);
    // On a thread, where nothing of the test handles it.
    std::thread(fail).join();
  };
  const auto status = testing::ExitedWithCode(5);
  EXPECT_EXIT(end_by([] { throw std::bad_alloc(); }), status, "error: program: out of memory\n");
  EXPECT_EXIT(end_by([] { std::string().resize(SIZE_MAX); }), status, "program: out of memory: ");
  EXPECT_EXIT(end_by([] { throw std::system_error(EAGAIN, std::generic_category()); }), status,
              "program: a thread cannot be started: Resource temporarily unavailable\n");
  EXPECT_EXIT(end_by([] { throw std::runtime_error("odd"); }), status, "program: ended by an unhandled failure: odd\n");
  EXPECT_EXIT(end_by([] { std::filesystem::remove("/proc/self/stat"); }), status, "program: .*remove.*/proc/self/stat");
  EXPECT_EXIT(end_by([] { throw 7; }), status, "program: ended by an unknown failure\n");
  EXPECT_EXIT(end_by([] { std::terminate(); }), status, "program: ended by an unknown failure\n");
}

}  // namespace
}  // namespace envledger
