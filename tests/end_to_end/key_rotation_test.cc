// Keys and checkpoints with the real programs: a rotation beside the running daemon, a key handed over as a credential,
// checkpoints in copies and in the journal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/files/file.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// The part of a PEM file that must stay in it.
std::string SecretIn(const std::string& key_path) {
  std::istringstream lines(Contents(key_path));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  EXPECT_GE(line.size(), 40u);
  return line;
}

class KeysTest : public ::testing::Test {
 protected:
  void Append(const std::string& id) {
    const Ended appended = ledger_.Append(R"({"envelope_id":")" + id + kRest);
    EXPECT_EQ(appended.status, 0) << appended.err;
  }
  std::string Keep() {
    const Ended checkpoint = ledger_.OnSocket({"checkpoint", "--sign-now"});
    EXPECT_EQ(checkpoint.status, 0) << checkpoint.err;
    const std::string path = ledger_.path("kept-" + std::to_string(kept_++));
    std::ofstream(path, std::ios::binary) << checkpoint.out;
    return path;
  }
  void ExpectValid(const std::string& checkpoint, const std::string& vkey) {
    const Ended verified = ledger_.OnDirectory({"verify", "--checkpoint", checkpoint, "--vkey", vkey});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    EXPECT_THAT(verified.out, HasSubstr("VALID"));
  }
  std::string StatusVkey() {
    return json::parse(ledger_.OnSocket({"status", "--format", "json"}).out).at("vkey").get<std::string>();
  }

  static constexpr const char* kRest =
      R"(","stage":"requested","occurred_at":"2026-03-17T09:00:00Z","identity":{"requester":{"kind":"user",)"
      R"("issuer":"idp","id":"alice"}},"execution":{"kind":"inference","operation":"generate"},)"
      R"("scope":{"kind":"project","id":"p","binding":"bound"},"requested":{}})"
      "\n";
  ServedLedger ledger_;
  int kept_ = 0;
};

TEST_F(KeysTest, AKeyIsRotatedBesideTheRunningDaemonAndRecordedAtItsNextStart) {
  const std::string old_secret = SecretIn(ledger_.key_path());
  ledger_.Start();
  Append("before");
  const std::string before = Keep();
  const Ended rotated = ledger_.OnSocket({"key", "rotate", "--key", ledger_.key_path()});
  ASSERT_EQ(rotated.status, 0) << rotated.err;
  const std::string new_vkey = FirstLine(rotated.out);
  EXPECT_NE(new_vkey, ledger_.vkey());
  EXPECT_THAT(rotated.err, HasSubstr("restart the daemon"));
  for (const std::string& secret : {old_secret, SecretIn(ledger_.key_path())}) {
    EXPECT_THAT(rotated.out + rotated.err, Not(HasSubstr(secret)));
  }
  EXPECT_EQ(StatusVkey(), ledger_.vkey()) << "the running daemon goes on with the old key";
  Append("between");
  const Ended again = ledger_.OnSocket({"key", "rotate", "--key", ledger_.key_path()});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(FirstLine(again.out), new_vkey);
  EXPECT_EQ(ledger_.Stop().status, 0);

  ledger_.Start();
  EXPECT_EQ(StatusVkey(), new_vkey);
  Append("after");
  const std::string after = Keep();
  for (const std::string& vkey : {ledger_.vkey(), new_vkey}) {
    const Ended proven = ledger_.OnSocket(
        {"query", "--principal", "alice", "--limit", "0", "--prove", "--vkey", vkey, "--format", "json"});
    ASSERT_EQ(proven.status, 0) << proven.err;
    const json answer = json::parse(proven.out);
    EXPECT_EQ(answer["envelopes"].size(), 3u) << "from before, during and after the rotation";
    EXPECT_EQ(answer["completeness"]["proven"]["entries"], 3);
    EXPECT_EQ(answer["completeness"]["proven"]["key"], new_vkey);
  }
  ServedLedger stranger;
  EXPECT_EQ(ledger_.OnSocket({"query", "--prove", "--vkey", stranger.vkey()}).status, 1);
  const json history = json::parse(ledger_.OnSocket({"key", "show", "--history", "--format", "json"}).out);
  ASSERT_EQ(history["keys"].size(), 2u);
  EXPECT_EQ(history["keys"][1]["vkey"], new_vkey);
  EXPECT_EQ(history["keys"][1]["vouched_for_by"], ledger_.vkey());
  for (const std::string& vkey : {ledger_.vkey(), new_vkey}) {
    ExpectValid(before, vkey);
    ExpectValid(after, vkey);
  }
  const Ended stopped = ledger_.Stop();
  EXPECT_EQ(stopped.status, 0);
  for (const std::string& secret : {old_secret, SecretIn(ledger_.key_path())}) {
    EXPECT_THAT(stopped.out + stopped.err, Not(HasSubstr(secret)));
  }
  EXPECT_EQ(json::parse(ledger_.OnDirectory({"status", "--format", "json"}).out).at("vkey"), new_vkey);
  EXPECT_EQ(ledger_.OnDirectory({"key", "show", "--history"}).status, 0);

  // The old key has no business here any more, and what is left of the rotation goes with the next.
  const Ended refused = ledger_.StartWithKeyAndFail(ledger_.key_path() + ".previous");
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr(new_vkey));
  const Ended next = ledger_.OnDirectory({"key", "rotate", "--key", ledger_.key_path()});
  EXPECT_EQ(next.status, 0) << next.err;
  ledger_.Start();
  EXPECT_EQ(StatusVkey(), FirstLine(next.out));
  EXPECT_EQ(ledger_.Stop().status, 0);
  ExpectValid(before, ledger_.vkey());
  ExpectValid(before, FirstLine(next.out));
}

