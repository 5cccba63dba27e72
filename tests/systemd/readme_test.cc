// README's "Run it", held against what is installed, and run as far as that goes without a systemd: users and
// directories are made in a scratch root, and the commands of the user envledger run there as that user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/daemon.h"
#include "tests/support/paths.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

const fs::path kSource = ENVLEDGER_SOURCE_DIR;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

Words Split(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

// The commands of README's first block of code under "Run it", in order: lines that go on are joined, and commands that
// && joins are told apart.
std::vector<Words> Commands() {
  const std::string readme = Contents(kSource / "README.md");
  size_t at = readme.find("\n## Run it\n");
  EXPECT_NE(at, std::string::npos);
  at = readme.find("\n    ", at);
  std::vector<Words> commands(1);
  std::istringstream lines(readme.substr(at + 1));
  for (std::string line; std::getline(lines, line) && line.rfind("    ", 0) == 0;) {
    for (const std::string& word : Split(line)) {
      if (word == "\\") continue;
      if (word == "&&") {
        commands.emplace_back();
      } else {
        commands.back().push_back(word);
      }
    }
    if (!line.ends_with('\\')) commands.emplace_back();
  }
  std::erase_if(commands, [](const Words& command) { return command.empty(); });
  return commands;
}

// Where the first command stands that begins so.
size_t PlaceOf(const std::vector<Words>& commands, const Words& beginning) {
  for (size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), commands[i].begin())) {
      return i;
    }
  }
  ADD_FAILURE() << "README does not say: " << ::testing::PrintToString(beginning);
  return commands.size();
}

// The lines of a configuration of sysusers or tmpfiles, as words.
std::vector<Words> Declared(const std::string& name) {
  std::vector<Words> declared;
  std::istringstream lines(Contents(kSource / "systemd" / name));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') declared.push_back(Split(line));
  }
  return declared;
}

TEST(ReadmeRunIt, MakesUsersThenDirectoriesThenWhatLiesInThem) {
  const std::vector<Words> commands = Commands();
  const size_t install = PlaceOf(commands, {"sudo", "cmake", "--install"});
  const size_t users = PlaceOf(commands, {"sudo", "systemd-sysusers", "envledger.conf"});
  const size_t directories = PlaceOf(commands, {"sudo", "systemd-tmpfiles", "--create", "envledger.conf"});
  const size_t key = PlaceOf(commands, {"sudo", "-u", "envledger", "envledger", "key", "generate"});
  const size_t ledger = PlaceOf(commands, {"sudo", "-u", "envledger", "envledgerd", "--init"});
  const size_t sockets = PlaceOf(commands, {"sudo", "systemctl", "enable", "--now"});
  EXPECT_LT(install, users);
  EXPECT_LT(users, directories);
  EXPECT_LT(directories, key);
  EXPECT_LT(key, ledger);
  EXPECT_LT(ledger, sockets);
}

TEST(ReadmeRunIt, NamesWhatTheInstallationHas) {
  const std::string installation = Contents(kSource / "systemd" / "CMakeLists.txt");
  EXPECT_THAT(installation, HasSubstr("DESTINATION lib/sysusers.d RENAME envledger.conf"));
  EXPECT_THAT(installation, HasSubstr("DESTINATION lib/tmpfiles.d RENAME envledger.conf"));
  const std::vector<Words> commands = Commands();
  const Words& enable = commands[PlaceOf(commands, {"sudo", "systemctl", "enable", "--now"})];
  ASSERT_GT(enable.size(), 4u);
  for (size_t i = 4; i < enable.size(); ++i) {
    EXPECT_THAT(Contents(kSource / "systemd" / enable[i]), HasSubstr("\n[Install]\n")) << enable[i];
    EXPECT_THAT(installation, HasSubstr(enable[i]));
  }
  // The units name programs in /usr/bin, so the preset that README builds must go there.
  EXPECT_THAT(commands, Contains(Words{"cmake", "--preset", "release"}));
  const std::string presets = Contents(kSource / "CMakePresets.json");
  const std::string release = presets.substr(presets.find("\"name\": \"release\""));
  EXPECT_THAT(release.substr(0, release.find("\"name\": \"asan\"")), HasSubstr("\"CMAKE_INSTALL_PREFIX\": \"/usr\""));
}

