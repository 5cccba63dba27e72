// The page of entries that a follower was given last. Others who stand at the same place get the same page, so that the
// log is read once for all of them, and they stay at one place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Thread-safe. Holds one page.
class SharedPage {
 public:
  // What determines a page that has entries. It may have fewer than there are by now.
  struct Asked {
    uint64_t from_seq = 0;
    uint32_t limit = 0;
    uint64_t max_records = 0;
    uint64_t max_bytes = 0;
    bool operator==(const Asked&) const = default;
  };

  // The page, as it was kept or as `read` gives it. Only a page with entries is kept.
  Result<EntriesResponse> Get(const Asked& asked, const std::function<Result<EntriesResponse>()>& read)
      EXCLUDES(mutex_) {
    if (const auto kept = Last(); kept && kept->asked == asked) return kept->page;
    Result<EntriesResponse> page = read();
    if (!page.ok() || page->entries.empty()) return page;
    auto kept = std::make_shared<const Kept>(Kept{asked, *page});
    const MutexLock lock(mutex_);
    kept_ = std::move(kept);
    return page;
  }

 private:
  struct Kept {
    Asked asked;
    EntriesResponse page;
  };
  std::shared_ptr<const Kept> Last() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return kept_;
  }

  Mutex mutex_;
  std::shared_ptr<const Kept> kept_ GUARDED_BY(mutex_);
};

}  // namespace envledger
