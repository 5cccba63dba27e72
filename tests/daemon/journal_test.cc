#include "ledger/daemon/journal.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>

#include "ledger/base/bytes.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using namespace std::string_literals;

TEST(Journal, AValueOfOneLineFollowsItsName) {
  EXPECT_EQ(EncodeJournalEntry({{"MESSAGE", "hello = x"}, {"PRIORITY", "6"}, {"EMPTY", ""}}),
            "MESSAGE=hello = x\nPRIORITY=6\nEMPTY=\n");
}

TEST(Journal, AValueWithANewlineFollowsItsLength) {
  EXPECT_EQ(EncodeJournalEntry({{"NOTE", "one\ntwo\n"}}), "NOTE\n\x08\0\0\0\0\0\0\0one\ntwo\n\n"s);
  const std::string lines(0x0102, '\n');
  EXPECT_EQ(EncodeJournalEntry({{"NOTE", lines}}), "NOTE\n\x02\x01\0\0\0\0\0\0"s + lines + "\n");
}

TEST(Journal, ACheckpointIsThereForPeopleAndForPrograms) {
  Checkpoint checkpoint;
  checkpoint.origin = "ledger.example";
  checkpoint.size = 12345;
  checkpoint.root.fill(0xAB);
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : CheckpointFields(checkpoint, "the note\n")) {
    EXPECT_TRUE(fields.emplace(name, value).second) << name;
  }
  const std::string root = Hex(View(checkpoint.root));
  EXPECT_EQ(fields, (std::map<std::string, std::string>{
                        {"MESSAGE", "checkpoint of ledger.example: 12345 entries, root " + root},
                        {"MESSAGE_ID", "63d4c52734d349d49cb0d7e20c3fb32c"},
                        {"PRIORITY", "6"},
                        {"SYSLOG_IDENTIFIER", "envledgerd"},
                        {"ENVLEDGER_ORIGIN", "ledger.example"},
                        {"ENVLEDGER_TREE_SIZE", "12345"},
                        {"ENVLEDGER_ROOT", root},
                        {"ENVLEDGER_CHECKPOINT", "the note\n"}}));
}

TEST(Journal, EachEntryIsOneDatagram) {
  const TempDir directory;
  const std::string path = directory.path() + "/journal";
  const UniqueFd listener(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const Journal journal(path);
  const JournalFields fields = {{"MESSAGE", "one"}, {"NOTE", "two\nlines"}};
  journal.Send(fields);
  journal.Send({{"MESSAGE", "another"}});
  std::array<char, 1000> buffer;
  for (const std::string& expected : {EncodeJournalEntry(fields), "MESSAGE=another\n"s}) {
    const ssize_t size = recv(listener.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GE(size, 0) << std::strerror(errno);
    EXPECT_EQ(std::string(buffer.data(), static_cast<size_t>(size)), expected);
  }
  EXPECT_EQ(recv(listener.get(), buffer.data(), buffer.size(), 0), -1) << "there are no others";
}

TEST(Journal, WithoutAListenerTheEntryIsDropped) {
  const TempDir directory;
  Journal(directory.path() + "/absent").Send({{"MESSAGE", "x"}});
  Journal(directory.path() + "/" + std::string(200, 'x')).Send({{"MESSAGE", "x"}});  // longer than an address may be
}

}  // namespace
}  // namespace envledger
