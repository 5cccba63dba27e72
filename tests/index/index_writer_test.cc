#include "ledger/index/index_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/index/own_log.h"
#include "tests/support/chain_builder.h"
#include "tests/support/doctor.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kSize = 41;

class IndexWriterTest : public OwnLog {
 protected:
  void SetUp() override { Create(SealedStories(kSize)); }
  // The keys after the log was indexed in batches of this size, by a new writer for each batch if `resumed`.
  std::vector<std::string> KeysIn(const std::string& name, const IndexWriterOptions& options, bool resumed) {
    const auto index = OpenIndex(data_dir() + "/" + name);
    auto writer = IndexWriter::Resume(*log_, *index, options);
    EXPECT_TRUE(writer.ok());
    while (writer->watermark() < kSize) {
      const Status stepped = writer->Step(kSize);
      EXPECT_TRUE(stepped.ok()) << stepped.ToString();
      if (!stepped.ok()) break;
      if (resumed) writer = IndexWriter::Resume(*log_, *index, options);
    }
    EXPECT_EQ(writer->tree().Root(), RootOf(SealedStories(kSize)));
    EXPECT_EQ(index->watermark().seq, kSize);
    return KeysOf(*index->Snapshot());
  }
};

TEST_F(IndexWriterTest, GivesTheSameKeysInBatchesOfAnySizeAndWhereverItIsResumed) {
  const std::vector<std::string> whole = KeysIn("whole", {}, false);
  EXPECT_GT(whole.size(), kSize);
  for (const size_t batch : {1u, 7u, 40u}) {
    IndexWriterOptions options;
    options.batch_entries = batch;
    EXPECT_EQ(KeysIn("kept" + std::to_string(batch), options, false), whole) << batch;
    EXPECT_EQ(KeysIn("resumed" + std::to_string(batch), options, true), whole) << batch;
  }
}

TEST_F(IndexWriterTest, ABatchEndsAtItsEntriesOrBytesAndHoldsAtLeastOne) {
  const auto index = OpenIndex(data_dir() + "/steps");
  IndexWriterOptions options;
  options.batch_entries = 10;
  auto writer = IndexWriter::Resume(*log_, *index, options);
  std::vector<uint64_t> told;
  ASSERT_TRUE(writer->CatchUp(25, [&](uint64_t seq) { told.push_back(seq); }).ok());
  EXPECT_THAT(told, ElementsAre(10, 20, 25));
  options.batch_bytes = 1;
  writer = IndexWriter::Resume(*log_, *index, options);
  ASSERT_TRUE(writer->Step(kSize).ok());
  EXPECT_EQ(writer->watermark(), 26u);
  EXPECT_EQ(index->watermark().seq, 26u);
}

TEST_F(IndexWriterTest, AMissingOrMalformedEntryIsDamageOfTheLogAndIndexesNothingOfItsBatch) {
  log_.reset();
  DeleteKey(LogPath(data_dir()), "entries", U64Key(20));
  PutKey(LogPath(data_dir()), "entries", U64Key(30), "no entry");
  log_ = *LogDb::OpenReadOnly(LogPath(data_dir()), {});
  const auto index = OpenIndex(data_dir() + "/index");
  auto writer = IndexWriter::Resume(*log_, *index, {});
  const Status missing = writer->CatchUp(kSize, {});
  EXPECT_TRUE(IsLogDamage(missing)) << missing.ToString();
  EXPECT_THAT(missing.message(), HasSubstr("entry 20 is missing"));
  EXPECT_EQ(writer->watermark(), 0u);
  EXPECT_EQ(index->watermark().seq, 0u);
}

TEST_F(IndexWriterTest, AnEntryThatCannotBeReadAsOneIsNamed) {
  log_.reset();
  PutKey(LogPath(data_dir()), "entries", U64Key(30), "no entry");
  log_ = *LogDb::OpenReadOnly(LogPath(data_dir()), {});
  const auto index = OpenIndex(data_dir() + "/index");
  auto writer = IndexWriter::Resume(*log_, *index, {});
  ASSERT_TRUE(writer->CatchUp(30, {}).ok());
  const Status malformed = writer->Step(kSize);
  EXPECT_TRUE(IsLogDamage(malformed)) << malformed.ToString();
  EXPECT_THAT(malformed.message(), HasSubstr("entry 30: "));
  EXPECT_EQ(writer->watermark(), 30u);
}

TEST_F(IndexWriterTest, IsNotResumedOnAnIndexThatLacksItsTree) {
  const auto index = OpenIndex(data_dir() + "/index");
  std::vector<IndexPut> puts = {{Table::kFacets, FacetKey(FacetPrefix(Facet::kTenant, "t"), 1), {}}};
  ASSERT_TRUE(index->Apply(puts, {kSize, std::string(32, 'h')}).ok());
  const Status resumed = IndexWriter::Resume(*log_, *index, {}).status();
  EXPECT_TRUE(IsIndexDamage(resumed)) << resumed.ToString();
}

}  // namespace
}  // namespace envledger