TEST(ReadmeRunIt, EveryUserAndDirectoryThatItUsesIsDeclared) {
  std::map<std::string, std::string> owner_of;  // of a directory
  for (const Words& line : Declared("envledger.tmpfiles.conf")) owner_of[line.at(1)] = line.at(3);
  Words users;
  for (const Words& line : Declared("envledger.sysusers.conf")) {
    if (line.at(0) == "u") users.push_back(line.at(1));
  }
  int paths = 0;
  for (const Words& command : Commands()) {
    if (command.size() < 3 || command[1] != "-u") continue;
    EXPECT_THAT(users, Contains(command[2]));
    for (const std::string& word : command) {
      if (!word.starts_with('/')) continue;
      ++paths;
      const bool is_directory = owner_of.contains(word);
      const std::string directory = is_directory ? word : fs::path(word).parent_path().string();
      EXPECT_EQ(owner_of[directory], command[2]) << word << ": nothing makes its directory for that user";
    }
  }
  EXPECT_GE(paths, 3);
}

// A machine's root directory, in which the files of the installation lie.
class ScratchRoot {
 public:
  ScratchRoot() {
    chmod(root().c_str(), 0755);
    fs::create_directories(root() / "etc");
    Install("envledger.sysusers.conf", "sysusers.d");
    Install("envledger.tmpfiles.conf", "tmpfiles.d");
    // Copies, because other users may not reach where they were built.
    fs::create_directories(root() / "usr/bin");
    fs::copy_file(DaemonPath(), root() / "usr/bin/envledgerd");
    fs::copy_file(ToolPath(), root() / "usr/bin/envledger");
  }
  fs::path root() const { return directory_.path(); }
  std::string In(const std::string& path) const { return root().string() + path; }

  // What runs one of README's commands, which begin with sudo, as if this were the root directory.
  Words Here(Words command) const {
    command.erase(command.begin());
    if (command[0].starts_with("systemd-")) {
      command.insert(command.begin() + 1, "--root=" + root().string());
      return command;
    }
    const std::string user = command[1];
    command.erase(command.begin(), command.begin() + 2);
    command[0] = In("/usr/bin/" + command[0]);
    for (std::string& word : command) {
      if (word.starts_with("/var/")) word = In(word);
    }
    const std::string id = IdOf(user);
    Words as_user = {"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"};
    as_user.insert(as_user.end(), command.begin(), command.end());
    return as_user;
  }
  std::string IdOf(const std::string& user) const {
    std::istringstream lines(Contents(root() / "etc/passwd"));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind(user + ":", 0) != 0) continue;
      std::istringstream fields(line);
      std::string field;
      for (int i = 0; i < 3; ++i) std::getline(fields, field, ':');
      return field;
    }
    ADD_FAILURE() << "no user " << user;
    return "0";
  }

 private:
  void Install(const std::string& name, const std::string& kind) {
    fs::create_directories(root() / "usr/lib" / kind);
    fs::copy_file(kSource / "systemd" / name, root() / "usr/lib" / kind / "envledger.conf");
  }
  TempDir directory_;
};

TEST(ReadmeRunIt, LeadsToALedgerOnAFreshMachine) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make users, and become them";
  for (const char* program : {"systemd-sysusers", "systemd-tmpfiles", "setpriv"}) {
    if (!IsInstalled(program)) GTEST_SKIP() << program << " is not installed";
  }
  const ScratchRoot machine;
  int run = 0;
  for (const Words& command : Commands()) {
    const bool installs = command[0] != "sudo" || command[1] == "cmake";
    const bool needs_systemd = command[1] == "systemctl";
    if (installs || needs_systemd) continue;
    const Ended ended = RunProgram(machine.Here(command));
    ASSERT_EQ(ended.status, 0) << ::testing::PrintToString(command) << ": " << ended.out << ended.err;
    ++run;
  }
  EXPECT_EQ(run, 4);

  // What the units do then. The sockets, which systemd would hand over, lie where the user may make them.
  const std::string data = "/var/lib/envledger";
  const Words daemon = {"sudo",
                        "-u",
                        "envledger",
                        "envledgerd",
                        "--data-dir",
                        data,
                        "--key",
                        data + "/signing.key",
                        "--audit-socket",
                        data + "/audit.sock",
                        "--append-socket",
                        data + "/append.sock",
                        "--journal-socket=none",
                        "--min-free-bytes=1"};
  Words check = daemon;
  check.push_back("--check");
  const Ended checked = RunProgram(machine.Here(check));
  EXPECT_EQ(checked.status, 0);
  EXPECT_EQ(checked.err, "") << "nothing to warn of";
  Child served(machine.Here(daemon), {});
  const Words status = {ToolPath(), "status", "--socket", machine.In(data + "/audit.sock")};
  EXPECT_TRUE(WaitUntil([&] { return !served.running() || RunProgram(status).status == 0; }, std::chrono::seconds(60)));
  served.Signal(SIGTERM);
  const Ended ended = served.Wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Ended verified =
      RunProgram(machine.Here({"sudo", "-u", "envledger", "envledger", "verify", "--data-dir", data}));
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace envledger
