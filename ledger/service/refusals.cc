#include "ledger/service/refusals.h"

#include <utility>

namespace envledger {

void Refusals::Add(std::map<Key, uint64_t>& counts, Key key) {
  if (counts.size() >= kMaxCounters && counts.find(key) == counts.end()) key = {"", 0, "other"};
  ++counts[std::move(key)];
}

std::vector<RefusalCount> Refusals::List(const std::map<Key, uint64_t>& counts) {
  std::vector<RefusalCount> list;
  for (const auto& [key, count] : counts) {
    list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  }
  return list;
}

void Refusals::Count(const Recorder& recorder, std::string_view rule) {
  const Key key{recorder.producer, recorder.uid, std::string(rule.substr(0, 128))};
  const MutexLock lock(mutex_);
  ++total_;
  Add(totals_, key);
  Add(pending_, key);
}

std::vector<RefusalCount> Refusals::Totals() const {
  const MutexLock lock(mutex_);
  return List(totals_);
}

uint64_t Refusals::total() const {
  const MutexLock lock(mutex_);
  return total_;
}

AppendsRefused Refusals::TakePending(Nanos now) {
  const MutexLock lock(mutex_);
  AppendsRefused event{std::exchange(since_, now), List(pending_)};
  pending_.clear();
  return event;
}

}  // namespace envledger
