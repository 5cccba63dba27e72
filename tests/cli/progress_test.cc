#include "cli/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace envledger::cli {
namespace {

TEST(Progress, IsDrawnOnlyOnATerminalAndAfterASecond) {
  std::ostringstream err;
  Nanos now = 0;
  const auto ticks = [&now] { return now; };
  {
    Progress off(err, false, ticks);
    now = 5 * kSecond;
    off.Update(1, 2, "entries");
  }
  EXPECT_EQ(err.str(), "");
  now = 0;
  Progress on(err, true, ticks);
  now = kSecond / 2;
  on.Update(1, 2, "entries");
  EXPECT_EQ(err.str(), "");
  now = 2 * kSecond;
  on.Update(1000, 2000, "entries");
  EXPECT_EQ(err.str(), "\r\x1b[K[##########----------]  50%  1,000 of 2,000 entries, 500/s");
}

}  // namespace
}  // namespace envledger::cli
