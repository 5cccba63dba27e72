// The files of a rotation, stopped at every step.
#include "ledger/keys/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "ledger/crypto/ed25519.h"
#include "ledger/crypto/key_paths.h"
#include "ledger/files/file.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "ledger.example/test";
constexpr Nanos kMorning = 1773739200 * kSecond;

SigningKey KeyOf(char seed) { return *SigningKey::FromSeed(std::string(32, seed)); }
VerifierKey VerifierKeyOf(const SigningKey& key) { return *MakeVerifierKey(kOrigin, key.public_key()); }
mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

class KeyRotationTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(KeyOf(1).Create(path_).ok()); }

  static KeyHistory FirstKey(char seed = 1) {
    return *KeyHistory::From(Genesis{kOrigin, KeyOf(seed).public_key(), kFormatVersion, kMorning}, kMorning);
  }
  std::string PublicKeyIn(const std::string& path) const {
    const auto key = SigningKey::Load(path);
    EXPECT_TRUE(key.ok()) << key.status().ToString();
    return key.ok() ? key->public_key() : "";
  }
  // What the daemon would do at its next start: the rotation leads from the last key to the one in the file.
  KeyHistory Recorded(KeyHistory keys) const {
    const auto note = ReadFile(RotationPath(path_), kMaxNoteBytes);
    EXPECT_TRUE(note.ok()) << note.status().ToString();
    const auto rotation = ReadRotationNote(*note, kOrigin);
    EXPECT_TRUE(rotation.ok()) << rotation.status().ToString();
    const Status added = keys.Add(keys.current().seq + 5, kMorning, *rotation);
    EXPECT_TRUE(added.ok()) << added.ToString();
    EXPECT_EQ(keys.current().key.public_key, PublicKeyIn(path_));
    return keys;
  }
  void ExpectRotated(const RotatedKey& rotated, const KeyHistory& before) {
    EXPECT_EQ(PublicKeyIn(path_), rotated.key.public_key);
    EXPECT_EQ(PublicKeyIn(PreviousKeyPath(path_)), before.current().key.public_key);
    EXPECT_FALSE(fs::exists(NextKeyPath(path_)));
    EXPECT_EQ(ModeOf(path_), 0600u);
    EXPECT_EQ(ModeOf(PreviousKeyPath(path_)), 0600u);
    EXPECT_EQ(ModeOf(RotationPath(path_)), 0644u);
    EXPECT_EQ(Recorded(before).current().key, rotated.key);
    EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator()), 3) << "no other file";
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/signing.key";
};

TEST_F(KeyRotationTest, PutsANewKeyInThePlaceOfTheOldOne) {
  const KeyHistory keys = FirstKey();
  const auto rotated = RotateKeyFile(path_, keys, {});
  ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
  EXPECT_FALSE(rotated->was_done);
  EXPECT_NE(rotated->key, keys.current().key);
  ExpectRotated(*rotated, keys);
}

TEST_F(KeyRotationTest, ThatIsNotRecordedYetIsNotMadeAgain) {
  const KeyHistory keys = FirstKey();
  const auto first = RotateKeyFile(path_, keys, {});
  ASSERT_TRUE(first.ok());
  const auto second = RotateKeyFile(path_, keys, {});
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_TRUE(second->was_done);
  EXPECT_EQ(second->key, first->key);
  ExpectRotated(*second, keys);
}

TEST_F(KeyRotationTest, FollowsTheLastOneOnceThatIsRecorded) {
  KeyHistory keys = FirstKey();
  for (int i = 0; i < 3; ++i) {
    const auto rotated = RotateKeyFile(path_, keys, {});
    ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
    EXPECT_FALSE(rotated->was_done);
    ExpectRotated(*rotated, keys);
    keys = Recorded(keys);
  }
  EXPECT_EQ(keys.keys().size(), 4u);
}

// Every step of the first and of the second rotation, stopped before and after it.
TEST_F(KeyRotationTest, GoesOnWhereItWasStopped) {
  for (int rotations_before = 0; rotations_before < 2; ++rotations_before) {
    int stops = 0;
    for (int stop_at = 0;; ++stop_at) {
      SCOPED_TRACE(std::to_string(rotations_before) + " before, stopped at " + std::to_string(stop_at));
      for (const auto& file : fs::directory_iterator(dir_.path())) fs::remove(file.path());
      ASSERT_TRUE(KeyOf(1).Create(path_).ok());
      KeyHistory keys = FirstKey();
      if (rotations_before == 1) {
        ASSERT_TRUE(RotateKeyFile(path_, keys, {}).ok());
        keys = Recorded(keys);
      }
      int calls = 0;
      const auto stopped = RotateKeyFile(path_, keys, [&](std::string_view, bool) {
        return calls++ == stop_at ? Unavailable("stopped by the test") : Ok();
      });
      if (stopped.ok()) break;
      ++stops;
      EXPECT_EQ(stopped.status().message(), "stopped by the test");
      // The daemon can start at any moment: with the ledger's key, or with the one that the rotation leads to.
      if (PublicKeyIn(path_) != keys.current().key.public_key) Recorded(keys);
      // A second stop, of the run that goes on, changes nothing either.
      static_cast<void>(RotateKeyFile(path_, keys, [n = 0](std::string_view, bool) mutable {
        return n++ == 1 ? Unavailable("stopped again") : Ok();
      }));
      const auto rotated = RotateKeyFile(path_, keys, {});
      ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
      ExpectRotated(*rotated, keys);
    }
    EXPECT_EQ(stops, 10) << "five steps, before and after";
  }
}

