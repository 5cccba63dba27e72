// Concurrent backends that append until they are stopped, each over a connection of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/oracle.h"

namespace envledger {

struct Load {
  unsigned threads = 3;
  unsigned most_items = 16;    // records in one append
  unsigned most_inflight = 4;  // appends of a producer that wait for their acknowledgment
  size_t purpose_bytes = 0;    // if set: only openings, each with a text of this length, to fill the log's buffers
};

class Producers {
 public:
  // `name` is part of every envelope's id, and unique in a ledger. `oracle` must outlive the producers.
  Producers(const std::string& socket, const std::string& name, const Load& load, uint64_t seed, Oracle& oracle);
  ~Producers() { Stop(); }
  Producers(const Producers&) = delete;
  Producers& operator=(const Producers&) = delete;
  // Ends them. What has no acknowledgment by then is told to the oracle as unanswered.
  void Stop();

 private:
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

// Appends again, as they were, what got no answer. The ledger must answer each: with the first acknowledgment if it has
// the records, otherwise with a new one.
void AppendUnanswered(const std::string& socket, Oracle& oracle);
// Appends once more what was acknowledged not long ago: the acknowledgment must be the same.
void AppendSample(const std::string& socket, Oracle& oracle);

}  // namespace envledger
