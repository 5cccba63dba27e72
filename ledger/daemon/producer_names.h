// The name under which a producer's records are kept: the configured one, else that of the user's account, else
// "uid:N".
//
// Account names come from the machine's user database, which may be a directory service that is slow, or down: they are
// looked up on threads of their own, kept for a while, and waited for for a bounded time. What stands in an account is
// whatever somebody put there, and a record is for ever: a name that is empty, longer than 128 bytes, not UTF-8, holds
// control characters, or could be taken for the stand-in of another user ("uid:...") is not recorded; "uid:N" stands in
// its place. A record says the uid in any case.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/entry.h"

namespace envledger {

// Whether a name may be recorded: see above.
bool IsProducerName(std::string_view name);

// "uid:N"
std::string ProducerStandIn(uid_t uid);

struct ProducerNamesOptions {
  std::chrono::milliseconds patience{2'000};  // how long a look-up is waited for
  std::chrono::milliseconds keep{300'000};    // how long what was looked up is believed
  std::chrono::milliseconds retry{30'000};    // until a look-up that failed, or took too long, is waited for again
  size_t max_names = 4096;                    // that are kept
  size_t max_waiting = 4096;                  // who wait at a time
  size_t max_lookups = 4;                     // under way at a time
};

// Thread-safe.
class ProducerNames {
 public:
  using ByUser = std::map<uid_t, std::string>;
  // As NameOfUser of access.h: may block for as long as it likes.
  using LookUp = std::function<Result<std::optional<std::string>>(uid_t)>;
  using Done = std::function<void(const std::string& name)>;

  // Rules are uid:N=NAME or USER=NAME. kInvalidArgument for another form, a name that may not be recorded, an unknown
  // user, or a user named twice; kUnavailable when a user cannot be looked up.
  static Result<ByUser> ParseRules(const std::vector<std::string>& rules);

  ProducerNames(ByUser configured, LookUp look_up, const ProducerNamesOptions& options);
  // Drops those who wait, without a call. A look-up that hangs is left behind.
  ~ProducerNames();
  ProducerNames(const ProducerNames&) = delete;
  ProducerNames& operator=(const ProducerNames&) = delete;

  // Calls `done` once with the name: here and now when it is known, else on another thread when it was looked up. When
  // that fails, or takes longer than one may wait, it is the name that was known last, or "uid:N". `done` must not
  // block. kResourceExhausted, and no call, when too many wait.
  Status Find(uid_t uid, Done done);

  // The configured name, or "uid:N"; nothing is looked up.
  std::string WithoutLookUp(uid_t uid) const;

 private:
  struct State;
  const ByUser configured_;
  const std::shared_ptr<State> state_;  // shared with look-ups under way
  std::thread thread_;
};

}  // namespace envledger
