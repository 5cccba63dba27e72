#include "ledger/verify/pipeline.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

// A genesis and `count` transitions.
std::vector<std::string> Entries(size_t count) {
  std::vector<Transition> transitions;
  for (size_t i = 0; i < count; ++i) transitions.push_back(Opening("e" + std::to_string(i)));
  return Seal(Drafts(transitions));
}

// Calls the visitor with entries of a range, as a log does.
PreparePipeline::Read ReadOf(const std::vector<std::string>& entries, uint64_t begin, uint64_t end) {
  return [&entries, begin, end](const PreparePipeline::Visit& visit) {
    for (uint64_t seq = begin; seq < end; ++seq) {
      if (!visit(seq, entries[seq])) break;
    }
    return Ok();
  };
}

TEST(PreparePipeline, ConsumesInTheOrderOfThePushesWhateverTheThreads) {
  const std::vector<std::string> entries = Entries(3000);  // several chunks
  for (const unsigned threads : {0u, 1u, 3u}) {
    uint64_t next = 0;
    PreparePipeline pipeline(threads, [&](const PreparePipeline::Item& item) {
      ASSERT_EQ(item.seq, next++);
      ASSERT_TRUE(item.prepared.status.ok());
      ASSERT_EQ(item.prepared.entry.header.seq, item.seq);
      ASSERT_EQ(item.prepared.leaf_hash, LeafHash(entries[item.seq]));
      ASSERT_EQ(item.digest, 0u) << "none was asked for";
    });
    for (uint64_t seq = 0; seq < 700; ++seq) pipeline.Push(seq, entries[seq]);
    pipeline.PushRead(ReadOf(entries, 700, 1400));
    pipeline.PushRead(ReadOf(entries, 1400, 1401));
    for (uint64_t seq = 1401; seq < entries.size(); ++seq) pipeline.Push(seq, entries[seq]);
    EXPECT_TRUE(pipeline.Finish().ok());
    EXPECT_EQ(next, entries.size()) << threads << " threads";
  }
}

TEST(PreparePipeline, AnEntryThatIsNoneIsGivenWithItsStatus) {
  std::vector<bool> sound;
  PreparePipeline pipeline(2, [&](const PreparePipeline::Item& item) { sound.push_back(item.prepared.status.ok()); });
  const std::vector<std::string> entries = Entries(1);
  pipeline.Push(0, entries[0]);
  pipeline.Push(1, "not an entry");
  pipeline.Push(2, entries[1]);
  EXPECT_TRUE(pipeline.Finish().ok());
  EXPECT_EQ(sound, (std::vector<bool>{true, false, true}));
}

TEST(PreparePipeline, EachEntryHasItsDigest) {
  const std::vector<std::string> entries = Entries(1000);
  uint64_t consumed = 0;
  PreparePipeline pipeline(
      2,
      [&](const PreparePipeline::Item& item) {
        ++consumed;
        EXPECT_EQ(item.digest, item.seq + 1);
      },
      PreparePipeline::Depth::kWhole, [](const PreparedEntry& prepared) { return prepared.entry.header.seq + 1; });
  pipeline.PushRead(ReadOf(entries, 0, entries.size()));
  EXPECT_TRUE(pipeline.Finish().ok());
  EXPECT_EQ(consumed, entries.size());
}

TEST(PreparePipeline, WhereOnlyHashesAreComparedEventsAreStillRead) {
  const std::vector<std::string> entries = Entries(1000);
  uint64_t next = 0;
  PreparePipeline pipeline(
      2,
      [&](const PreparePipeline::Item& item) {
        ASSERT_EQ(item.seq, next++);
        ASSERT_EQ(item.prepared.leaf_hash, LeafHash(entries[item.seq]));
        ASSERT_EQ(item.prepared.only_hashed, item.seq != 0) << "the genesis is an event";
        ASSERT_EQ(item.prepared.entry.event.has_value(), item.seq == 0);
      },
      PreparePipeline::Depth::kHashes);
  pipeline.PushRead(ReadOf(entries, 0, 600));
  for (uint64_t seq = 600; seq < entries.size(); ++seq) pipeline.Push(seq, entries[seq]);
  EXPECT_TRUE(pipeline.Finish().ok());
  EXPECT_EQ(next, entries.size());
}

TEST(PreparePipeline, AfterAFailedReadNothingMoreIsConsumed) {
  const std::vector<std::string> entries = Entries(1000);
  uint64_t next = 0;
  PreparePipeline pipeline(3, [&](const PreparePipeline::Item& item) { ASSERT_EQ(item.seq, next++); });
  pipeline.PushRead(ReadOf(entries, 0, 300));
  pipeline.PushRead([&](const PreparePipeline::Visit& visit) {
    visit(300, entries[300]);
    return Corruption("a block is damaged");
  });
  pipeline.PushRead(ReadOf(entries, 400, 500));
  pipeline.PushRead([](const PreparePipeline::Visit&) { return Corruption("another block is damaged"); });
  const Status status = pipeline.Finish();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_EQ(status.message(), "a block is damaged") << "the first one";
  EXPECT_EQ(next, 301u) << "what was read before it is consumed";
}

TEST(PreparePipeline, MayEndWithoutFinish) {
  const std::vector<std::string> entries = Entries(600);
  PreparePipeline pipeline(2, [](const PreparePipeline::Item&) {});
  for (uint64_t seq = 0; seq < entries.size(); ++seq) pipeline.Push(seq, entries[seq]);
}

}  // namespace
}  // namespace envledger
