#include "ledger/base/status.h"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace envledger {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalidArgument:
      return "invalid argument";
    case Code::kNotFound:
      return "not found";
    case Code::kConflict:
      return "conflict";
    case Code::kNotPermitted:
      return "not permitted";
    case Code::kResourceExhausted:
      return "resource exhausted";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnknownOutcome:
      return "unknown outcome";
    case Code::kCorruption:
      return "corruption";
    case Code::kInternal:
      return "internal error";
  }
  return "unknown code";
}

Status Status::Prepend(std::string_view context) && {
  if (!ok()) message_.insert(0, context);
  return std::move(*this);
}

std::string Status::ToString() const {
  std::string text(verdict_ ? Name(*verdict_) : CodeName(code_));
  if (!rule_.empty()) text += " (" + rule_ + ")";
  if (!message_.empty()) text += ": " + message_;
  return text;
}

Status InvalidArgument(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }
Status InvalidField(std::string field, std::string message) {
  return {Code::kInvalidArgument, std::move(field), std::move(message)};
}
Status NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
Status Conflict(std::string rule, std::string message) {
  return {Code::kConflict, std::move(rule), std::move(message)};
}
Status Unavailable(std::string message) { return {Code::kUnavailable, std::move(message)}; }
Status Corruption(std::string message) { return {Code::kCorruption, std::move(message)}; }
Status Internal(std::string message) { return {Code::kInternal, std::move(message)}; }

Status FromErrno(int error_number, std::string_view what) {
  std::string message = std::string(what) + ": " + std::generic_category().message(error_number);
  return {error_number == ENOENT ? Code::kNotFound : Code::kUnavailable, std::move(message)};
}

}  // namespace envledger
