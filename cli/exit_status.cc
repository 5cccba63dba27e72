#include "cli/exit_status.h"

namespace envledger::cli {

ExitStatus ExitStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return ExitStatus::kFine;
    case Code::kNotFound:
      return ExitStatus::kNotFound;
    case Code::kInvalidArgument:
    case Code::kConflict:
    case Code::kNotPermitted:
    case Code::kResourceExhausted:
      return ExitStatus::kRefused;
    case Code::kCorruption:
      return ExitStatus::kFailedVerification;
    case Code::kUnavailable:
    case Code::kUnknownOutcome:
    case Code::kInternal:
      return ExitStatus::kUnavailable;
  }
  return ExitStatus::kUnavailable;
}

}  // namespace envledger::cli
