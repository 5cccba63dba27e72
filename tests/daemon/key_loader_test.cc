#include "ledger/daemon/key_loader.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/crypto/key_paths.h"
#include "ledger/files/file.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

class KeyLoaderTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  void Put(const std::string& path, const std::string& contents) const {
    ASSERT_TRUE(WriteFileDurably(path, contents, 0600).ok());
  }
  // Generates a key in a file, and returns its public half.
  std::string Generate(const std::string& path) const {
    const auto key = SigningKey::Generate();
    EXPECT_TRUE(key.ok() && key->Create(path).ok());
    return key->public_key();
  }

  TempDir directory_;
  const std::string key_ = directory_.path() + "/signing.key";
};

TEST_F(KeyLoaderTest, TheConfiguredFileComesFirstThenTheCredentialThenTheDefault) {
  EXPECT_EQ(FindKeyFile("", nullptr), kDefaultKeyPath);
  EXPECT_EQ(FindKeyFile("", ""), kDefaultKeyPath);
  EXPECT_EQ(FindKeyFile("", directory_.path().c_str()), kDefaultKeyPath) << "no credential of this name was passed";
  Put(key_, "not a key");
  EXPECT_EQ(FindKeyFile("", directory_.path().c_str()), key_) << "an unusable credential is not ignored";
  EXPECT_EQ(FindKeyFile("/configured", directory_.path().c_str()), "/configured");
}

TEST_F(KeyLoaderTest, AKeyAloneIsNoRotation) {
  const std::string key = Generate(key_);
  for (const bool empty_credential : {false, true}) {
    if (empty_credential) Put(RotationPath(key_), "");
    const auto loaded = LoadKey(key_);
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    EXPECT_EQ(loaded->key.public_key(), key);
    EXPECT_FALSE(loaded->pending.has_value());
  }
}

TEST_F(KeyLoaderTest, ARotationIsLoadedWithThePreviousKeyIfThatIsThere) {
  Generate(key_);
  Put(RotationPath(key_), "the rotation");
  auto loaded = LoadKey(key_);
  ASSERT_TRUE(loaded.ok() && loaded->pending) << loaded.status().ToString();
  EXPECT_EQ(loaded->pending->note, "the rotation");
  EXPECT_FALSE(loaded->pending->previous.has_value());

  const std::string previous = Generate(PreviousKeyPath(key_));
  loaded = LoadKey(key_);
  ASSERT_TRUE(loaded.ok() && loaded->pending && loaded->pending->previous) << loaded.status().ToString();
  EXPECT_EQ(loaded->pending->previous->public_key(), previous);
}

TEST_F(KeyLoaderTest, APreviousKeyThatCannotBeUsedIsIgnored) {
  Generate(key_);
  Put(RotationPath(key_), "the rotation");
  Put(PreviousKeyPath(key_), "not a key");
  const auto loaded = LoadKey(key_);
  ASSERT_TRUE(loaded.ok() && loaded->pending) << loaded.status().ToString();
  EXPECT_FALSE(loaded->pending->previous.has_value());
}

TEST_F(KeyLoaderTest, ARotationThatCannotBeReadIsAnError) {
  Generate(key_);
  Put(RotationPath(key_), std::string(kMaxNoteBytes + 1, 'x'));
  EXPECT_EQ(LoadKey(key_).status().code(), Code::kResourceExhausted);
}

TEST_F(KeyLoaderTest, WithoutAKeyNothingIsLoaded) {
  Put(RotationPath(key_), "the rotation");
  EXPECT_FALSE(LoadKey(key_).ok());
}

}  // namespace
}  // namespace envledger
