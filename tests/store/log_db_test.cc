#include "ledger/store/log_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogDbTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(LogDb::Create(path_, {}).ok()); }

  void Open(rocksdb::Env* env = nullptr) {
    LogDbOptions options;
    options.env = env;
    auto log = LogDb::Open(path_, options);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = *std::move(log);
  }
  void Reopen() {
    log_.reset();
    Open();
  }
  Status Append(const std::vector<std::string>& entries) {
    return log_->Append(log_->size(), std::vector<std::string_view>(entries.begin(), entries.end()));
  }
  std::vector<std::string> All() const {
    std::vector<std::string> all;
    const Status status = log_->Scan(0, UINT64_MAX, [&](uint64_t seq, std::string_view entry) {
      EXPECT_EQ(seq, all.size());
      all.emplace_back(entry);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return all;
  }
  // The live write-ahead log.
  std::string Wal() const { return FileOf(path_, ".log"); }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/log";
  FaultEnv fault_;  // outlives the log
  std::unique_ptr<LogDb> log_;
};

TEST_F(LogDbTest, HasOneWriterThoughItsLockFileWasTidiedAway) {
  Open();
  ASSERT_TRUE(Append({"one"}).ok());
  ASSERT_TRUE(fs::remove(path_ + "/LOCK"));
  const auto second = LogDb::Open(path_, {});
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("another process"));
  ASSERT_TRUE(LogDb::OpenReadOnly(path_, {}).ok()) << "readers need no lock";
  ASSERT_TRUE(Append({"two"}).ok());
  Reopen();
  EXPECT_THAT(All(), ElementsAre("one", "two"));
}

TEST_F(LogDbTest, CreatesOnlyWhereNothingIs) {
  EXPECT_EQ(LogDb::Create(path_, {}).code(), Code::kConflict);
  const auto missing = LogDb::Open(dir_.path() + "/missing", {});
  EXPECT_FALSE(missing.ok());
  EXPECT_FALSE(fs::exists(dir_.path() + "/missing/CURRENT")) << "a log was created by opening it";
}

TEST_F(LogDbTest, IsEmptyWhenNew) {
  Open();
  EXPECT_EQ(log_->size(), 0u);
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_EQ(log_->Read(0).status().code(), Code::kNotFound);
  const auto latest = log_->LatestCheckpoint(nullptr);
  ASSERT_TRUE(latest.ok());
  EXPECT_FALSE(latest->has_value());
}

TEST_F(LogDbTest, GivesBackWhatWasAppendedAlsoAfterReopening) {
  Open();
  ASSERT_TRUE(Append({"a", "bb"}).ok());
  ASSERT_TRUE(Append({std::string("c\0c", 3)}).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(log_->size(), 3u);
    EXPECT_THAT(All(), ElementsAre("a", "bb", std::string("c\0c", 3)));
    EXPECT_EQ(*log_->Read(1), "bb");
    EXPECT_EQ(log_->Read(3).status().code(), Code::kNotFound);
    Reopen();
  }
}

