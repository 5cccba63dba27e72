#include "ledger/index/tail_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/index/index_writer.h"
#include "tests/index/own_log.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kEntries = 41;
constexpr size_t kPlenty = 1 << 20;

class TailIndexTest : public OwnLog {
 protected:
  void SetUp() override { Create(SealedStories(kEntries)); }
  // An index of the first entries, as the indexer writes it.
  std::shared_ptr<IndexDb> Indexed(uint64_t until) {
    std::shared_ptr<IndexDb> index = OpenIndex(data_dir() + "/index-" + std::to_string(indexes_++));
    if (until == 0) return index;
    auto writer = IndexWriter::Resume(*log_, *index, {});
    EXPECT_TRUE(writer.ok() && writer->CatchUp(until, {}).ok());
    return index;
  }

 private:
  int indexes_ = 0;
};

TEST_F(TailIndexTest, IsTheIndexThatTheIndexerWouldHaveWrittenWhereverItBegins) {
  const auto whole = Indexed(kEntries);
  const std::vector<std::string> expected = KeysOf(*whole->Snapshot());
  for (const uint64_t from : {uint64_t{0}, uint64_t{1}, uint64_t{17}, kEntries - 1, kEntries}) {
    const auto base = Indexed(from);
    auto tail = DeriveTail(*log_, base->Snapshot(), kEntries, kPlenty);
    ASSERT_TRUE(tail.ok()) << from << ": " << tail.status().ToString();
    EXPECT_EQ((*tail)->watermark(), kEntries);
    EXPECT_EQ(KeysOf(**tail), expected) << from;
  }
}

TEST_F(TailIndexTest, EndsWhereItIsAskedTo) {
  const auto part = Indexed(30);
  const auto base = Indexed(5);
  auto tail = DeriveTail(*log_, base->Snapshot(), 30, kPlenty);
  ASSERT_TRUE(tail.ok()) << tail.status().ToString();
  EXPECT_EQ(KeysOf(**tail), KeysOf(*part->Snapshot()));
}

TEST_F(TailIndexTest, TakesNoMoreMemoryThanItMay) {
  const auto none = Indexed(0);
  const auto tail = DeriveTail(*log_, none->Snapshot(), kEntries, 4096);
  EXPECT_EQ(tail.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(tail.status().message(), HasSubstr("the index of the 41 entries after the first 0 takes more than 4096"));
}

TEST_F(TailIndexTest, ABaseThatLacksWhatTheTailContinuesIsDamaged) {
  // It claims to reach entry 20, and holds nothing.
  const auto tail = DeriveTail(*log_, MemoryReader({}, 20), kEntries, kPlenty);
  EXPECT_TRUE(IsIndexDamage(tail.status())) << tail.status().ToString();
}

}  // namespace
}  // namespace envledger
