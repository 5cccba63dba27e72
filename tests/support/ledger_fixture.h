// A ledger in a private directory, driven as the daemon drives it but without sockets.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/service/ledger.h"
#include "ledger/verify/verify.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// Not thread-safe, unless said.
class TestLedger {
 public:
  // Creates it; Open starts it.
  TestLedger();
  ~TestLedger();

  LedgerOptions options;  // for the next Open; in the way of nothing: no thread signs or flushes because time passed
  ManualClock clock;

  const std::string& data_dir() const { return options.data_dir; }
  Status TryOpen(char key_seed = 1, const PendingRotation* pending = nullptr);
  void Open();   // fails the test when it cannot
  void Close();  // in order; fails the test when it cannot
  void Kill();   // without the closed event and the last checkpoint
  bool is_open() const { return ledger_ != nullptr; }
  Ledger& ledger() { return *ledger_; }

  // Submit is thread-safe. `expected` may be empty, or hold one for each transition.
  std::future<AppendResult> Submit(const std::vector<std::string>& transitions,
                                   const std::vector<std::optional<uint64_t>>& expected = {},
                                   const std::string& producer = "gateway");
  AppendResult Append(const std::vector<std::string>& transitions,
                      const std::vector<std::optional<uint64_t>>& expected = {},
                      const std::string& producer = "gateway");
  // The acknowledgments, or none when it was refused (a failure of the test).
  std::vector<Acknowledgment> MustAppend(const std::vector<std::string>& transitions);

  // A copy of the data directory as it is now, closed or open.
  std::string Copy();
  // Puts the contents of a directory (such as a Copy) in the place of the data directory's.
  void Restore(const std::string& from);
  VerifyReport Verify();
  static VerifyReport Verify(const std::string& data_dir);
  // All entries of the log.
  static std::vector<std::string> Entries(const std::string& data_dir);

 private:
  TempDir dir_;
  int copies_ = 0;
  std::unique_ptr<SigningKey> key_;
  std::unique_ptr<Ledger> ledger_;
};

// The refusal, or the status of success.
Status StatusOf(const AppendResult& result);
// "VERDICT", then each failure as "seq check: message".
std::string Text(const VerifyReport& report);

// Flips one bit of a file.
void FlipBit(const std::string& path, uint64_t byte, int bit = 0);
// The one file below `dir` whose name ends in `ending`; the largest when there are several.
std::string FileOf(const std::string& dir, const std::string& ending);

}  // namespace envledger
