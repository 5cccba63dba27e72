// Counts refused appends by recorder and rule, for `status` and for the chain, where they are recorded from time to
// time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/time.h"
#include "ledger/codec/entry.h"

namespace envledger {

// Thread-safe. The number of distinct counters is bounded, so that no client can make it grow: further combinations are
// counted under the rule "other". Names and rules are stored as text that an entry can hold: text that is not UTF-8 is
// escaped, and text longer than kMaxTextBytes is cut.
class Refusals {
 public:
  static constexpr size_t kMaxCounters = 256;
  static constexpr size_t kMaxTextBytes = kMaxProducerBytes;

  void Count(const Recorder& recorder, std::string_view rule);
  // Counts since this object was created.
  std::vector<RefusalCount> Totals() const;
  uint64_t total() const;
  // Counts since the last call, and the time of that call, in as many events as needed for each to fit an entry.
  std::vector<AppendsRefused> TakePending(Nanos now);

 private:
  using Key = std::tuple<std::string, uint32_t, std::string>;  // producer, uid, rule
  static Key KeyOf(const Recorder& recorder, std::string_view rule);
  static void Add(std::map<Key, uint64_t>& counts, Key key);
  static std::vector<RefusalCount> List(const std::map<Key, uint64_t>& counts);

  mutable Mutex mutex_;
  std::map<Key, uint64_t> totals_ GUARDED_BY(mutex_);
  std::map<Key, uint64_t> pending_ GUARDED_BY(mutex_);
  uint64_t total_ GUARDED_BY(mutex_) = 0;
  Nanos since_ GUARDED_BY(mutex_) = 0;
};

}  // namespace envledger
