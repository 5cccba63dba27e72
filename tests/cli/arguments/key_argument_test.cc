#include "cli/arguments/key_argument.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

using ::testing::HasSubstr;

class KeyArgument : public ::testing::Test {
 protected:
  std::string File(const std::string& contents) const {
    const std::string path = directory_.path() + "/file";
    std::ofstream(path, std::ios::binary) << contents;
    return path;
  }

  TempDir directory_;
  const std::string vkey_ = FormatVerifierKey(FakeLedger::key());
};

TEST_F(KeyArgument, IsAKeyOrAFileThatBeginsWithOne) {
  for (const std::string& contents : {vkey_, vkey_ + "\n", vkey_ + " \r\nanother line\n"}) {
    const auto key = ReadVerifierKey(File(contents));
    ASSERT_TRUE(key.ok()) << key.status().ToString();
    EXPECT_EQ(FormatVerifierKey(*key), vkey_);
  }
  const auto key = ReadVerifierKey(vkey_);
  ASSERT_TRUE(key.ok()) << key.status().ToString();
  EXPECT_EQ(FormatVerifierKey(*key), vkey_);
}

TEST_F(KeyArgument, SaysWhyThereIsNoKey) {
  const std::string file = File("\n" + vkey_);
  EXPECT_THAT(ReadVerifierKey(file).status().message(), HasSubstr("the first line of " + file));
  const std::string absent = directory_.path() + "/absent";
  EXPECT_THAT(ReadVerifierKey(absent).status().message(), HasSubstr(absent));
  const std::string damaged = vkey_.substr(0, vkey_.size() - 4);
  EXPECT_THAT(ReadVerifierKey(damaged).status().message(), HasSubstr("neither a verifier key nor an existing file"));
}

TEST_F(KeyArgument, ACheckpointFileIsReadByteForByte) {
  const std::string note = FakeLedger().NoteOver(0);
  const auto read = ReadCheckpointFile(File(note));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(*read, note);
  const std::string file = File(note + "more");
  EXPECT_THAT(ReadCheckpointFile(file).status().message(), HasSubstr(file + " is not a checkpoint"));
  EXPECT_FALSE(ReadCheckpointFile(directory_.path() + "/absent").ok());
}

TEST_F(KeyArgument, ASigningKeyNeedsAFileAndANameThatCanSign) {
  const auto check = [](const std::vector<std::string>& words) {
    const auto options = ParseOptions(SigningKeyOptions(), 0, 0, words);
    EXPECT_TRUE(options.ok()) << options.status().ToString();
    return CheckSigningKeyOptions(*options);
  };
  EXPECT_TRUE(check({"--origin", "ledger.example/audit", "--key", "k"}).ok());
  EXPECT_THAT(check({"--key", "k"}).message(), HasSubstr("--origin"));
  EXPECT_THAT(check({"--origin", "a"}).message(), HasSubstr("--key"));
  for (const char* name : {"two words", "a+b"}) {
    const Status status = check({"--origin", name, "--key", "k"});
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), HasSubstr("--origin"));
  }
}

}  // namespace
}  // namespace envledger::cli
