#include "ledger/api/shared_page.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

class SharedPageTest : public testing::Test {
 protected:
  // How many entries the page has; each reading gives one more than the last.
  size_t Get(const SharedPage::Asked& asked) {
    const auto page = shared_.Get(asked, [this] {
      return Result<EntriesResponse>(EntriesResponse{std::vector<std::string>(readings_++, "entry"), 10});
    });
    EXPECT_TRUE(page.ok());
    return page.ok() ? page->entries.size() : 0;
  }

  SharedPage shared_;
  size_t readings_ = 1;
};

TEST_F(SharedPageTest, IsReadOnceForAllWhoStandAtOnePlace) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Get({7, 0, 100, 1000}), 1u);
  EXPECT_EQ(Get({8, 0, 100, 1000}), 2u);
  EXPECT_EQ(Get({8, 0, 100, 1000}), 2u);
  EXPECT_EQ(Get({7, 0, 100, 1000}), 3u) << "it is one page";
}

TEST_F(SharedPageTest, IsReadAgainWithOtherLimits) {
  EXPECT_EQ(Get({7, 0, 100, 1000}), 1u);
  EXPECT_EQ(Get({7, 5, 100, 1000}), 2u);
  EXPECT_EQ(Get({7, 5, 90, 1000}), 3u);
  EXPECT_EQ(Get({7, 5, 90, 900}), 4u);
}

TEST_F(SharedPageTest, NothingAndAFailureAreNotKept) {
  readings_ = 0;
  EXPECT_EQ(Get({7, 0, 100, 1000}), 0u);
  EXPECT_EQ(Get({7, 0, 100, 1000}), 1u);
  const auto failed = shared_.Get({8, 0, 100, 1000}, [] { return Result<EntriesResponse>(Unavailable("no")); });
  EXPECT_EQ(failed.status().code(), Code::kUnavailable);
  EXPECT_EQ(Get({8, 0, 100, 1000}), 2u);
}

}  // namespace
}  // namespace envledger
