// The writer, when what it is about to write cannot be right.
#include "ledger/service/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "tests/support/ledger_fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

class NoIndex : public IndexSource {
 public:
  uint64_t watermark() const override { return 0; }
  std::shared_ptr<const IndexReader> Latest() const override { return EmptyReader(); }
};

TEST(SequencerTest, AGroupThatDoesNotFollowTheLogStopsTheWriterAndIsNotWritten) {
  const TempDir dir;
  ManualClock clock;
  ASSERT_TRUE(LogDb::Create(dir.path() + "/log", {}).ok());
  const auto log = LogDb::Open(dir.path() + "/log", {});
  ASSERT_TRUE(log.ok());
  const NoIndex index;
  // A chain that has three entries more than the log: as if a group had been lost on its way.
  ChainEnd ahead;
  for (int i = 0; i < 3; ++i) ahead.frontier.Append(Hash{});
  LogEnd end{DurableEnd{}};
  Progress indexed{0};
  Sequencer sequencer(**log, std::make_unique<Sealer>(**log, index, clock, SealerOptions{}, ahead), {}, end, indexed);
  const auto seal = [&] {
    std::promise<Status> done;
    sequencer.SubmitEvent(Closed{"test"}, [&done](AppendResult result) { done.set_value(StatusOf(result)); });
    return done.get_future().get();
  };
  EXPECT_EQ(seal().code(), Code::kUnavailable) << "nothing of it was written";
  EXPECT_EQ(end.failure().code(), Code::kInternal);
  EXPECT_THAT(end.failure().message(), HasSubstr("does not follow the 0 entries"));
  EXPECT_EQ(seal().code(), Code::kUnavailable);
  EXPECT_EQ((*log)->size(), 0u);
  EXPECT_FALSE((*log)->failed());
}

}  // namespace
}  // namespace envledger
