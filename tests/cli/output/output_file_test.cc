#include "cli/output/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "ledger/files/file.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

namespace fs = std::filesystem;

size_t FilesIn(const std::string& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

class OutputFileTest : public ::testing::Test {
 protected:
  std::string Contents() const { return *ReadFile(path_, 1 << 24); }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/out";
  std::ostringstream standard_;
};

TEST_F(OutputFileTest, WithoutAPathWritesToStandardOutput) {
  auto output = OutputFile::Open(standard_, "");
  ASSERT_TRUE(output.ok());
  output->out() << "text";
  EXPECT_TRUE(output->Finish().ok());
  EXPECT_EQ(standard_.str(), "text");
  EXPECT_EQ(FilesIn(directory_.path()), 0u);
}

TEST_F(OutputFileTest, TheFileAppearsWhenItIsFinished) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";  // more than a buffer holds
  {
    auto output = OutputFile::Open(standard_, path_);
    ASSERT_TRUE(output.ok());
    output->out() << text << 'c';
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_TRUE(output->Finish().ok());
  }
  EXPECT_EQ(Contents(), text + "c");
  EXPECT_EQ(standard_.str(), "");
  EXPECT_EQ(FilesIn(directory_.path()), 1u) << "the temporary file is gone";
  EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0644));
}

TEST_F(OutputFileTest, WithoutFinishThePreviousFileStays) {
  ASSERT_TRUE(WriteFileDurably(path_, "previous", 0644).ok());
  {
    auto output = OutputFile::Open(standard_, path_);
    ASSERT_TRUE(output.ok());
    output->out() << "half of an ans" << std::flush;
  }
  EXPECT_EQ(Contents(), "previous");
  EXPECT_EQ(FilesIn(directory_.path()), 1u);
}

TEST_F(OutputFileTest, ADirectoryThatIsMissingIsAnErrorAtOnce) {
  EXPECT_FALSE(OutputFile::Open(standard_, directory_.path() + "/absent/out").ok());
}

TEST_F(OutputFileTest, WriteOutputSaysWhatItWroteOrWhyNot) {
  World world;
  EXPECT_EQ(WriteOutput(world.context, path_, "contents", "3 entries"), ExitStatus::kFine);
  EXPECT_EQ(Contents(), "contents");
  EXPECT_NE(world.err.str().find("wrote " + path_ + ": 3 entries"), std::string::npos) << world.err.str();
  world.err.str("");
  EXPECT_EQ(WriteOutput(world.context, path_ + "/below", "contents", "3 entries"), ExitStatus::kUnavailable);
  EXPECT_NE(world.err.str().find(path_), std::string::npos) << world.err.str();
  EXPECT_EQ(world.err.str().find("wrote"), std::string::npos);
  EXPECT_EQ(world.out.str(), "");
}

}  // namespace
}  // namespace envledger::cli