TEST_F(KeyRotationTest, OfTwoAtOnceOneIsRefusedAndTakesNothingAway) {
  const KeyHistory keys = FirstKey();
  int refused = 0;
  const auto rotated = RotateKeyFile(path_, keys, [&](std::string_view, bool) {
    const auto other = RotateKeyFile(path_, keys, {});
    refused += other.status().code() == Code::kUnavailable ? 1 : 0;
    return Ok();
  });
  ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
  EXPECT_EQ(refused, 10) << "before and after each of five steps";
  ExpectRotated(*rotated, keys);
}

// Each call of the first and of the second rotation fails, done and not done.
TEST_F(KeyRotationTest, WhicheverCallFailsTheDaemonCanStartAndTheNextRunGoesOn) {
  for (const FileFault fault : {FileFault::kFailed, FileFault::kFailedButDone}) {
    std::string call;
    for (size_t skip = 0; call != "none"; ++skip) {
      ASSERT_LT(skip, 80u) << "there are more calls than the test tries";
      for (const auto& file : fs::directory_iterator(dir_.path())) fs::remove(file.path());
      ASSERT_TRUE(KeyOf(1).Create(path_).ok());
      KeyHistory keys = FirstKey();
      ASSERT_TRUE(RotateKeyFile(path_, keys, {}).ok());
      keys = Recorded(keys);
      const std::string old_key = PublicKeyIn(path_);
      Status status;
      {
        FileFaults faults(dir_.path());
        faults.Fail(fault, skip);
        status = RotateKeyFile(path_, keys, {}).status();
        call = faults.failed().empty() ? "none" : faults.failed();
      }
      SCOPED_TRACE(std::to_string(skip) + " " + call + ": " + status.ToString());
      if (PublicKeyIn(path_) != old_key) {
        EXPECT_TRUE(status.ok() || status.code() == Code::kUnknownOutcome) << "it is not told that nothing was changed";
        Recorded(keys);
      }
      const auto rotated = RotateKeyFile(path_, keys, {});
      ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
      for (const auto& file : fs::directory_iterator(dir_.path())) {  // what a failed unlink may leave
        if (file.path().string().find(".tmp.") != std::string::npos) fs::remove(file.path());
      }
      ExpectRotated(*rotated, keys);
    }
  }
}

TEST_F(KeyRotationTest, WhatAnEarlierRunDidIsMadeDurableBeforeItIsGoneOnFrom) {
  const KeyHistory keys = FirstKey();
  FileFaults faults(dir_.path());
  faults.Fail(FileFault::kFailed, 1, "fsync-directory");  // of the next key, which is generated
  EXPECT_EQ(RotateKeyFile(path_, keys, {}).status().code(), Code::kUnknownOutcome);
  ASSERT_TRUE(fs::exists(NextKeyPath(path_)));
  const size_t before = faults.calls().size();
  ASSERT_TRUE(RotateKeyFile(path_, keys, {}).ok());
  const std::vector<std::string> calls = faults.calls();
  const auto first = std::find_if(calls.begin() + static_cast<ptrdiff_t>(before), calls.end(),
                                  [](const std::string& call) { return call != "open-directory"; });
  ASSERT_NE(first, calls.end());
  EXPECT_EQ(*first, "fsync-directory");
}

TEST_F(KeyRotationTest, AKeyThatIsNotTheLedgersIsRefusedAndNothingIsTouched) {
  const KeyHistory other = FirstKey(2);
  const auto refused = RotateKeyFile(path_, other, {});
  EXPECT_EQ(refused.status().code(), Code::kNotPermitted);
  EXPECT_THAT(refused.status().message(), HasSubstr(FormatVerifierKey(VerifierKeyOf(KeyOf(1)))));
  EXPECT_THAT(refused.status().message(), HasSubstr(FormatVerifierKey(VerifierKeyOf(KeyOf(2)))));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator()), 1);
}

TEST_F(KeyRotationTest, ASwappedKeyWithoutItsRotationIsRefused) {
  const KeyHistory keys = FirstKey();
  ASSERT_TRUE(RotateKeyFile(path_, keys, {}).ok());
  const std::string made = PublicKeyIn(path_);
  ASSERT_TRUE(WriteFileDurably(RotationPath(path_), "damaged\n", 0644).ok());
  const auto refused = RotateKeyFile(path_, keys, {});
  EXPECT_EQ(refused.status().code(), Code::kNotPermitted);
  EXPECT_THAT(refused.status().message(), HasSubstr(PreviousKeyPath(path_)));
  EXPECT_EQ(PublicKeyIn(path_), made);
}

TEST_F(KeyRotationTest, AKeyFileThatOthersCanReadIsRefused) {
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_EQ(RotateKeyFile(path_, FirstKey(), {}).status().code(), Code::kNotPermitted);
}

}  // namespace
}  // namespace envledger
