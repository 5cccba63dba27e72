// What a crash and a full disk leave in the ledger, and what is said of them. tests/crash looks for losses.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "ledger/codec/entry.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "ledger/query/stored_reader.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

TEST(Crash, AnUncleanStopIsOnTheRecordAndACleanOneToo) {
  ServedLedger ledger;
  ledger.Start();
  ledger.Kill();
  ledger.Start();
  EXPECT_EQ(ledger.Stop().status, 0);
  ledger.Start();
  EXPECT_EQ(ledger.Stop().status, 0);
  const auto reader = OpenStored(ledger.data_dir());
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  const auto page = (*reader)->Entries({0, 0});
  ASSERT_TRUE(page.ok());
  std::vector<std::string> events;
  for (const std::string& bytes : page->entries) {
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok() && entry->event);
    std::string name(EventName(*entry->event));
    if (const Opened* opened = std::get_if<Opened>(&*entry->event))
      name += opened->clean ? " after a clean stop" : " after a crash";
    events.push_back(name);
  }
  EXPECT_THAT(events, testing::ElementsAre("genesis", "opened after a clean stop", "opened after a crash", "closed",
                                           "opened after a clean stop", "closed"));
}

// A small disk of the test's own.
class SmallDisk {
 public:
  SmallDisk() { mounted_ = mount("tmpfs", path_.path().c_str(), "tmpfs", 0, "size=40m") == 0; }
  ~SmallDisk() {
    if (mounted_) umount2(path_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  bool Enlarge() { return mount("tmpfs", path_.path().c_str(), "tmpfs", MS_REMOUNT, "size=800m") == 0; }
  const std::string& path() const { return path_.path(); }

 private:
  TempDir path_;
  bool mounted_ = false;
};

TEST(Crash, AFullDiskStopsAppendsAloudLosesNothingAndRetriesFinishTheJob) {
  SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "this test may not mount a small disk (it needs root): nothing was checked";
  const char* before = std::getenv("TMPDIR");
  const std::string usual = before != nullptr ? before : "/tmp";
  setenv("TMPDIR", disk.path().c_str(), 1);
  ServedLedger ledger;
  setenv("TMPDIR", usual.c_str(), 1);

  std::string lines;
  for (int i = 0; i < 6000; ++i) {
    Transition transition = Requested("big-" + std::to_string(i), "alice");
    transition.scope->purpose = std::string(12'000, static_cast<char>('a' + i % 26));
    lines += TransitionJson(transition) + "\n";
  }
  ledger.Start({"--min-free-bytes=0"});
  const Ended full = ledger.Append(lines, {"--deadline", "3"});
  EXPECT_EQ(full.status, 5) << full.out << full.err;
  const nlohmann::json status = nlohmann::json::parse(ledger.OnSocket({"status", "--format", "json"}).out);
  EXPECT_EQ(status["healthy"], false);
  EXPECT_NE(std::string(status["problem"]).find("No space left"), std::string::npos) << status["problem"];
  EXPECT_GT(status["tree_size"], 2);
  EXPECT_EQ(ledger.OnSocket({"show", "big-0"}).status, 0) << "what is durable can still be asked for";
  EXPECT_EQ(ledger.Stop().status, 5) << "an orderly end, though the closed event could not be sealed";

  ASSERT_TRUE(disk.Enlarge());
  ledger.Start({"--min-free-bytes=0"});
  const Ended again = ledger.Append(lines);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out.find("replayed 0"), std::string::npos) << again.out;
  EXPECT_EQ(ledger.OnSocket({"show", "big-5999"}).status, 0);
  EXPECT_EQ(ledger.Stop().status, 0);
  const Ended verified = ledger.OnDirectory({"verify"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace envledger
