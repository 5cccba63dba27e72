// Starting the real daemon: what it refuses, how it is ended, what it keeps of its key.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/files/file.h"
#include "tests/support/daemon.h"
#include "tests/support/sanitized.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class StartTest : public ::testing::Test {
 protected:
  std::string Verdict() const {
    const Ended verified = ledger_.OnDirectory({"verify", "--format", "json"});
    EXPECT_EQ(verified.status, 1) << verified.err;
    return nlohmann::json::parse(verified.out)["verdict"];
  }
  // The files of the log whose names begin so.
  std::vector<fs::path> LogFiles(const std::string& prefix, const std::string& extension) const {
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(ledger_.data_dir() + "/log")) {
      const fs::path& path = file.path();
      if (path.filename().string().rfind(prefix, 0) == 0 && path.extension() == extension) files.push_back(path);
    }
    return files;
  }

  ServedLedger ledger_;
};

TEST_F(StartTest, ASignalEndsAStartAtOnceAndTheNextOneRecovers) {
  ledger_.Start();
  ASSERT_EQ(ledger_.Append(Stories(200)).status, 0);
  ASSERT_EQ(ledger_.Stop().status, 0);
  for (const int number : {SIGTERM, SIGINT}) {
    fs::remove_all(ledger_.data_dir() + "/index");  // rebuilding it takes some time
    const Ended ended = ledger_.StartAndSignal(number);
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(std::string(number == SIGTERM ? "SIGTERM" : "SIGINT") + " while starting"));
    EXPECT_THAT(ended.err, Not(HasSubstr("info: serving")));
  }
  ledger_.Start();
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(ledger_.OnDirectory({"verify"}).status, 0);
}

TEST_F(StartTest, ASignalRightAfterAStartClosesTheLedgerInOrder) {
  for (int round = 0; round < 10; ++round) {
    ledger_.Start();
    const Ended ended = ledger_.Stop();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("closed with")) << "it was ready";
  }
}

// Restarting does not help, so the exit status is not that of something that passes.
TEST_F(StartTest, AMissingOrEmptyFileOfTheLogIsAFailedVerificationWithAVerdict) {
  ledger_.Start();
  ASSERT_EQ(ledger_.Append(Stories(10)).status, 0);
  ASSERT_EQ(ledger_.Stop().status, 0);
  ledger_.Start();  // writes the entries into a table
  ASSERT_EQ(ledger_.Stop().status, 0);
  std::vector<fs::path> files = {ledger_.data_dir() + "/log/CURRENT"};
  for (const fs::path& manifest : LogFiles("MANIFEST", "")) files.push_back(manifest);
  const std::vector<fs::path> tables = LogFiles("", ".sst");
  ASSERT_FALSE(tables.empty());
  files.insert(files.end(), tables.begin(), tables.end());
  for (const fs::path& file : files) {
    fs::copy_file(file, ledger_.path("kept"), fs::copy_options::overwrite_existing);
    for (const bool gone : {true, false}) {
      if (gone) {
        fs::remove(file);
      } else {
        fs::resize_file(file, 0);
      }
      const Ended refused = ledger_.StartAndFail();
      EXPECT_EQ(refused.status, 1) << file << ": " << refused.err;
      EXPECT_THAT(refused.err, HasSubstr("TAMPERED")) << file;
      EXPECT_EQ(Verdict(), "TAMPERED") << file;
      fs::copy_file(ledger_.path("kept"), file, fs::copy_options::overwrite_existing);
    }
  }
  ledger_.Start();
  EXPECT_EQ(ledger_.Stop().status, 0);
}

TEST_F(StartTest, NobodyElseCanTakeTheLocksOfTheDatabases) {
  for (const char* name : {"/log", "/index"}) fs::permissions(ledger_.data_dir() + name, fs::perms(0755));
  ledger_.Start();
  for (const char* name : {"/log", "/index"}) {
    EXPECT_EQ(fs::status(ledger_.data_dir() + name).permissions(), fs::perms(0700)) << name;
  }
  EXPECT_EQ(ledger_.Stop().status, 0);
}

// The mapping of a process that holds an address, as /proc/<pid>/smaps tells of it.
struct Mapping {
  uint64_t from = 0;
  uint64_t until = 0;
  std::string flags;
};
std::vector<Mapping> MappingsOf(pid_t pid) {
  std::vector<Mapping> mappings;
  std::ifstream smaps("/proc/" + std::to_string(pid) + "/smaps");
  for (std::string line; std::getline(smaps, line);) {
    Mapping mapping;
    char dash = 0;
    std::istringstream text(line);
    if (line.find(':') > line.find(' ') && text >> std::hex >> mapping.from >> dash >> mapping.until) {
      mappings.push_back(mapping);
    } else if (line.rfind("VmFlags:", 0) == 0) {
      mappings.back().flags = line + " ";
    }
  }
  return mappings;
}

TEST_F(StartTest, TheKeyIsOnlyInMemoryThatIsNeitherDumpedNorSwapped) {
  const std::string pem = *ReadFile(ledger_.key_path(), 4096);
  const size_t begin = pem.find('\n') + 1;
  const auto der = ParseBase64(pem.substr(begin, pem.find('\n', begin) - begin));
  ASSERT_TRUE(der) << "the key is one line of base64";
  const std::string seed = der->substr(der->size() - 32);
  ledger_.Start();
  ASSERT_EQ(ledger_.Append(Stories(2)).status, 0);
  ASSERT_EQ(ledger_.OnSocket({"checkpoint", "--sign-now"}).status, 0);
  const pid_t pid = ledger_.daemon().pid();
  const UniqueFd memory(open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY));
  if (!memory.valid()) GTEST_SKIP() << "the daemon's memory may not be read here: nothing was looked at";
  size_t found = 0;
  for (const Mapping& mapping : MappingsOf(pid)) {
    constexpr uint64_t kLarge = 1u << 30;  // what a sanitizer reserves for itself
    if (mapping.flags.find(" rd ") == std::string::npos || mapping.until - mapping.from > kLarge) continue;
    std::string bytes(mapping.until - mapping.from, '\0');
    const ssize_t size = pread(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(mapping.from));
    if (size <= 0) continue;
    bytes.resize(static_cast<size_t>(size));
    if (bytes.find(seed) == std::string::npos) continue;
    ++found;
    EXPECT_THAT(mapping.flags, HasSubstr(" dd ")) << "it would be in a core dump";
    // The runtimes of the sanitizers let no program lock memory.
    if (!ENVLEDGER_SANITIZED) {
      EXPECT_THAT(mapping.flags, HasSubstr(" lo ")) << "it could be swapped out";
    }
  }
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(ledger_.Stop().status, 0);
}

}  // namespace
}  // namespace envledger
