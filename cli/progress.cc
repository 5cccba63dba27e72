#include "cli/progress.h"

#include <algorithm>

#include "ledger/text/words.h"

namespace envledger::cli {

Progress::Progress(std::ostream& err, bool enabled, std::function<Nanos()> ticks)
    : err_(err), enabled_(enabled), ticks_(std::move(ticks)), started_(ticks_()) {}

Progress::~Progress() {
  if (visible_) err_ << "\r\x1b[K" << std::flush;
}

void Progress::Update(uint64_t done, uint64_t total, std::string_view what) {
  if (!enabled_) return;
  const Nanos now = ticks_();
  if (now - started_ < kSecond || now - drawn_ < kSecond / 10) return;
  drawn_ = now;
  visible_ = true;
  err_ << "\r\x1b[K" << ProgressText(done, total, what, now - started_) << std::flush;
}

std::string ProgressText(uint64_t done, uint64_t total, std::string_view what, Nanos elapsed) {
  std::string text;
  if (total > 0) {
    constexpr size_t kBar = 20;
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<size_t>(share * kBar);
    std::string percent = std::to_string(static_cast<unsigned>(share * 100));
    percent.insert(0, 3 - percent.size(), ' ');
    text = "[" + std::string(filled, '#') + std::string(kBar - filled, '-') + "] " + percent + "%  " + Grouped(done) +
           " of " + Grouped(total) + " ";
  } else {
    text = Grouped(done) + " ";
  }
  const double seconds = static_cast<double>(std::max<Nanos>(elapsed, 1)) / kSecond;
  return text + std::string(what) + ", " + Grouped(static_cast<uint64_t>(static_cast<double>(done) / seconds)) + "/s";
}

}  // namespace envledger::cli
