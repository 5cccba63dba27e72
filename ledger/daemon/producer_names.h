// The name under which a producer's records are kept: the configured one; otherwise the user's account name; otherwise
// "uid:N".
//
// Account names come from the machine's user database, which may be a directory service that is slow or down. They are
// looked up on separate threads, kept for a while, and waited for only for a limited time. Anybody may have put
// anything into an account's name, and a record is permanent. A name is therefore replaced by "uid:N" if it is empty,
// longer than 128 bytes or not UTF-8, has control characters, or could be mistaken for the stand-in of another user
// ("uid:..."). The record holds the uid in any case.
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

// Whether a name may be recorded; see above.
bool IsProducerName(std::string_view name);

// "uid:N"
std::string ProducerStandIn(uid_t uid);

struct ProducerNamesOptions {
  std::chrono::milliseconds patience{2'000};  // how long to wait for a look-up
  std::chrono::milliseconds keep{300'000};    // how long a result is used
  std::chrono::milliseconds retry{30'000};    // after a look-up failed or took too long, how long not to wait for one
  size_t max_names = 4096;                    // kept at a time
  size_t max_waiting = 4096;                  // waiting at a time
  size_t max_lookups = 4;                     // under way at a time
};

// Thread-safe.
class ProducerNames {
 public:
  using ByUser = std::map<uid_t, std::string>;
  // As NameOfUser in access.h; may block for any time.
  using LookUp = std::function<Result<std::optional<std::string>>(uid_t)>;
  using Done = std::function<void(const std::string& name)>;

  // A rule is uid:N=NAME or USER=NAME. kInvalidArgument for any other form, a name that may not be recorded, an unknown
  // user, or a user named twice; kUnavailable when a user cannot be looked up.
  static Result<ByUser> ParseRules(const std::vector<std::string>& rules);

  ProducerNames(ByUser configured, LookUp look_up, const ProducerNamesOptions& options);
  // Drops all waiters without calling them. A look-up that hangs is left behind.
  ~ProducerNames();
  ProducerNames(const ProducerNames&) = delete;
  ProducerNames& operator=(const ProducerNames&) = delete;

  // Calls `done` once with the name: during this call when it is known, otherwise on another thread after a look-up. If
  // the look-up fails or takes too long, the name is the last known one or "uid:N". `done` must not block.
  // kResourceExhausted, without a call, when too many wait.
  Status Find(uid_t uid, Done done);

  // The configured name, or "uid:N"; makes no look-up.
  std::string WithoutLookUp(uid_t uid) const;

 private:
  struct State;
  const ByUser configured_;
  const std::shared_ptr<State> state_;  // shared with look-ups under way
  std::thread thread_;
};

}  // namespace envledger
