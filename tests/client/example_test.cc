// The example backend, run as its users run it.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>

#include "ledger/codec/transition.h"
#include "tests/client/fake_daemon.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

TEST(ExampleBackendTest, AppendsATransitionAndEndsWell) {
  const TempDir directory;
  FakeDaemon daemon(directory.path() + "/append.sock");
  daemon.Start();
  const std::string command = "'" EXAMPLE_BACKEND "' '" + directory.path() + "/append.sock'";
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  ASSERT_EQ(daemon.Appended().size(), 1u);
  EXPECT_TRUE(CheckTransition(daemon.Appended().front()).ok());
}

}  // namespace
}  // namespace envledger
