#include "ledger/service/refusals.h"

#include <algorithm>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/service/fitting_events.h"

namespace envledger {

void Refusals::Add(std::map<Key, uint64_t>& counts, Key key) {
  if (counts.size() >= kMaxCounters && counts.find(key) == counts.end()) key = {"", 0, "other"};
  ++counts[std::move(key)];
}

std::vector<RefusalCount> Refusals::List(const std::map<Key, uint64_t>& counts) {
  std::vector<RefusalCount> list;
  list.reserve(counts.size());
  for (const auto& [key, count] : counts) {
    list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  }
  return list;
}

Refusals::Key Refusals::KeyOf(const Recorder& recorder, std::string_view rule) {
  const auto text = [](std::string_view given) {
    std::string held = IsUtf8(given) ? std::string(given) : Quoted(given);
    size_t end = std::min(held.size(), kMaxTextBytes);
    while (end > 0 && end < held.size() && (static_cast<unsigned char>(held[end]) & 0xC0) == 0x80) --end;
    held.resize(end);
    return held;
  };
  return {text(recorder.producer), recorder.uid, text(rule)};
}

void Refusals::Count(const Recorder& recorder, std::string_view rule) {
  const Key key = KeyOf(recorder, rule);
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

std::vector<AppendsRefused> Refusals::TakePending(Nanos now) {
  std::vector<RefusalCount> pending;
  Nanos since = 0;
  {
    const MutexLock lock(mutex_);
    since = std::exchange(since_, now);
    pending = List(std::exchange(pending_, {}));
  }
  return FittingEvents(AppendsRefused{since, {}}, &AppendsRefused::refusals, std::move(pending));
}

}  // namespace envledger
