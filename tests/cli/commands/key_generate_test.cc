#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Key, IsGeneratedOnceAndShownAgain) {
  std::string directory = testing::TempDir() + "key-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/signing.key";
  World generate;
  ASSERT_EQ(generate.Run({"key", "generate", "--origin", "ledger.example", "--key", path}), 0) << generate.err.str();
  EXPECT_EQ(generate.out.str().find("ledger.example+"), 0u);
  World show;
  ASSERT_EQ(show.Run({"key", "show", "--origin", "ledger.example", "--key", path}), 0) << show.err.str();
  EXPECT_EQ(show.out.str(), generate.out.str());
  World again;
  EXPECT_EQ(again.Run({"key", "generate", "--origin", "ledger.example", "--key", path}), 5);
  World missing;
  EXPECT_EQ(missing.Run({"key", "show", "--origin", "ledger.example", "--key", directory + "/none"}), 5);

  // A file with the printed line is a --vkey, so that verify gets as far as the ledger that is not there.
  std::ofstream(directory + "/vkey") << generate.out.str();
  World verify;
  verify.open_status = NotFound("no ledger");
  EXPECT_EQ(verify.Run({"verify", "--vkey", directory + "/vkey"}), 3) << verify.err.str();
  unlink(path.c_str());
  unlink((directory + "/vkey").c_str());
  rmdir(directory.c_str());
}

}  // namespace
}  // namespace envledger::cli
