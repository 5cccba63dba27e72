// The tool's export, on a daemon's socket and on its directory: growing, killed, out of room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "ledger/codec/json.h"
#include "ledger/files/file.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using Files = std::map<std::string, std::string>;

Files FilesOf(const std::string& directory) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().lexically_relative(directory).string();
    if (entry.is_regular_file() && name != ".export.lock") files[name] = *ReadFile(entry.path().string(), 1 << 26);
  }
  return files;
}

class Export : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.Start();
    ASSERT_NO_FATAL_FAILURE(AppendStories(200));
  }
  // Four records each.
  void AppendStories(int count) {
    std::string lines;
    for (const int until = stories_ + count; stories_ < until; ++stories_) {
      for (const Transition& transition : WholeStory("story-" + std::to_string(stories_), "alice")) {
        lines += TransitionJson(transition) + "\n";
      }
    }
    const Ended appended = ledger_.Append(lines);
    ASSERT_EQ(appended.status, 0) << appended.err;
  }
  Ended Run(const std::string& name, std::vector<std::string> options = {"--sign-now"}) {
    options.insert(options.begin(), {"export", At(name)});
    return ledger_.OnSocket(options);
  }
  json Verify(const std::string& name, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"verify", "--tiles", At(name), "--vkey", ledger_.vkey(), "--format", "json"});
    const Ended run = ledger_.Tool(options);
    const json report = json::parse(run.out, nullptr, false);
    EXPECT_EQ(run.status == 0, report.value("ok", false)) << run.out << run.err;
    return report;
  }
  std::string At(const std::string& name) const { return ledger_.path(name); }

  ServedLedger ledger_;
  int stories_ = 0;
};

TEST_F(Export, IsTheSameFromTheSocketAndFromTheDirectory) {
  const Ended exported = Run("socket", {"--sign-now", "--vkey", ledger_.vkey()});
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr(ledger_.vkey() + ", as given"));
  const Ended offline = ledger_.OnDirectory({"export", At("directory")});
  ASSERT_EQ(offline.status, 0) << offline.err;
  EXPECT_THAT(offline.out, HasSubstr("as the ledger itself says"));
  EXPECT_EQ(FilesOf(At("socket")), FilesOf(At("directory")));
  const json report = Verify("socket");
  EXPECT_EQ(report["verdict"], "UNANCHORED");
  EXPECT_EQ(report["entries"], 802);
}

TEST_F(Export, IsValidWithACheckpointKeptElsewhere) {
  const Ended kept = ledger_.OnSocket({"checkpoint", "--sign-now"});
  std::ofstream(At("kept")) << kept.out;
  ASSERT_NO_FATAL_FAILURE(AppendStories(10));
  ASSERT_EQ(Run("out").status, 0);
  EXPECT_EQ(Verify("out", {"--checkpoint", At("kept")})["verdict"], "VALID");
  // One that reaches further shows that the export does not have all.
  ASSERT_NO_FATAL_FAILURE(AppendStories(10));
  std::ofstream(At("later")) << ledger_.OnSocket({"checkpoint", "--sign-now"}).out;
  EXPECT_EQ(Verify("out", {"--checkpoint", At("later")})["verdict"], "TRUNCATED");
}

TEST_F(Export, GrowsWithTheLedger) {
  ASSERT_EQ(Run("out").status, 0);
  ASSERT_NO_FATAL_FAILURE(AppendStories(100));
  const Ended second = Run("out");
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("1,202, 400 of them new"));
  EXPECT_EQ(Verify("out")["entries"], 1202);
  ASSERT_EQ(Run("fresh", {}).status, 0);
  const Files grown = FilesOf(At("out"));
  for (const auto& [name, contents] : FilesOf(At("fresh"))) EXPECT_EQ(grown.at(name), contents) << name;
}