TEST_F(LogDbTest, ScansTheRangeThatIsAsked) {
  Open();
  ASSERT_TRUE(Append({"0", "1", "2", "3", "4"}).ok());
  std::string seen;
  ASSERT_TRUE(log_->Scan(1, 4,
                         [&](uint64_t, std::string_view entry) {
                           seen += entry;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(seen, "123");
  seen.clear();
  ASSERT_TRUE(log_->Scan(3, UINT64_MAX,
                         [&](uint64_t, std::string_view entry) {
                           seen += entry;
                           return false;
                         })
                  .ok());
  EXPECT_EQ(seen, "3") << "the visitor's false did not end the scan";
  ASSERT_TRUE(log_->Scan(9, 12, [&](uint64_t, std::string_view) { return seen.clear(), true; }).ok());
  EXPECT_EQ(seen, "3");
}

TEST_F(LogDbTest, KeepsCheckpointsBySizeAndTheFrontierOfTheLatest) {
  Open();
  ASSERT_TRUE(Append(std::vector<std::string>(1000, "entry")).ok());
  ASSERT_TRUE(log_->PutCheckpoint(300, "note 300", "f300").ok());
  ASSERT_TRUE(log_->PutCheckpoint(1000, "note 1000", "f1000").ok());
  Reopen();
  std::string frontier;
  const auto latest = log_->LatestCheckpoint(&frontier);
  ASSERT_TRUE(latest.ok() && latest->has_value());
  EXPECT_EQ((*latest)->size, 1000u);
  EXPECT_EQ((*latest)->note, "note 1000");
  EXPECT_EQ(frontier, "f1000");
  const auto both = log_->Checkpoints(0, 10);
  ASSERT_TRUE(both.ok());
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].size, 300u);
  EXPECT_EQ(log_->Checkpoints(301, 10)->front().size, 1000u);
  EXPECT_EQ(log_->Checkpoints(0, 1)->size(), 1u);
}

TEST_F(LogDbTest, AGroupThatDoesNotFollowIsRefusedAndNothingOfItIsWritten) {
  Open();
  ASSERT_TRUE(Append({"a", "b"}).ok());
  for (const uint64_t first : {uint64_t{0}, uint64_t{1}, uint64_t{3}, UINT64_MAX}) {
    const Status refused = log_->Append(first, {"x", "y"});
    EXPECT_EQ(refused.code(), Code::kInternal) << first;
    EXPECT_THAT(refused.message(), HasSubstr("does not follow the 2 entries")) << first;
    EXPECT_EQ(log_->AppendKeyRotation(first, "x").code(), Code::kInternal) << first;
  }
  EXPECT_EQ(log_->size(), 2u);
  EXPECT_THAT(*log_->KeyRotations(), IsEmpty());
  EXPECT_FALSE(log_->failed()) << "nothing was written, so nothing is in doubt";
  EXPECT_TRUE(Append({"c"}).ok());
  Reopen();
  EXPECT_THAT(All(), ElementsAre("a", "b", "c"));
}

TEST_F(LogDbTest, ACheckpointOfMoreEntriesThanThereAreIsRefused) {
  Open();
  ASSERT_TRUE(Append({"a"}).ok());
  EXPECT_EQ(log_->PutCheckpoint(2, "note", "").code(), Code::kInternal);
  EXPECT_FALSE(log_->LatestCheckpoint(nullptr)->has_value());
  EXPECT_TRUE(log_->PutCheckpoint(1, "note", "").ok());
}

TEST_F(LogDbTest, IsOpenedForWritingByOneAtATime) {
  Open();
  EXPECT_EQ(LogDb::Open(path_, {}).status().code(), Code::kUnavailable);
}

TEST_F(LogDbTest, AReaderBesideTheWriterSeesWhatWasDurableThenAndCannotWrite) {
  Open();
  ASSERT_TRUE(Append({"a"}).ok());
  auto reader = LogDb::OpenReadOnly(path_, {});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  ASSERT_TRUE(Append({"b"}).ok());
  EXPECT_EQ((*reader)->size(), 1u);
  EXPECT_EQ(*(*reader)->Read(0), "a");
  EXPECT_FALSE((*reader)->Append(1, {"x"}).ok());
  EXPECT_THAT(All(), ElementsAre("a", "b"));
}

TEST_F(LogDbTest, AReaderChangesNothingInTheDirectory) {
  Open();
  ASSERT_TRUE(Append({"a"}).ok());
  log_.reset();
  const auto listing = [&] {
    std::vector<std::string> files;
    for (const auto& file : fs::directory_iterator(path_)) {
      files.push_back(file.path().filename().string() + " " + std::to_string(fs::file_size(file)) + " " +
                      std::to_string(fs::last_write_time(file).time_since_epoch().count()));
    }
    std::sort(files.begin(), files.end());
    return files;
  };
  const auto before = listing();
  ASSERT_TRUE(LogDb::OpenReadOnly(path_, {}).ok());
  EXPECT_EQ(listing(), before);
}

class LogDbFaultTest : public LogDbTest, public ::testing::WithParamInterface<LogFault> {};

TEST_P(LogDbFaultTest, AFailedWriteHasAnUnknownOutcomeAndStopsTheLog) {
  Open(fault_.env());
  ASSERT_TRUE(Append({"a"}).ok());
  fault_.Fail(GetParam());
  EXPECT_EQ(Append({"b", "c"}).code(), Code::kUnknownOutcome);
  EXPECT_TRUE(fault_.failed());
  EXPECT_TRUE(log_->failed());
  EXPECT_EQ(log_->size(), 1u);
  EXPECT_EQ(*log_->Read(0), "a");
  EXPECT_EQ(Append({"b"}).code(), Code::kUnknownOutcome);
  EXPECT_EQ(log_->PutCheckpoint(1, "note", "").code(), Code::kUnknownOutcome);
  EXPECT_EQ(log_->size(), 1u);
}

TEST_P(LogDbFaultTest, AfterAFailedWriteAllOfTheGroupIsThereOrNone) {
  Open(fault_.env());
  ASSERT_TRUE(Append({"a"}).ok());
  fault_.Fail(GetParam());
  ASSERT_FALSE(Append({std::string(5000, 'b'), "c", "d"}).ok());
  Reopen();
  if (GetParam() == LogFault::kSyncPersisted) {
    EXPECT_THAT(All(), ElementsAre("a", std::string(5000, 'b'), "c", "d"));
  } else {
    EXPECT_THAT(All(), ElementsAre("a"));
  }
  EXPECT_TRUE(Append({"next"}).ok());
}

TEST_P(LogDbFaultTest, ACheckpointThatCannotBeStoredStopsTheLogToo) {
  Open(fault_.env());
  ASSERT_TRUE(Append({"a"}).ok());
  fault_.Fail(GetParam());
  EXPECT_EQ(log_->PutCheckpoint(1, "note", "").code(), Code::kUnknownOutcome);
  EXPECT_EQ(Append({"b"}).code(), Code::kUnknownOutcome);
}

INSTANTIATE_TEST_SUITE_P(Faults, LogDbFaultTest, ::testing::ValuesIn(kLogFaults));

TEST_F(LogDbTest, ATornLastGroupIsDroppedWhole) {
  Open();
  ASSERT_TRUE(Append({"a"}).ok());
  const auto whole = fs::file_size(Wal());
  ASSERT_TRUE(Append({"b", "c"}).ok());
  log_.reset();
  const auto end = fs::file_size(Wal());
  ASSERT_GT(end, whole);
  for (uint64_t cut = end - 1; cut > whole; cut -= 3) {
    const std::string copy = dir_.path() + "/cut";
    fs::remove_all(copy);
    fs::copy(path_, copy);
    fs::resize_file(FileOf(copy, ".log"), cut);
    const auto log = LogDb::OpenReadOnly(copy, {});
    ASSERT_TRUE(log.ok()) << cut << ": " << log.status().ToString();
    EXPECT_EQ((*log)->size(), 1u) << cut;
  }
}

TEST_F(LogDbTest, ADamagedGroupInTheMiddleIsRefusedAndNotDropped) {
  Open();
  ASSERT_TRUE(Append({"first entry"}).ok());
  const auto begin = fs::file_size(Wal());
  ASSERT_TRUE(Append({"second entry"}).ok());
  const auto end = fs::file_size(Wal());
  ASSERT_TRUE(Append({"third entry"}).ok());
  log_.reset();
  // The payload; the record's header (7 bytes) holds its length, which decides where the next one begins.
  for (uint64_t byte = begin + 7; byte < end; ++byte) {
    const std::string copy = dir_.path() + "/flipped";
    fs::remove_all(copy);
    fs::copy(path_, copy);
    FlipBit(FileOf(copy, ".log"), byte);
    EXPECT_EQ(LogDb::Open(copy, {}).status().code(), Code::kCorruption) << byte;
  }
}

TEST_F(LogDbTest, ADamagedTableFileIsReportedWhenItIsRead) {
  LogDbOptions small;
  small.write_buffer_bytes = 64 << 10;
  auto log = LogDb::Open(path_, small);
  ASSERT_TRUE(log.ok());
  log_ = *std::move(log);
  // Bytes that do not compress, so that the one flipped lies in an entry's block.
  uint64_t state = 1;
  for (int i = 0; i < 60; ++i) {
    std::string entry;
    for (int j = 0; j < 1000; ++j) AppendU64(entry, state = state * 6364136223846793005u + 1442695040888963407u);
    ASSERT_TRUE(Append({entry}).ok());
  }
  log_.reset();
  const std::string table = FileOf(path_, ".sst");
  ASSERT_FALSE(table.empty());
  FlipBit(table, fs::file_size(table) / 4);
  const auto damaged = LogDb::OpenReadOnly(path_, {});
  ASSERT_TRUE(damaged.ok()) << damaged.status().ToString();
  const Status status = (*damaged)->Scan(0, UINT64_MAX, [](uint64_t, std::string_view) { return true; });
  EXPECT_EQ(status.code(), Code::kCorruption) << status.ToString();
}

// The end of the write-ahead log, damaged in the ways of a machine that stopped and of a disk that fails.
class DamagedEndTest : public LogDbTest {
 protected:
  static constexpr uint64_t kEntries = 20;
  static constexpr uint64_t kEntryBytes = 1000;

  void SetUp() override {
    LogDbTest::SetUp();
    Open();
    for (uint64_t i = 0; i < kEntries; ++i)
      ASSERT_TRUE(Append({std::string(kEntryBytes, static_cast<char>('a' + i))}).ok());
    log_.reset();
    wal_ = Wal();
    wal_bytes_ = fs::file_size(wal_);
  }
  void Cut(uint64_t bytes) const { fs::resize_file(wal_, wal_bytes_ - bytes); }
  void Overwrite(uint64_t from_end, const std::string& bytes) const {
    std::fstream file(wal_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(wal_bytes_ - from_end));
    file << bytes;
  }
  // The size that is found, and what CheckEnd says of it when so many were acknowledged (nullopt: nobody knows).
  std::pair<uint64_t, Status> Found(std::optional<uint64_t> acknowledged) const {
    const auto log = LogDb::OpenReadOnly(path_, {});
    if (!log.ok()) return {0, log.status()};
    return {(*log)->size(), (*log)->CheckEnd(acknowledged ? std::optional(LogMark{*acknowledged, {}}) : std::nullopt)};
  }

  void ExpectWhole(std::optional<uint64_t> acknowledged, uint64_t size) const {
    const auto [found, status] = Found(acknowledged);
    EXPECT_EQ(found, size);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  std::string wal_;
  uint64_t wal_bytes_ = 0;
};

TEST_F(DamagedEndTest, AnIntactOneIsComplete) {
  ExpectWhole(std::nullopt, kEntries);
  ExpectWhole(kEntries, kEntries);
  EXPECT_EQ(Found(kEntries + 1).second.verdict(), Verdict::kTruncated);
}

TEST_F(DamagedEndTest, ATornRecordIsTheEndWhateverIsKnown) {
  Cut(500);
  ExpectWhole(std::nullopt, kEntries - 1);
  ExpectWhole(kEntries - 1, kEntries - 1);
  const Status lost = Found(kEntries).second;
  EXPECT_EQ(lost.verdict(), Verdict::kTruncated);
  EXPECT_THAT(lost.message(), HasSubstr("the log ends after 19 entries, but 20 were acknowledged"));
  EXPECT_TRUE(LogDb::Open(path_, {}).ok());
}

TEST_F(DamagedEndTest, ARecordOfZerosOrGarbageIsToldFromALossByTheMark) {
  for (const char byte : {'\0', '\x5b'}) {
    Overwrite(500, std::string(500, byte));
    const auto [size, unknown] = Found(std::nullopt);
    EXPECT_EQ(size, kEntries - 1);
    EXPECT_TRUE(IsLogDamage(unknown)) << unknown.ToString();
    EXPECT_THAT(unknown.message(), HasSubstr("bytes of its write-ahead log cannot be read"));
    ExpectWhole(kEntries - 1, kEntries - 1);
    EXPECT_EQ(Found(kEntries).second.verdict(), Verdict::kTruncated);
    EXPECT_EQ(LogDb::Open(path_, {}).status().code(), Code::kCorruption) << "what is not judged is not dropped";
  }
  const auto log = LogDb::Open(path_, {}, LogDb::DamagedEnd::kDrop);
  ASSERT_TRUE(log.ok()) << log.status().ToString();
  EXPECT_EQ((*log)->size(), kEntries - 1);
}

TEST_F(DamagedEndTest, GarbageBehindTheLastRecordIsDroppedAndCounted) {
  std::ofstream(wal_, std::ios::app | std::ios::binary) << std::string(5000, '\x7c');
  const auto log = LogDb::OpenReadOnly(path_, {});
  ASSERT_TRUE(log.ok());
  EXPECT_EQ((*log)->size(), kEntries);
  EXPECT_EQ((*log)->dropped_bytes(), 5000u);
  EXPECT_TRUE((*log)->CheckEnd(LogMark{kEntries, {}}).ok());
}

TEST_F(DamagedEndTest, EveryByteOfTheLastRecordsIsMissedOnceItIsChanged) {
  for (uint64_t from_end = 1; from_end <= 3 * (kEntryBytes + 40); from_end += 37) {
    FlipBit(wal_, wal_bytes_ - from_end);
    const auto [size, status] = Found(kEntries);
    EXPECT_LT(size, kEntries) << from_end;
    EXPECT_EQ(status.verdict(), Verdict::kTruncated) << from_end << ": " << status.ToString();
    FlipBit(wal_, wal_bytes_ - from_end);
  }
  ExpectWhole(kEntries, kEntries);
}

}  // namespace
}  // namespace envledger
