#include "ledger/transport/socket.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "ledger/files/directory_lock.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

class SocketTest : public testing::Test {
 protected:
  TempDir directory_;
  const std::string path_ = directory_.path() + "/test.sock";
};

TEST_F(SocketTest, ListensWithExactlyTheModeWhateverTheUmask) {
  for (const mode_t mask : {0u, 0777u, 0022u}) {
    const mode_t before = umask(mask);
    const Result<UniqueFd> listening = ListenUnix(path_, 0620, 8);
    umask(before);
    ASSERT_TRUE(listening.ok()) << listening.status().ToString();
    struct stat info {};
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode, mode_t{S_IFSOCK | 0620});
    EXPECT_TRUE(ConnectUnix(path_).ok());
  }
}

TEST_F(SocketTest, ListensCloseOnExecAndNonBlockingAndConnectsCloseOnExecAndBlocking) {
  const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(listening.ok());
  EXPECT_TRUE(fcntl(listening->get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(fcntl(listening->get(), F_GETFL) & O_NONBLOCK);
  const Result<UniqueFd> connected = ConnectUnix(path_);
  ASSERT_TRUE(connected.ok());
  EXPECT_TRUE(fcntl(connected->get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_FALSE(fcntl(connected->get(), F_GETFL) & O_NONBLOCK);
}

TEST_F(SocketTest, ReplacesASocketFileThatNobodyListensOn) {
  { ASSERT_TRUE(ListenUnix(path_, 0600, 8).ok()); }
  EXPECT_EQ(ConnectUnix(path_).status().code(), Code::kUnavailable);
  const Result<UniqueFd> again = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_TRUE(ConnectUnix(path_).ok());
}

TEST_F(SocketTest, ALiveSocketIsAConflictAndStaysInPlaceAlsoWithAFullQueue) {
  const Result<UniqueFd> first = ListenUnix(path_, 0600, 0);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ListenUnix(path_, 0600, 8).status().code(), Code::kConflict);
  std::vector<UniqueFd> waiting;
  Result<UniqueFd> next = ConnectUnix(path_);
  while (next.ok()) {
    waiting.push_back(*std::move(next));
    next = ConnectUnix(path_);
  }
  EXPECT_EQ(next.status().code(), Code::kUnavailable);
  EXPECT_EQ(ListenUnix(path_, 0600, 8).status().code(), Code::kConflict);
  EXPECT_GE(accept(first->get(), nullptr, nullptr), 0);
}

TEST_F(SocketTest, AnythingElseAtThePathIsLeftAloneAndRefused) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(ListenUnix(path_, 0600, 8).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(*ReadFile(path_, 100), "precious");

  const std::string datagram = directory_.path() + "/datagram.sock";
  const UniqueFd other(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  datagram.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(ListenUnix(datagram, 0600, 8).status().code(), Code::kInvalidArgument);
}

TEST_F(SocketTest, ASymbolicLinkIsNotFollowed) {
  const std::string target = directory_.path() + "/target.sock";
  { ASSERT_TRUE(ListenUnix(target, 0600, 8).ok()); }
  ASSERT_EQ(symlink(target.c_str(), path_.c_str()), 0);
  EXPECT_EQ(ListenUnix(path_, 0666, 8).status().code(), Code::kInvalidArgument);
}

TEST_F(SocketTest, APathLongerThanASocketAddressTakesIsRefusedAndTheLongestWorks) {
  const size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  const std::string prefix = directory_.path() + "/";
  const std::string fits = prefix + std::string(longest - prefix.size(), 'x');
  const Result<UniqueFd> listening = ListenUnix(fits, 0600, 8);
  ASSERT_TRUE(listening.ok()) << listening.status().ToString();
  EXPECT_TRUE(ConnectUnix(fits).ok());
  EXPECT_EQ(ListenUnix(fits + "x", 0600, 8).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ConnectUnix(fits + "x").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListenUnix("", 0600, 8).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListenUnix(path_ + std::string("\0x", 2), 0600, 8).status().code(), Code::kInvalidArgument);
}

ino_t InodeAt(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

TEST_F(SocketTest, AFileThatIsTakenOverGoesWithItsOwner) {
  {
    SocketFile file;
    const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8, &file);
    ASSERT_TRUE(listening.ok());
    SocketFile moved = std::move(file);
    file = std::move(moved);
    EXPECT_NE(InodeAt(path_), 0u);
  }
  EXPECT_EQ(InodeAt(path_), 0u);
}

TEST_F(SocketTest, AFileThatSomebodyElsePutThereStays) {
  auto own = std::make_optional<SocketFile>();
  Result<UniqueFd> first = ListenUnix(path_, 0600, 8, &*own);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(unlink(path_.c_str()), 0);  // an operator tidies up
  first = UniqueFd();
  SocketFile others;
  const Result<UniqueFd> second = ListenUnix(path_, 0600, 8, &others);
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  own.reset();
  EXPECT_TRUE(ConnectUnix(path_).ok()) << "the second listener is still reached";
}

TEST_F(SocketTest, NothingElseAtThePathIsEverRemoved) {
  auto own = std::make_optional<SocketFile>();
  ASSERT_TRUE(ListenUnix(path_, 0600, 8, &*own).ok());
  ASSERT_EQ(unlink(path_.c_str()), 0);
  std::ofstream(path_) << "precious";
  own.reset();
  EXPECT_EQ(*ReadFile(path_, 100), "precious");

  const std::string linked = directory_.path() + "/linked.sock";
  own.emplace();
  ASSERT_TRUE(ListenUnix(linked, 0600, 8, &*own).ok());
  const std::string moved = directory_.path() + "/moved.sock";
  ASSERT_EQ(rename(linked.c_str(), moved.c_str()), 0);
  ASSERT_EQ(symlink(moved.c_str(), linked.c_str()), 0);
  own.reset();
  EXPECT_NE(InodeAt(linked), 0u) << "a link to the socket is not the socket";
  EXPECT_NE(InodeAt(moved), 0u);
}

TEST_F(SocketTest, AListenerWaitsForAnotherThatIsPlacingItsFile) {
  auto lock = LockDirectory(directory_.path(), std::chrono::seconds(0));
  ASSERT_TRUE(lock.ok());
  std::atomic<bool> listening = false;
  std::thread waits([&] {
    EXPECT_TRUE(ListenUnix(path_, 0600, 8).ok());
    listening = true;
  });
  EXPECT_FALSE(listening);
  lock = UniqueFd();
  waits.join();
  EXPECT_TRUE(listening);
}

TEST_F(SocketTest, ConnectTellsAMissingPathFromADeafOne) {
  EXPECT_EQ(ConnectUnix(path_).status().code(), Code::kNotFound);
  EXPECT_EQ(ListenUnix(directory_.path() + "/no/such/directory", 0600, 8).status().code(), Code::kNotFound);
}

TEST_F(SocketTest, ThePeerIsTheProcessThatConnected) {
  const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8);
  ASSERT_TRUE(listening.ok());
  const Result<UniqueFd> connected = ConnectUnix(path_);
  const UniqueFd accepted(accept(listening->get(), nullptr, nullptr));
  const Result<Peer> peer = PeerOf(accepted.get());
  ASSERT_TRUE(peer.ok()) << peer.status().ToString();
  EXPECT_EQ(peer->uid, getuid());
  EXPECT_EQ(peer->gid, getgid());
  EXPECT_EQ(peer->pid, getpid());
  std::vector<gid_t> groups(static_cast<size_t>(getgroups(0, nullptr)));
  ASSERT_GE(getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  EXPECT_EQ(peer->groups, groups);
}

TEST_F(SocketTest, MoreGroupsThanTheFirstGuessAreAllReported) {
  if (getuid() != 0) GTEST_SKIP() << "only root may give itself supplementary groups";
  std::vector<gid_t> before(static_cast<size_t>(getgroups(0, nullptr)));
  ASSERT_GE(getgroups(static_cast<int>(before.size()), before.data()), 0);
  std::vector<gid_t> many(500);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<gid_t>(70000 + i);
  ASSERT_EQ(setgroups(many.size(), many.data()), 0);
  const Result<UniqueFd> listening = ListenUnix(path_, 0600, 8);
  const Result<UniqueFd> connected = ConnectUnix(path_);
  EXPECT_EQ(setgroups(before.size(), before.data()), 0);
  ASSERT_TRUE(listening.ok() && connected.ok());
  const UniqueFd accepted(accept(listening->get(), nullptr, nullptr));
  const Result<Peer> peer = PeerOf(accepted.get());
  ASSERT_TRUE(peer.ok()) << peer.status().ToString();
  EXPECT_EQ(peer->groups, many);
}

TEST_F(SocketTest, CredentialsOfSomethingElseThanASocketAreAnError) {
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(PeerOf(file.get()).ok());
}

}  // namespace
}  // namespace envledger
