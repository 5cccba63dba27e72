// What a verification concludes about a ledger. README, "What it promises", says what each means to a person.
#pragma once

#include <cstdint>
#include <string_view>

namespace envledger {

enum class Verdict : uint8_t {
  kValid,       // agrees with a checkpoint kept elsewhere
  kUnanchored,  // consistent in itself; nothing outside to compare with
  kTruncated,   // entries that a signed checkpoint vouches for are missing at the end
  kTampered,    // an entry, a link, the tree or a checkpoint is not what was sealed
  kIncomplete,  // the log verifies, but derived data or back-links miss something or have too much
  kWrongKey,    // a checkpoint is not signed by the required key, or no checkpoint is signed by the given key
};
std::string_view Name(Verdict verdict);  // "VALID", "WRONG_KEY", ...
inline bool IsPass(Verdict verdict) { return verdict == Verdict::kValid || verdict == Verdict::kUnanchored; }
// The worse of two verdicts, in the order in which failures decide a report's verdict.
Verdict Worse(Verdict a, Verdict b);

}  // namespace envledger
