// A ledger in a private directory, used as the daemon uses it, but without sockets.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/codec/entry.h"
#include "ledger/service/ledger.h"
#include "ledger/verify/verify.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// Not thread-safe, except where stated.
class TestLedger {
 public:
  // Creates the ledger; Open starts it.
  TestLedger();
  ~TestLedger();

  LedgerOptions options;  // for the next Open; with the defaults here, no thread signs or flushes because time passes
  ManualClock clock;

  const std::string& data_dir() const { return options.data_dir; }
  Status TryOpen(char key_seed = 1, const PendingRotation* pending = nullptr);
  void Open();   // fails the test on an error
  void Close();  // an orderly stop; fails the test on an error
  void Kill();   // leaves out the closed event and the last checkpoint
  bool is_open() const { return ledger_ != nullptr; }
  Ledger& ledger() { return *ledger_; }

  // Submit is thread-safe. `expected` is empty, or has an item for each transition.
  std::future<AppendResult> Submit(const std::vector<std::string>& transitions,
                                   const std::vector<std::optional<uint64_t>>& expected = {},
                                   const std::string& producer = "gateway");
  AppendResult Append(const std::vector<std::string>& transitions,
                      const std::vector<std::optional<uint64_t>>& expected = {},
                      const std::string& producer = "gateway");
  // The same for any recorder.
  std::future<AppendResult> SubmitAs(const Recorder& recorder, const std::vector<std::string>& transitions,
                                     const std::vector<std::optional<uint64_t>>& expected = {});
  AppendResult AppendAs(const Recorder& recorder, const std::vector<std::string>& transitions,
                        const std::vector<std::optional<uint64_t>>& expected = {});
  // The acknowledgments. A refusal fails the test and returns none.
  std::vector<Acknowledgment> MustAppend(const std::vector<std::string>& transitions);

  // Copies the data directory, whether the ledger is open or closed, and returns the path of the copy.
  std::string Copy();
  // Replaces the contents of the data directory with those of a directory (such as a Copy).
  void Restore(const std::string& from);
  VerifyReport Verify();
  static VerifyReport Verify(const std::string& data_dir);
  // All entries of the log.
  static std::vector<std::string> Entries(const std::string& data_dir);
  // The last `opened` event of the log; an empty one when there is none.
  static Opened LastOpened(const std::string& data_dir);

 private:
  TempDir dir_;
  int copies_ = 0;
  std::unique_ptr<SigningKey> key_;
  std::unique_ptr<Ledger> ledger_;
};

// The status of a refusal, or ok.
Status StatusOf(const AppendResult& result);
// "VERDICT", then each failure as "seq check: message".
std::string Text(const VerifyReport& report);

// Flips one bit of a file.
void FlipBit(const std::string& path, uint64_t byte, int bit = 0);
// The file below `dir` whose name ends in `ending`; the largest if there are several.
std::string FileOf(const std::string& dir, const std::string& ending);

}  // namespace envledger
