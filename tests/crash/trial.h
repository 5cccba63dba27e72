// A ledger that crashes again and again under load, and is compared each time with what it promised.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/crash_layer.h"
#include "tests/crash/oracle.h"
#include "tests/crash/producers.h"
#include "tests/support/daemon.h"

namespace envledger {

enum class CrashMode {
  kKill,              // kill -9
  kPowerCut,          // what was not synced is lost, zeroed or torn
  kPowerCutAnyOrder,  // the same, and names that were not synced do not keep their order (disk_image.cc)
  kLyingDisk,         // a power cut, and syncs do nothing: acknowledged records must be lost, and noticed
};

// The result of any number of trials.
struct Tally {
  uint64_t rounds = 0;
  uint64_t crashes = 0;  // some rounds have two
  uint64_t acknowledged = 0;
  uint64_t lost = 0;
  uint64_t doubled = 0;
  uint64_t changed = 0;
  uint64_t starts = 0;
  std::chrono::milliseconds longest_start{0};
  std::vector<std::string> failures;  // with seed and round

  // One line for a person.
  std::string Summary() const;
};

// One ledger. The seed determines the rounds, as far as threads and the clock allow.
class Trial {
 public:
  // A trial has at most this many rounds, which keeps its ledger small.
  static constexpr unsigned kMostRounds = 10;

  Trial(CrashMode mode, uint64_t seed, Tally& tally);

  // Ends early when the ledger cannot go on. Throws when the harness itself fails.
  void Run(unsigned rounds);
  // What was done in each round, for a person.
  const std::string& story() const { return story_; }

 private:
  using Round = void (Trial::*)();
  bool StartAndCheck();
  bool Refused();
  bool CompareAll();
  bool Compare(const std::vector<std::string>& entries);
  void VerifyWithAnchor();
  void Finish();
  void Fail(const std::string& what);

  void CrashUnderLoad();
  void CrashWhileStarting();
  void CrashWhileStopping();
  void CrashAroundCheckpoints();
  void CrashAroundFlush();
  void CrashInRotation();
  void CrashInRebuild();

  void LoadAndCrash(const Load& load, uint64_t acknowledgments, const Span& span, bool stop_first);
  void LaunchAndCrash();
  Ended ToolAndCrash(const std::vector<std::string>& words, const Span& span);
  Ended RunTool(const std::vector<std::string>& words);
  void Settle();
  Load ALoad();
  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  DiskOp AKind();

  const uint64_t seed_;
  Tally& tally_;
  std::mt19937_64 random_;
  ServedLedger ledger_;
  Oracle oracle_;
  std::unique_ptr<CrashLayer> layer_;
  std::vector<std::string> options_;
  unsigned round_ = 0;
  bool goes_on_ = true;
  std::chrono::milliseconds last_start_{50};
  std::string story_;
};

// Runs trials with the seeds `seed`, `seed` + 1, ... until there were so many rounds. Prints what failed.
Tally RunTrials(CrashMode mode, uint64_t seed, unsigned rounds, bool verbose);

}  // namespace envledger
