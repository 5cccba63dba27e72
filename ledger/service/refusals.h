// Counts of refused appends by recorder and rule: for `status`, and for the chain, where they are noted now and then.
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

// Thread-safe. Holds a bounded number of distinct counters, so that no client can make it grow: what is beyond is
// counted under the rule "other". Names and rules are counted as text that an entry can hold: what is not UTF-8 is written
// in escapes, and what is longer than kMaxTextBytes is cut.
class Refusals {
 public:
  static constexpr size_t kMaxCounters = 256;
  static constexpr size_t kMaxTextBytes = kMaxProducerBytes;

  void Count(const Recorder& recorder, std::string_view rule);
  // Since this object was made.
  std::vector<RefusalCount> Totals() const;
  uint64_t total() const;
  // What was counted since the last call, and from when, in as many events as it takes for each to fit an entry.
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
