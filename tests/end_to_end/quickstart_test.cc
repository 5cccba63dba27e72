// The quick start, as a newcomer runs it, with the programs that were just built.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/paths.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

const std::string kFolder = ENVLEDGER_SOURCE_DIR "/cli/quickstart";

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Quickstart, ShowsADayAndCatchesTheChangedByte) {
  if (!std::filesystem::exists("/usr/bin/ldb")) GTEST_SKIP() << "ldb is not installed (package rocksdb-tools)";
  const Ended run = RunProgram({kFolder + "/quickstart.sh", "--build-dir", ENVLEDGER_BINARY_DIR});
  ASSERT_EQ(run.status, 0) << run.out << run.err;
  auto expect_after = [&, at = size_t{0}](const std::string& text) mutable {
    const size_t found = run.out.find(text, at);
    EXPECT_NE(found, std::string::npos) << "\"" << text << "\" is missing, or out of order, in:\n" << run.out;
    if (found != std::string::npos) at = found;
  };
  expect_after("Who asked for things that day?");
  expect_after("alice");
  expect_after("narrowed");
  expect_after("denied");
  expect_after("env-deploy-0006");
  expect_after("VALID");
  expect_after("TAMPERED");
  expect_after("Done");
}

TEST(Quickstart, TheDayIsWhatItsScriptWrites) {
  TempDir directory;
  const Ended made = RunProgram({"/usr/bin/env", "PYTHONDONTWRITEBYTECODE=1", "python3", kFolder + "/make_day.py"});
  ASSERT_EQ(made.status, 0) << made.err;
  // The script writes the file beside itself, or prints it: both must give what is checked in.
  EXPECT_EQ(made.out, Contents(kFolder + "/day.jsonl"));
}

}  // namespace
}  // namespace envledger
