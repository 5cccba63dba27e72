// The two ways in which the programs of a ledger end at a moment that nobody chose.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "tests/crash/disk_image.h"
#include "tests/crash/journal.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// When to crash, at random within these bounds.
struct Span {
  unsigned microseconds = 0;   // for a kill
  unsigned operations = 0;     // for a power cut: of the disk
  DiskOp kind = DiskOp::kAny;  // for a power cut: only operations of this kind count
};

class CrashLayer {
 public:
  virtual ~CrashLayer() = default;
  // What every program that works on the ledger's files is started with.
  virtual Child::Setup Setup() = 0;
  // Ends the running program within the span, or waits for its own end if that comes first.
  virtual void Crash(Child& child, const Span& span, std::mt19937_64& random) = 0;
  // After the program's end: makes the files what they could be after the crash. For a person, what was done to what.
  // Throws when the layer itself cannot vouch for what it did.
  virtual std::string Settle(std::mt19937_64& random) = 0;
};

// SIGKILL. What was written stays, synced or not.
class Kills : public CrashLayer {
 public:
  Child::Setup Setup() override { return {}; }
  void Crash(Child& child, const Span& span, std::mt19937_64& random) override;
  std::string Settle(std::mt19937_64&) override { return {}; }
};

// Cuts the power below the directory `root` (absolute).
class PowerCuts : public CrashLayer {
 public:
  struct Disk {
    bool syncs_lie = false;           // it only pretends to sync
    bool names_in_any_order = false;  // DiskImage::Cut
  };
  PowerCuts(const std::string& root, const Disk& disk);
  ~PowerCuts() override;

  Child::Setup Setup() override;
  void Crash(Child& child, const Span& span, std::mt19937_64& random) override;
  std::string Settle(std::mt19937_64& random) override;

 private:
  std::string journal() const { return directory_.path() + "/journal"; }
  std::string control() const { return directory_.path() + "/control"; }
  void Begin();

  const std::string root_;
  const Disk disk_;
  TempDir directory_;
  DiskControl* page_ = nullptr;
  std::unique_ptr<DiskImage> image_;  // while programs run
};

}  // namespace envledger
