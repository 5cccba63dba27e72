// Exports whose file system fails: what is said, and what stands there.
#include "ledger/tiles/export_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/files/file.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"
#include "tests/tiles/tiles_fixture.h"

namespace envledger {
namespace {

using testing::Contains;

uint64_t SizeOf(const std::string& out) {
  return ReadCheckpointNote(*ReadFile(out + "/checkpoint", kMaxNoteBytes))->size;
}

// A run that adds to an earlier one, each of its calls failing in turn.
TEST(ExportDirectoryFaults, WhicheverCallFailsTheOutcomeIsToldTrulyAndTheNextRunMakesItGood) {
  const TempDir dir;
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    std::string call;
    for (size_t skip = 0; call != "none"; ++skip) {
      ASSERT_LT(skip, 60u) << "there are more calls than the test tries";
      const std::string out = dir.path() + "/" + std::to_string(skip) + (fault == FileFault::kFailed ? "f" : "d");
      MemoryLedger ledger(300);
      ASSERT_TRUE(ExportTo(ledger, out).ok());
      ledger.Reach(600);
      Status status;
      {
        FileFaults faults(out);
        faults.Fail(fault, skip);
        status = ExportTo(ledger, out).status();
        call = faults.failed().empty() ? "none" : faults.failed();
      }
      SCOPED_TRACE(std::to_string(skip) + " " + call + ": " + status.ToString());
      const bool is_new = status.ok() || status.code() == Code::kUnknownOutcome;
      EXPECT_TRUE(is_new || status.code() == Code::kUnavailable);
      EXPECT_EQ(SizeOf(out), is_new ? 600u : 300u);
      EXPECT_EQ(TextOf(VerifyExport(out)), "UNANCHORED");
      const auto again = ExportTo(ledger, out);
      ASSERT_TRUE(again.ok()) << again.status().ToString();
      EXPECT_EQ(SizeOf(out), 600u);
      EXPECT_EQ(TextOf(VerifyExport(out)), "UNANCHORED");
    }
  }
}

TEST(ExportDirectoryFaults, ACheckpointThatMayNotSurviveIsMadeDurableByTheNextRunThoughNothingIsNew) {
  const TempDir dir;
  const std::string out = dir.path() + "/out";
  MemoryLedger ledger(300);
  ASSERT_TRUE(ExportTo(ledger, out).ok());
  ledger.Reach(600);
  FileFaults faults(out);
  faults.Fail(FileFault::kFailed, 0, "fsync-directory");
  EXPECT_EQ(ExportTo(ledger, out).status().code(), Code::kUnknownOutcome);
  EXPECT_EQ(SizeOf(out), 600u);
  EXPECT_TRUE(ReadFile(out + "/tile/entries/001.p/44", kMaxBundleBytes).ok())
      << "the old export needs it, should the crash come";
  const size_t before = faults.calls().size();
  ASSERT_TRUE(ExportTo(ledger, out).ok());
  std::vector<std::string> calls = faults.calls();
  calls.erase(calls.begin(), calls.begin() + static_cast<ptrdiff_t>(before));
  EXPECT_THAT(calls, Contains("fsync-directory"));
  EXPECT_FALSE(ReadFile(out + "/tile/entries/001.p/44", kMaxBundleBytes).ok());
}

}  // namespace
}  // namespace envledger
