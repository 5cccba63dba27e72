// The work for one page of an answer. Whatever reads the index or the log for an answer counts it here, and asks from
// time to time whether the page must end.
#pragma once

#include <cstdint>
#include <functional>

namespace envledger {

// Work is counted in units of about a microsecond of a processor. For one page and one thread.
class Effort {
 public:
  // `limit`: after so much work the page ends. `unwanted` (may be empty): whether nobody waits for the page any more;
  // asked once in kAskEvery units. Then the page ends too.
  explicit Effort(uint64_t limit, std::function<bool()> unwanted = {})
      : limit_(limit), unwanted_(std::move(unwanted)) {}

  static constexpr uint64_t kSearch = 4;
  static constexpr uint64_t kEntry = 10;
  static constexpr uint64_t kBytes = 512;  // of an entry, that are read and decoded in one unit
  static constexpr uint64_t kAskEvery = 4096;

  // A cursor of the index moves to the next key, or to one elsewhere.
  void Step() { Add(1); }
  void Search() { Add(kSearch); }
  // An entry of so many bytes is read and decoded.
  void Entry(uint64_t bytes) { Add(kEntry + bytes / kBytes); }

  bool spent() { return work_ >= limit_ || Unwanted(); }
  // The same for a part of the page, which may take one of so many equal parts of the limit from its beginning on.
  bool SpentPart(uint64_t parts) { return work_ >= limit_ / parts || Unwanted(); }
  // Nobody waits for the page.
  bool Unwanted() {
    if (!gone_ && unwanted_ && work_ >= ask_at_) {
      ask_at_ = work_ + kAskEvery;
      gone_ = unwanted_();
    }
    return gone_;
  }
  // How many keys and entries were read: Completeness::scanned.
  uint64_t reads() const { return reads_; }

 private:
  void Add(uint64_t units) {
    work_ += units;
    ++reads_;
  }

  const uint64_t limit_;
  const std::function<bool()> unwanted_;
  uint64_t work_ = 0;
  uint64_t reads_ = 0;
  uint64_t ask_at_ = kAskEvery;
  bool gone_ = false;
};

}  // namespace envledger
