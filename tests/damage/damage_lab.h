// A ledger whose files are damaged, one at a time, and what the real programs say of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/oracle.h"
#include "tests/support/daemon.h"
#include "tests/support/temp_dir.h"

namespace envledger {

enum class Damage {
  kHalf,     // cut in the middle
  kShorter,  // by one byte
  kEmpty,
  kZeroed,   // a block in the middle
  kFlipped,  // a bit in the middle
  kDeleted,
  kOlder,  // the file of this name as it was some sessions before
  kFifo,   // that nobody writes
  kDirectory,
};
inline constexpr Damage kDamages[] = {Damage::kHalf,   Damage::kShorter, Damage::kEmpty,
                                      Damage::kZeroed, Damage::kFlipped, Damage::kDeleted,
                                      Damage::kOlder,  Damage::kFifo,    Damage::kDirectory};
const char* NameOf(Damage damage);

// What a program did with the damaged ledger.
struct Reaction {
  int status = -1;      // its exit status
  std::string verdict;  // "VALID", "TAMPERED", ...; empty: none
  std::string said;
};

struct DamageResult {
  Reaction verify;                 // of `envledger verify --data-dir`, with a checkpoint kept elsewhere
  Reaction start;                  // status 0: the daemon served the ledger and stopped in order
  bool rebuilt = false;            // the start made the index anew
  std::vector<std::string> wrong;  // what must not happen whatever was damaged
};

class DamageLab {
 public:
  // The ledger was stopped, or killed.
  explicit DamageLab(bool killed);

  // The files of the ledger, relative to the test's directory ("data/log/CURRENT").
  std::vector<std::string> Files() const;
  // Whether the damage changes the file at all.
  bool Changes(const std::string& file, Damage damage) const;
  DamageResult Run(const std::string& file, Damage damage);

 private:
  void Restore();
  void Apply(const std::string& file, Damage damage);
  Reaction Verify(DamageResult& result);
  void Start(DamageResult& result);
  void Compare(DamageResult& result);
  std::string InStore(const std::string& store, const std::string& file) const;

  ServedLedger ledger_;
  TempDir store_;  // "intact" and "older": copies of what belongs to the ledger
  Oracle oracle_;
  std::string anchor_;
  uint64_t entries_ = 0;
  std::vector<std::string> options_;
};

}  // namespace envledger
