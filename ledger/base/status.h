// The outcome of an operation: Status, and Result<T> for one that returns a value.
//
// A code tells the caller what to do next, not what went wrong inside; the message tells a person that. Context is
// added on the way up (`std::move(status).Prepend("open the log: ")`) and logged once, at the top. When a ledger does
// not verify, the status carries the verdict too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/base/verdict.h"

namespace envledger {

enum class Code : uint8_t {
  kOk = 0,
  kInvalidArgument = 1,    // can never succeed as it is: change the input
  kNotFound = 2,           // the thing named does not exist
  kConflict = 3,           // the present state forbids it: look, then decide
  kNotPermitted = 4,       // this caller is not allowed to
  kResourceExhausted = 5,  // a configured limit was reached
  kUnavailable = 6,        // not now, nothing was changed: try again
  kUnknownOutcome = 7,     // it may or may not have happened: find out before going on
  kCorruption = 8,         // stored data is not what it must be: stop, never repair in place
  kInternal = 9,           // a bug
};

// "invalid argument", "not found", ...
std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  // `rule` names the rule or the field concerned, such as "legal-move" or "identity.requester.id".
  Status(Code code, std::string rule, std::string message)
      : code_(code), rule_(std::move(rule)), message_(std::move(message)) {}
  // kCorruption: data that was stored or served does not verify. `message` does not repeat the verdict.
  Status(Verdict verdict, std::string message)
      : code_(Code::kCorruption), verdict_(verdict), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& rule() const { return rule_; }
  const std::string& message() const { return message_; }
  // The verdict of a verification that failed; nullopt in any other status.
  std::optional<Verdict> verdict() const { return verdict_; }

  // The same status with `context` before its message. Ok stays ok.
  Status Prepend(std::string_view context) &&;

  // "conflict (legal-move): denied cannot follow granted"; with a verdict, "TAMPERED: entry 4 is missing".
  std::string ToString() const;

 private:
  Code code_ = Code::kOk;
  std::optional<Verdict> verdict_;
  std::string rule_;
  std::string message_;
};

inline Status Ok() { return {}; }
Status InvalidArgument(std::string message);
Status InvalidField(std::string field, std::string message);
Status NotFound(std::string message);
Status Conflict(std::string rule, std::string message);
Status Unavailable(std::string message);
Status Corruption(std::string message);
Status Internal(std::string message);
// kUnavailable, or kNotFound for ENOENT; the message is `what`, then the text of `error_number` (an errno value).
Status FromErrno(int error_number, std::string_view what);

// A value, or the status that says why there is no value. Like std::expected; REQUIRES ok() before value access.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor): return values
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor): return errors
  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status&& status() && { return std::move(status_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace envledger

// Returns from the function when `expression` (a Status) is not ok.
#define ENVLEDGER_RETURN_IF_ERROR(expression)                         \
  do {                                                                \
    if (auto envledger_error = (expression); !envledger_error.ok()) { \
      return envledger_error;                                         \
    }                                                                 \
  } while (false)

#define ENVLEDGER_CONCAT_INNER(a, b) a##b
#define ENVLEDGER_CONCAT(a, b) ENVLEDGER_CONCAT_INNER(a, b)
// ENVLEDGER_ASSIGN_OR_RETURN(auto value, Function()): value of a Result, or return its status.
#define ENVLEDGER_ASSIGN_OR_RETURN(declaration, expression) \
  ENVLEDGER_ASSIGN_OR_RETURN_IMPL(ENVLEDGER_CONCAT(result_, __LINE__), declaration, expression)
#define ENVLEDGER_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                            \
  if (!result.ok()) {                                                    \
    return std::move(result).status();                                   \
  }                                                                      \
  declaration = *std::move(result)
