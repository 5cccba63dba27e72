// Events with a list of any length.
#pragma once

#include <utility>
#include <vector>

#include "ledger/codec/entry.h"

namespace envledger {

// `event` with `items` as its `list`: as many events as needed for each to fit an entry, with the items in their order.
// Without items, no event. An item that does not fit an entry by itself is the only one of its event, which cannot be
// sealed.
template <typename Event, typename Item>
std::vector<Event> FittingEvents(const Event& event, std::vector<Item> Event::*list, std::vector<Item> items) {
  std::vector<Event> events;
  for (Item& item : items) {
    if (events.empty()) events.push_back(event);
    std::vector<Item>& last = events.back().*list;
    last.push_back(std::move(item));
    if (last.size() == 1 || EntryBytesAtMost(events.back()) <= kMaxEntryBytes) continue;
    Event next = event;
    (next.*list).push_back(std::move(last.back()));
    last.pop_back();
    events.push_back(std::move(next));
  }
  return events;
}

}  // namespace envledger
