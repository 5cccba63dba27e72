#include "ledger/evidence/timestamps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "ledger/crypto/sha256.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/files/file.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/temp_dir.h"
#include "tests/support/timestamp_authority.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TimestampsTest : public ::testing::Test {
 protected:
  static std::string Stamp(const TimestampAuthority& authority, const std::string& note) {
    return authority.Answer(*MakeTimestampQuery(note));
  }
  std::string Store(uint64_t size, const std::string& note, const std::string& response) {
    const auto path = StoreTimestamp(directory_, size, note, response);
    EXPECT_TRUE(path.ok()) << path.status().ToString();
    return path.ok() ? fs::path(*path).filename().string() : "";
  }
  std::string Content(const std::string& name) { return *ReadFile(directory_ + "/" + name, 1 << 20); }

  TempDir dir_;
  const std::string directory_ = dir_.path() + "/timestamps";
  const std::string note_ = SignedNote(SealedStories(5));
};

TEST_F(TimestampsTest, PairsAreStoredBesideEachOtherAndNothingIsOverwritten) {
  const std::string other_note = note_ + "— witness.example AAAAAAAA\n";
  EXPECT_EQ(Store(5, note_, "one"), "5.tsr");
  EXPECT_EQ(Store(5, note_, "one"), "5.tsr") << "the same once more";
  const std::string second = Store(5, note_, "two");
  EXPECT_EQ(second, "5-" + Hex(View(Sha256("two")).substr(0, 4)) + ".tsr");
  const std::string third = Store(5, other_note, "three");
  EXPECT_EQ(Content("5.checkpoint"), note_);
  EXPECT_EQ(Content("5.tsr"), "one");
  EXPECT_EQ(Content(second), "two");
  EXPECT_FALSE(fs::exists(directory_ + "/" + fs::path(second).stem().string() + ".checkpoint")) << "it is the first's";
  EXPECT_EQ(Content(fs::path(third).stem().string() + ".checkpoint"), other_note);
  EXPECT_EQ(CheckTimestamps(directory_, std::nullopt)->count, 3u);
}

TEST_F(TimestampsTest, WithoutADirectoryThereAreNone) {
  const auto none = CheckTimestamps(directory_, std::nullopt);
  ASSERT_TRUE(none.ok()) << none.status().ToString();
  EXPECT_EQ(none->count, 0u);
  std::ofstream(directory_) << "a file";
  EXPECT_FALSE(CheckTimestamps(directory_, std::nullopt).ok());
}

TEST_F(TimestampsTest, ThoseThatHoldAreAnchors) {
  const TimestampAuthority authority;
  const std::string certificates = *ReadCertificates({authority.ca_path()});
  Store(5, note_, Stamp(authority, note_));
  const auto good = CheckTimestamps(directory_, certificates);
  ASSERT_TRUE(good.ok()) << good.status().ToString();
  EXPECT_THAT(good->failures, IsEmpty());
  ASSERT_THAT(good->anchors, SizeIs(1));
  EXPECT_EQ(good->anchors[0].note, note_);
  EXPECT_TRUE(good->anchors[0].anchor);
  EXPECT_THAT(good->summary, HasSubstr("1 of 1 timestamps hold"));
  EXPECT_THAT(CheckTimestamps(directory_, std::nullopt)->summary, HasSubstr("not checked"));
}

TEST_F(TimestampsTest, OnesThatDoNotHoldAreToldFromThoseOfAStranger) {
  const TimestampAuthority authority;
  const TimestampAuthority stranger;
  Store(5, note_, Stamp(stranger, note_));
  Store(6, SignedNote(SealedStories(6)), Stamp(authority, note_));  // stamped for another note
  const auto findings = CheckTimestamps(directory_, authority.ca_pem());
  ASSERT_TRUE(findings.ok()) << findings.status().ToString();
  EXPECT_THAT(findings->anchors, IsEmpty());
  ASSERT_THAT(findings->failures, SizeIs(2));
  EXPECT_THAT(findings->failures[0].message, HasSubstr("timestamp 5.tsr"));
  EXPECT_EQ(findings->failures[0].verdict, Verdict::kWrongKey);
  EXPECT_THAT(findings->failures[1].message, HasSubstr("timestamp 6.tsr"));
  EXPECT_EQ(findings->failures[1].verdict, Verdict::kTampered);
  fs::remove(directory_ + "/6.checkpoint");
  EXPECT_THAT(CheckTimestamps(directory_, authority.ca_pem())->failures[1].message,
              HasSubstr("the checkpoint that was stamped cannot be read"));
}

TEST_F(TimestampsTest, AFileWithoutACertificateIsNamed) {
  const std::string path = dir_.path() + "/empty.pem";
  std::ofstream(path) << "nothing\n";
  const auto certificates = ReadCertificates({path});
  EXPECT_THAT(certificates.status().message(), HasSubstr(path));
  EXPECT_FALSE(ReadCertificates({dir_.path() + "/missing.pem"}).ok());
}

// Gives its checkpoints one by one.
class Stored : public MemoryLedger {
 public:
  Stored() : MemoryLedger(9) {}
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    CheckpointsResponse response;
    for (uint64_t size = std::max<uint64_t>(1, request.from_size); size <= entries.size(); ++size) {
      response.notes = {SignedNote(SealedStories(size))};
      break;
    }
    return response;
  }
};

TEST_F(TimestampsTest, AStampedNoteIsFoundAmongThoseOfAllPages) {
  Stored ledger;
  for (const uint64_t size : {1u, 5u, 9u}) {
    const std::string note = SignedNote(SealedStories(size));
    const auto found = FindStampedNote(ledger, Sha256(note));
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_EQ(*found, note);
  }
  EXPECT_EQ(FindStampedNote(ledger, Sha256("another note")).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace envledger
