// The architecture as a test: which room may see which, also through others' headers, where the libraries' headers may
// appear and who may link them, how large files, rooms and functions may be, that no test sleeps and none is listed
// nowhere, and that each source has its tests. The rules between rooms are data (tests/layers.txt).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/layers/judge.h"
#include "tests/layers/sizes.h"
#include "tests/support/paths.h"

namespace envledger::layers {
namespace {

namespace fs = std::filesystem;
using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;

const fs::path kRoot = ENVLEDGER_SOURCE_DIR;

Files ReadTree(const fs::path& directory, const std::set<std::string>& extensions) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / directory)) {
    if (!entry.is_regular_file() || !extensions.contains(entry.path().extension().string())) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), kRoot).string()] = {std::istreambuf_iterator<char>(stream), {}};
  }
  return files;
}

Rules ProjectRules() {
  const Files files = ReadTree("tests", {".txt"});
  return ParseRules(files.at("tests/layers.txt"));
}

TEST(Layers, RulesAreWellFormed) {
  const Rules rules = ProjectRules();
  EXPECT_THAT(rules.problems, IsEmpty());
  EXPECT_THAT(rules.rooms, SizeIs(Ge(20)));
  EXPECT_THAT(rules.libraries, SizeIs(8));
}

TEST(Layers, EveryIncludeOfTheProjectIsAllowed) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_GT(files.size(), 20u);
  EXPECT_THAT(LayerProblems(ProjectRules(), files), IsEmpty());
}

TEST(Layers, NoFileSeesMoreThanItsRoomMayThroughOthersHeaders) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_THAT(SightProblems(ProjectRules(), files), IsEmpty());
}

TEST(Layers, NoRoomIsCrowded) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_THAT(CrowdProblems(files), IsEmpty());
}

// All that people write: not what the build makes, nor the golden files.
Files ReadSources() {
  Files files;
  for (const char* directory : {"ledger", "cli", "manual", "schema", "systemd", "tests"}) {
    files.merge(ReadTree(directory, {".h", ".cc", ".js", ".css", ".py"}));
  }
  return files;
}

TEST(Layers, NoFileIsTooLong) {
  const Files files = ReadSources();
  EXPECT_THAT(files, SizeIs(Ge(500)));
  EXPECT_THAT(LongFileProblems(files), IsEmpty());
}

TEST(Layers, NoFunctionIsTooLong) { EXPECT_THAT(LongFunctionProblems(ReadSources()), IsEmpty()); }

TEST(Layers, RoomsLinkOnlyWhatTheyMayInclude) {
  const Rules rules = ProjectRules();
  const Rooms links = LinksOf(rules, ReadTree("ledger", {".txt"}).at("ledger/CMakeLists.txt"));
  EXPECT_EQ(links.size() + 1, rules.rooms.size()) << "all but cli";
  for (const auto& [name, linked] : links) {
    for (const std::string& other : linked) {
      if (!rules.rooms.contains(other)) continue;  // a library
      EXPECT_TRUE(rules.rooms.at(name).contains(other)) << name << " links " << other;
    }
  }
  EXPECT_THAT(LinkProblems(rules, links), IsEmpty());
  EXPECT_THAT(rules.linked, SizeIs(1));
  EXPECT_TRUE(links.at("store").contains(rules.linked.begin()->first)) << "as CMake calls it";
}

TEST(Layers, NoTestSleeps) {
  Files files = ReadTree("tests", {".h", ".cc", ".py", ".sh", ".txt"});
  // A benchmark measures for as long as it is told.
  std::erase_if(files, [](const auto& file) { return file.first.ends_with("_bench.cc"); });
  EXPECT_THAT(SleepProblems(files), IsEmpty());
}

TEST(Layers, TablesOfTextAreHashedWithAKey) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_THAT(HashProblems(files), IsEmpty());
}

TEST(Layers, EveryTestIsListed) {
  EXPECT_THAT(UnlistedProblems(ReadTree("tests", {".cc", ".py", ".sh", ".txt"})), IsEmpty());
}

TEST(Layers, EverySourceHasItsTests) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  files.merge(ReadTree("tests", {".cc"}));
  EXPECT_THAT(UntestedProblems(files, ReadTree("tests", {".txt"}).at("tests/layers/untested.txt")), IsEmpty());
}

}  // namespace
}  // namespace envledger::layers