TEST_F(KeysTest, AnotherLedgersKeyIsNotRotated) {
  ServedLedger other;
  const Ended refused = ledger_.OnDirectory({"key", "rotate", "--key", other.key_path()});
  EXPECT_EQ(refused.status, 4) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr(ledger_.vkey()));
  EXPECT_THAT(refused.err, HasSubstr(other.vkey()));
}

TEST_F(KeysTest, RootRotatesAsTheOwnerOfTheKeyFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can act as somebody else";
  constexpr uid_t kNobody = 65534;
  const std::string folder = ledger_.path("keys");
  ASSERT_EQ(chmod(ledger_.path("").c_str(), 0711), 0);
  fs::create_directory(folder);
  fs::rename(ledger_.key_path(), folder + "/key");
  ASSERT_EQ(chown(folder.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(chown((folder + "/key").c_str(), kNobody, kNobody), 0);
  const Ended rotated = ledger_.OnDirectory({"key", "rotate", "--key", folder + "/key"});
  ASSERT_EQ(rotated.status, 0) << rotated.err;
  for (const char* name : {"/key", "/key.previous", "/key.rotation"}) {
    struct stat info {};
    ASSERT_EQ(stat((folder + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_uid, kNobody) << name;
    EXPECT_EQ(info.st_gid, kNobody) << name;
  }
}

TEST_F(KeysTest, AKeyHandedOverAsACredentialIsUsedWhenNoneIsConfigured) {
  const std::string folder = ledger_.path("credentials");
  fs::create_directory(folder);
  fs::rename(ledger_.key_path(), folder + "/signing.key");
  Child::Setup setup;
  setup.environment["CREDENTIALS_DIRECTORY"] = folder;
  ASSERT_EQ(chmod((folder + "/signing.key").c_str(), 0400), 0) << "as systemd leaves it";
  // A credential that stands for none.
  std::ofstream(folder + "/signing.key.rotation");
  ledger_.StartWithoutKey({}, setup);
  EXPECT_EQ(StatusVkey(), ledger_.vkey());
  EXPECT_EQ(ledger_.Stop().status, 0);

  const std::vector<std::string> check = {"env", "CREDENTIALS_DIRECTORY=" + folder, DaemonPath(), "--check"};
  EXPECT_EQ(RunProgram(check).status, 0);
  for (const unsigned mode : {0440u, 0444u, 0644u}) {
    ASSERT_EQ(chmod((folder + "/signing.key").c_str(), mode), 0);
    const Ended refused = RunProgram(check);
    EXPECT_EQ(refused.status, 5) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(folder + "/signing.key can be read or written by others"));
  }
  fs::remove(folder + "/signing.key");
  EXPECT_THAT(RunProgram(check).err, HasSubstr("/var/lib/envledger/signing.key")) << "the default, as ever";
}

TEST_F(KeysTest, ARotationIsHandedOverWithTheCredential) {
  ASSERT_EQ(ledger_.OnDirectory({"key", "rotate", "--key", ledger_.key_path()}).status, 0);
  const std::string folder = ledger_.path("credentials");
  fs::create_directory(folder);
  for (const char* ending : {"", ".rotation", ".previous"}) {
    fs::copy(ledger_.key_path() + ending, folder + "/signing.key" + ending);
    ASSERT_EQ(chmod((folder + "/signing.key" + ending).c_str(), 0400), 0);
  }
  Child::Setup setup;
  setup.environment["CREDENTIALS_DIRECTORY"] = folder;
  ledger_.StartWithoutKey({}, setup);
  EXPECT_NE(StatusVkey(), ledger_.vkey());
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(ledger_.OnDirectory({"verify", "--vkey", ledger_.vkey()}).status, 0);
}

TEST_F(KeysTest, CheckpointsAreCopiedAndAnOldDatabaseIsRefusedByACopyAlone) {
  const std::string copy = ledger_.path("copy");
  ledger_.Start({"--checkpoint-copy", copy, "--checkpoint-copy", ledger_.path("another")});
  Append("early");
  Keep();
  EXPECT_EQ(ledger_.Stop().status, 0);
  EXPECT_EQ(Contents(copy), Contents(ledger_.path("data/checkpoint")));
  EXPECT_EQ(Contents(ledger_.path("another")), Contents(copy));
  fs::copy(ledger_.data_dir(), ledger_.path("old"), fs::copy_options::recursive);
  ledger_.Start({"--checkpoint-copy", copy});
  Append("late");
  EXPECT_EQ(ledger_.Stop().status, 0);
  const std::string latest = Contents(copy);

  // The database from the backup, with the checkpoint that was published beside it.
  fs::remove_all(ledger_.data_dir());
  fs::rename(ledger_.path("old"), ledger_.data_dir());
  const std::string published = Contents(ledger_.path("data/checkpoint"));
  const Ended refused = ledger_.StartAndFail({"--checkpoint-copy", copy});
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("TRUNCATED"));
  EXPECT_THAT(refused.err, HasSubstr(copy));
  EXPECT_EQ(Contents(copy), latest);
  EXPECT_EQ(Contents(ledger_.path("data/checkpoint")), published) << "nothing was signed";
  const Ended twice = ledger_.StartAndFail({"--checkpoint-copy", copy, "--checkpoint-copy", copy});
  EXPECT_EQ(twice.status, 2) << twice.err;
}

// journald's native protocol, read by the letter of its description.
std::map<std::string, std::string> ParseJournalEntry(const std::string& entry) {
  std::map<std::string, std::string> fields;
  for (size_t at = 0; at < entry.size();) {
    const size_t end = entry.find('\n', at);
    if (end == std::string::npos) ADD_FAILURE() << "no newline behind the last field";
    const std::string line = entry.substr(at, end - at);
    const size_t equals = line.find('=');
    at = end + 1;
    if (equals != std::string::npos) {
      EXPECT_TRUE(fields.emplace(line.substr(0, equals), line.substr(equals + 1)).second) << line;
      continue;
    }
    uint64_t size = 0;
    for (int i = 7; i >= 0; --i) size = size << 8 | static_cast<uint8_t>(entry.at(at + static_cast<size_t>(i)));
    EXPECT_TRUE(fields.emplace(line, entry.substr(at + 8, size)).second) << line;
    at += 8 + size;
    EXPECT_EQ(entry.at(at), '\n');
    ++at;
  }
  return fields;
}

TEST_F(KeysTest, EachCheckpointIsInTheJournalAsFields) {
  const std::string path = ledger_.path("journal");
  const UniqueFd journal(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(journal.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ASSERT_EQ(setsockopt(journal.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);

  ledger_.Start({"--journal-socket", path, "--checkpoint-seconds=86400"});
  Append("e1");
  const std::string note = Contents(Keep());
  std::string entry(65'536, '\0');
  const ssize_t size = recv(journal.get(), entry.data(), entry.size(), 0);
  ASSERT_GT(size, 0) << std::strerror(errno);
  entry.resize(static_cast<size_t>(size));
  const auto fields = ParseJournalEntry(entry);
  EXPECT_EQ(fields.at("ENVLEDGER_CHECKPOINT"), note);
  EXPECT_EQ(fields.at("ENVLEDGER_ORIGIN"), ServedLedger::kOrigin);
  EXPECT_EQ(fields.at("ENVLEDGER_TREE_SIZE"), "3");
  const json shown = json::parse(ledger_.OnSocket({"checkpoint", "--format", "json"}).out);
  EXPECT_EQ(fields.at("ENVLEDGER_ROOT"), shown["root"]);
  EXPECT_EQ(fields.at("MESSAGE_ID"), "63d4c52734d349d49cb0d7e20c3fb32c");
  EXPECT_EQ(fields.at("SYSLOG_IDENTIFIER"), "envledgerd");
  EXPECT_EQ(fields.at("PRIORITY"), "6");
  EXPECT_THAT(fields.at("MESSAGE"), HasSubstr("3 entries"));
  EXPECT_EQ(fields.size(), 8u);
  EXPECT_EQ(ledger_.Stop().status, 0);
}

TEST_F(KeysTest, WithoutAJournalNothingIsAmiss) {
  ledger_.Start({"--journal-socket", ledger_.path("nobody-listens")});
  Append("e1");
  Keep();
  EXPECT_EQ(json::parse(ledger_.OnSocket({"status", "--format", "json"}).out).at("healthy"), true);
  const Ended stopped = ledger_.Stop();
  EXPECT_EQ(stopped.status, 0);
  EXPECT_THAT(stopped.err, Not(HasSubstr("journal"))) << "said at debug level only";
}

}  // namespace
}  // namespace envledger
