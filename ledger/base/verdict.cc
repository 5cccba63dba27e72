#include "ledger/base/verdict.h"

namespace envledger {
namespace {

int Severity(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return 0;
    case Verdict::kUnanchored:
      return 1;
    case Verdict::kIncomplete:
      return 2;
    case Verdict::kWrongKey:
      return 3;
    case Verdict::kTruncated:
      return 4;
    case Verdict::kTampered:
      return 5;
  }
  return 5;
}

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "VALID";
    case Verdict::kUnanchored:
      return "UNANCHORED";
    case Verdict::kTruncated:
      return "TRUNCATED";
    case Verdict::kTampered:
      return "TAMPERED";
    case Verdict::kIncomplete:
      return "INCOMPLETE";
    case Verdict::kWrongKey:
      return "WRONG_KEY";
  }
  return "?";
}

Verdict Worse(Verdict a, Verdict b) { return Severity(b) > Severity(a) ? b : a; }

}  // namespace envledger