TEST_F(Export, ThatIsKilledIsMadeWholeByTheNext) {
  ASSERT_EQ(Run("whole").status, 0);
  const Files whole = FilesOf(At("whole"));
  for (const char* name : {"", "/tile", "/tile/entries/000", "/tile/0/002", "/tile/1", "/checkpoint"}) {
    const std::string out = At("killed");
    Child child({ToolPath(), "export", out, "--socket", ledger_.audit_socket()}, {});
    while (child.running() && !fs::exists(out + name)) std::this_thread::yield();
    child.Signal(SIGKILL);
    child.Wait();
    if (fs::exists(out + "/checkpoint")) {
      EXPECT_EQ(Verify("killed")["ok"], true) << name;
    }
    const Ended resumed = Run("killed", {});
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(FilesOf(out), whole) << name;
    fs::remove_all(out);
  }
}

TEST_F(Export, WithoutRoomLeavesTheOldOneIntact) {
  ASSERT_EQ(Run("out").status, 0);
  const Files before = FilesOf(At("out"));
  ASSERT_NO_FATAL_FAILURE(AppendStories(100));
  // No file may have more than 32 KiB; a bundle has.
  const std::string limited = "trap '' XFSZ; ulimit -f 32; exec \"$0\" export --sign-now \"$1\" --socket \"$2\"";
  const Ended refused = RunProgram({"/bin/bash", "-c", limited, ToolPath(), At("out"), ledger_.audit_socket()});
  EXPECT_EQ(refused.status, 5) << refused.out << refused.err;
  EXPECT_THAT(refused.err, testing::AllOf(HasSubstr("tile/entries/003"), HasSubstr("File too large")));
  EXPECT_EQ(Verify("out")["entries"], 802);
  const Files after = FilesOf(At("out"));
  for (const auto& [name, contents] : before) EXPECT_EQ(after.at(name), contents) << name;
  ASSERT_EQ(Run("out").status, 0);
  EXPECT_EQ(Verify("out")["entries"], 1202);
}

TEST_F(Export, ShowsAnEnvelopeAsTheLedgerDoes) {
  ASSERT_EQ(Run("out").status, 0);
  const Ended shown = ledger_.Tool({"show", "story-7", "--tiles", At("out"), "--format", "json"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  const json from_export = json::parse(shown.out);
  const json from_ledger = json::parse(ledger_.OnSocket({"show", "story-7", "--format", "json"}).out);
  EXPECT_EQ(from_export["records"], from_ledger["records"]);
  EXPECT_EQ(from_export["completeness"]["complete"], true);
  EXPECT_EQ(from_export["completeness"]["tree_size"], 802);
  EXPECT_EQ(ledger_.Tool({"show", "story-900", "--tiles", At("out")}).status, 3);
}

TEST_F(Export, SaysWhatIsWrongByItsExitStatus) {
  EXPECT_EQ(ledger_.OnSocket({"export"}).status, 2);
  EXPECT_EQ(Run("out", {"--format", "pdf"}).status, 2);
  EXPECT_EQ(ledger_.OnDirectory({"export", "--sign-now", At("out")}).status, 2);
  EXPECT_EQ(Run("out", {"--vkey", At("no-such-file")}).status, 5);
  EXPECT_EQ(ledger_.Tool({"verify", "--tiles", At("none")}).status, 3);
  EXPECT_EQ(ledger_.Tool({"verify", "--tiles", At("none"), "--data-dir", ledger_.data_dir()}).status, 2);

  const Ended other =
      RunProgram({ToolPath(), "key", "generate", "--origin", ServedLedger::kOrigin, "--key", At("other")});
  const std::string vkey = other.out.substr(0, other.out.find('\n'));
  const Ended wrong = Run("out", {"--sign-now", "--vkey", vkey});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("WRONG_KEY"));
  EXPECT_FALSE(fs::exists(At("out/checkpoint")));

  ASSERT_EQ(Run("out").status, 0);
  ServedLedger second;
  second.Start();
  const Ended younger = second.OnSocket({"export", "--sign-now", At("out")});
  EXPECT_EQ(younger.status, 1) << "the same origin, but another key, with which it cannot continue this export";
  EXPECT_THAT(younger.err, HasSubstr("WRONG_KEY"));
}

}  // namespace
}  // namespace envledger
