#include "ledger/files/directory_lock.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

constexpr std::chrono::seconds kAtOnce{0};

TEST(DirectoryLock, IsHeldByOneUntilItsOwnerGoes) {
  const TempDir directory;
  {
    const auto held = LockDirectory(directory.path(), kAtOnce);
    ASSERT_TRUE(held.ok()) << held.status().ToString();
    const auto refused = LockDirectory(directory.path(), kAtOnce);
    EXPECT_EQ(refused.status().code(), Code::kUnavailable);
    EXPECT_EQ(refused.status().rule(), kRuleLocked);
    EXPECT_NE(refused.status().message().find(directory.path()), std::string::npos);
  }
  EXPECT_TRUE(LockDirectory(directory.path(), kAtOnce).ok());
}

TEST(DirectoryLock, WaitsForItsHolder) {
  const TempDir directory;
  auto held = LockDirectory(directory.path(), kAtOnce);
  ASSERT_TRUE(held.ok());
  std::thread waits([&] { EXPECT_TRUE(LockDirectory(directory.path(), std::chrono::hours(1)).ok()); });
  held = UniqueFd();
  waits.join();
}

TEST(DirectoryLock, NeedsADirectory) {
  const TempDir directory;
  EXPECT_EQ(LockDirectory(directory.path() + "/none", kAtOnce).status().code(), Code::kNotFound);
  std::ofstream(directory.path() + "/file") << "text";
  EXPECT_FALSE(LockDirectory(directory.path() + "/file", kAtOnce).ok());
}

}  // namespace
}  // namespace envledger
