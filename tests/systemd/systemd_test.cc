// The files of systemd/, held against the tools of the systemd that is installed: units verify without a word, the
// sandbox is as tight as promised, the users and directories come out as the units expect them, and the default
// configuration names every option of the daemon and agrees with the units.
//
// Macros: ENVLEDGER_SOURCE_DIR, the top of the source tree; ENVLEDGER_DAEMON_PATH, the built envledgerd, without which
// the tests that run it are left out.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/paths.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kUnits = {"envledgerd.service", "envledger-append.socket", "envledger-audit.socket",
                                         "envledgerd-failed.target"};

// Every option that may stand in a configuration file, and its default. Several means it has none to show.
constexpr std::string_view kSeveral = "(several)";
const std::map<std::string, std::string_view> kOptions = {
    {"data-dir", "/var/lib/envledger"},
    {"key", "/var/lib/envledger/signing.key"},
    {"append-socket", "/run/envledger/append.sock"},
    {"audit-socket", "/run/envledger/audit.sock"},
    {"append-allow", kSeveral},
    {"audit-allow", kSeveral},
    {"producer", kSeveral},
    {"cross-producer", kSeveral},
    {"checkpoint-file", "/var/lib/envledger/checkpoint"},
    {"checkpoint-copy", kSeveral},
    {"journal-socket", "/run/systemd/journal/socket"},
    {"checkpoint-entries", "10000"},
    {"checkpoint-seconds", "10"},
    {"max-frame-bytes", "4194304"},
    {"max-batch-items", "1024"},
    {"max-connections", "1024"},
    {"max-connections-per-process", "64"},
    {"idle-timeout-seconds", "3600"},
    {"max-inflight-bytes-per-connection", "8388608"},
    {"max-inflight-bytes", "67108864"},
    {"max-inflight-requests-per-connection", "256"},
    {"max-envelope-records", "100000"},
    {"min-free-bytes", "268435456"},
    {"head-cache-bytes", "67108864"},
    {"origin", "ai.example.com/ledger"},
    {"frame-timeout-seconds", "10"},
    {"group-max-entries", "1024"},
    {"group-max-bytes", "4194304"},
    {"max-index-lag", "131072"},
    {"query-workers", "2"},
    {"query-max-records", "4096"},
    {"block-cache-bytes", "67108864"},
    {"refusals-note-seconds", "60"},
    {"clock-tolerance-seconds", "1"},
    {"audit-queries", "off"},
    {"log-level", "info"},
};

fs::path SystemdDir() { return fs::path(ENVLEDGER_SOURCE_DIR) / "systemd"; }

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteFile(const fs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  EXPECT_TRUE(out) << path;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Outcome {
  int status = -1;     // exit status
  std::string output;  // stdout and stderr
};

// Runs a program found on PATH to its end, in an environment in which neither the locale nor a setting changes its
// words.
Outcome RunPlain(const std::vector<std::string>& words) {
  std::vector<std::string> command = {"env", "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=", "SYSTEMD_EMOJI=0"};
  command.insert(command.end(), words.begin(), words.end());
  const Ended ended = RunProgram(command);
  return {ended.status, ended.out + ended.err};
}

#define SKIP_UNLESS_INSTALLED(program) \
  if (!IsInstalled(program)) GTEST_SKIP() << (program) << " is not installed: its checks were not made"

// The settings of a unit file: "Section.Name" -> its values in order.
using Unit = std::map<std::string, std::vector<std::string>>;

Unit ParseUnit(const std::string& name) {
  Unit unit;
  std::string section;
  for (const std::string& line : Lines(ReadFile(SystemdDir() / name))) {
    if (line.empty() || line[0] == '#') continue;
    EXPECT_NE(line.back(), '\\') << "ParseUnit does not join lines: " << line;
    if (line.front() == '[') {
      section = line.substr(1, line.find(']') - 1);
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string::npos) {
      ADD_FAILURE() << name << ": " << line;
      continue;
    }
    unit[section + "." + line.substr(0, equals)].push_back(line.substr(equals + 1));
  }
  return unit;
}

// The one value of a setting; fails the test when it is absent or stands twice.
std::string Value(const Unit& unit, const std::string& name) {
  const auto found = unit.find(name);
  if (found == unit.end() || found->second.size() != 1) {
    ADD_FAILURE() << name << " should stand exactly once";
    return "";
  }
  return found->second[0];
}

// The units as they would be installed on a machine that has the daemon: verify looks for the program of ExecStart.
std::vector<std::string> CopyUnits(const fs::path& directory) {
  std::vector<std::string> paths;
  for (const std::string& name : kUnits) {
    std::string text = ReadFile(SystemdDir() / name);
    const std::string program = "ExecStart=/usr/bin/envledgerd ";
    if (const size_t at = text.find("\n" + program); at != std::string::npos) {
      text.replace(at + 1, program.size(), "ExecStart=/usr/bin/env ");
    }
    WriteFile(directory / name, text);
    paths.push_back((directory / name).string());
  }
  return paths;
}

Outcome Verify(const std::vector<std::string>& units) {
  std::vector<std::string> command = {"systemd-analyze", "verify", "--recursive-errors=one"};
  command.insert(command.end(), units.begin(), units.end());
  return RunPlain(command);
}

// ---- Units ------------------------------------------------------------------------------------------------------

TEST(SystemdUnits, VerifyWithoutAWord) {
  SKIP_UNLESS_INSTALLED("systemd-analyze");
  TempDir dir;
  const Outcome outcome = Verify(CopyUnits(fs::path(dir.path())));
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(outcome.status, 0);
}

TEST(SystemdUnits, AMisspelledSettingWouldBeNoticed) {
  SKIP_UNLESS_INSTALLED("systemd-analyze");
  TempDir dir;
  const std::vector<std::string> units = CopyUnits(fs::path(dir.path()));
  WriteFile(units[0], ReadFile(units[0]) + "\n[Service]\nProtectSytem=strict\n");
  const Outcome outcome = Verify(units);
  EXPECT_NE(outcome.output.find("ProtectSytem"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.status, 0);
}

TEST(SystemdUnits, TheServiceIsExposedAtMostOnePointFive) {
  SKIP_UNLESS_INSTALLED("systemd-analyze");
  TempDir dir;
  const std::vector<std::string> units = CopyUnits(fs::path(dir.path()));
  const Outcome outcome =
      RunPlain({"systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", units[0]});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  std::smatch match;
  ASSERT_TRUE(std::regex_search(outcome.output, match,
                                std::regex("Overall exposure level for envledgerd\\.service: ([0-9]+\\.[0-9]+)")))
      << outcome.output;
  EXPECT_LE(std::stod(match[1]), 1.5) << outcome.output;
  RecordProperty("exposure", match[1].str());
}

TEST(SystemdUnits, EachSocketBelongsToItsOwnGroupAndIsClosedToOthers) {
  for (const std::string name : {"append", "audit"}) {
    SCOPED_TRACE(name);
    const Unit unit = ParseUnit("envledger-" + name + ".socket");
    EXPECT_EQ(Value(unit, "Socket.ListenStream"), "/run/envledger/" + name + ".sock");
    EXPECT_EQ(Value(unit, "Socket.SocketMode"), "0660");
    EXPECT_EQ(Value(unit, "Socket.SocketUser"), "envledger");
    EXPECT_EQ(Value(unit, "Socket.SocketGroup"), "envledger-" + name);
    EXPECT_EQ(Value(unit, "Socket.DirectoryMode"), "0755") << "both groups must pass through the directory";
    EXPECT_EQ(Value(unit, "Socket.FileDescriptorName"), name);
    EXPECT_EQ(Value(unit, "Socket.Service"), "envledgerd.service");
    EXPECT_EQ(Value(unit, "Socket.RemoveOnStop"), "yes");
    EXPECT_EQ(Value(unit, "Install.WantedBy"), "sockets.target");
    EXPECT_EQ(unit.count("Socket.Accept"), 0u) << "one daemon serves every connection";
  }
}

TEST(SystemdUnits, TheServiceRunsAsItsOwnUserAndTakesBothSockets) {
  const Unit unit = ParseUnit("envledgerd.service");
  EXPECT_EQ(Value(unit, "Service.Type"), "notify");
  EXPECT_EQ(Value(unit, "Service.NotifyAccess"), "main");
  EXPECT_EQ(Value(unit, "Service.ExecStart"), "/usr/bin/envledgerd --config /etc/envledger/envledger.conf");
  EXPECT_EQ(Value(unit, "Service.User"), "envledger");
  EXPECT_EQ(Value(unit, "Service.Group"), "envledger");
  EXPECT_EQ(Value(unit, "Service.Sockets"), "envledger-append.socket envledger-audit.socket");
  EXPECT_EQ(Value(unit, "Unit.Requires"), "envledger-append.socket envledger-audit.socket");
  EXPECT_EQ(Value(unit, "Service.StateDirectory"), "envledger");
  EXPECT_EQ(Value(unit, "Service.StateDirectoryMode"), "0700");
}

TEST(SystemdUnits, ALedgerThatDoesNotVerifyIsNotStartedAgainByATimerOrByAClient) {
  const Unit service = ParseUnit("envledgerd.service");
  EXPECT_EQ(Value(service, "Service.Restart"), "on-failure");
  std::istringstream statuses(Value(service, "Service.RestartPreventExitStatus"));
  std::set<int> final_statuses;
  for (int status = 0; statuses >> status;) final_statuses.insert(status);
  EXPECT_TRUE(final_statuses.contains(1)) << "verification failed";
  EXPECT_TRUE(final_statuses.contains(2)) << "wrong configuration";
  EXPECT_FALSE(final_statuses.contains(5)) << "unavailable may pass";
  // A connection on a socket that still listens would start the service again, whatever Restart= says.
  EXPECT_EQ(Value(service, "Unit.OnFailure"), "envledgerd-failed.target");
  EXPECT_EQ(Value(ParseUnit("envledgerd-failed.target"), "Unit.Conflicts"),
            "envledger-append.socket envledger-audit.socket");
}

TEST(SystemdUnits, TheSandboxLeavesThePeersCredentialsAsTheyAre) {
  const Unit unit = ParseUnit("envledgerd.service");
  EXPECT_EQ(Value(unit, "Service.PrivateUsers"), "no") << "peers would all be uid 65534";
  EXPECT_EQ(unit.count("Service.DynamicUser"), 0u);
  EXPECT_EQ(unit.count("Service.PrivatePIDs"), 0u) << "peers would all be pid 0";
}

TEST(SystemdUnits, TheServiceLeavesTheDirectoryOfTheSocketsAlone) {
  const Unit unit = ParseUnit("envledgerd.service");
  EXPECT_EQ(unit.count("Service.RuntimeDirectory"), 0u) << "it changes the sockets' group, and deletes them at stop";
}

// ---- Users and directories --------------------------------------------------------------------------------------

// A root directory in which systemd-sysusers has created what envledger.sysusers.conf asks for.
Outcome CreateUsers(const fs::path& root) {
  fs::create_directories(root / "etc");
  return RunPlain({"systemd-sysusers", "--root=" + root.string(), (SystemdDir() / "envledger.sysusers.conf").string()});
}

// The fields of a line of passwd or group.
std::vector<std::string> Entry(const fs::path& file, const std::string& name) {
  for (const std::string& line : Lines(ReadFile(file))) {
    if (line.rfind(name + ":", 0) != 0) continue;
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == ':') {
        fields.emplace_back();
      } else {
        fields.back().push_back(c);
      }
    }
    return fields;
  }
  ADD_FAILURE() << "no " << name << " in " << file;
  return std::vector<std::string>(7);
}

TEST(SystemdUsers, SysusersCreatesTheUserAndAGroupForEachSocket) {
  SKIP_UNLESS_INSTALLED("systemd-sysusers");
  TempDir dir;
  const Outcome outcome = CreateUsers(fs::path(dir.path()));
  ASSERT_EQ(outcome.status, 0) << outcome.output;

  const std::vector<std::string> user = Entry(fs::path(dir.path()) / "etc/passwd", "envledger");
  EXPECT_EQ(user[5], "/var/lib/envledger");
  EXPECT_NE(user[6].find("nologin"), std::string::npos) << user[6];
  EXPECT_EQ(Entry(fs::path(dir.path()) / "etc/group", "envledger")[2], user[3]) << "its primary group";
  EXPECT_EQ(Entry(fs::path(dir.path()) / "etc/group", "envledger-append")[3], "envledger");
  EXPECT_EQ(Entry(fs::path(dir.path()) / "etc/group", "envledger-audit")[3], "envledger");

  // What the units name exists.
  for (const std::string name : {"append", "audit"}) {
    const Unit unit = ParseUnit("envledger-" + name + ".socket");
    Entry(fs::path(dir.path()) / "etc/passwd", Value(unit, "Socket.SocketUser"));
    Entry(fs::path(dir.path()) / "etc/group", Value(unit, "Socket.SocketGroup"));
  }
}

TEST(SystemdUsers, TmpfilesCreatesAStateDirectoryForTheDaemonAlone) {
  SKIP_UNLESS_INSTALLED("systemd-sysusers");
  SKIP_UNLESS_INSTALLED("systemd-tmpfiles");
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory to another user";
  TempDir dir;
  ASSERT_EQ(CreateUsers(fs::path(dir.path())).status, 0);
  const Outcome outcome = RunPlain({"systemd-tmpfiles", "--root=" + fs::path(dir.path()).string(), "--create",
                                    (SystemdDir() / "envledger.tmpfiles.conf").string()});
  EXPECT_EQ(outcome.output, "");
  ASSERT_EQ(outcome.status, 0);

  struct stat info = {};
  ASSERT_EQ(stat((fs::path(dir.path()) / "var/lib/envledger").c_str(), &info), 0) << std::strerror(errno);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  EXPECT_EQ(std::to_string(info.st_uid), Entry(fs::path(dir.path()) / "etc/passwd", "envledger")[2]);
}

// ---- Configuration ----------------------------------------------------------------------------------------------

// A line `name = value`, or `#name = value`, which is the same switched off. Other comments have a space after the #.
struct Setting {
  std::string name;
  std::string value;
  bool active = false;
};

std::vector<Setting> DefaultConfiguration() {
  const std::regex form("(#?)([a-z][a-z-]*) = (\\S+)");
  std::vector<Setting> settings;
  for (const std::string& line : Lines(ReadFile(SystemdDir() / "envledger.conf"))) {
    if (line.empty() || line == "#" || line.rfind("# ", 0) == 0) continue;
    std::smatch match;
    if (!std::regex_match(line, match, form)) {
      ADD_FAILURE() << "neither comment nor setting: " << line;
      continue;
    }
    settings.push_back({match[2], match[3], match[1].length() == 0});
  }
  return settings;
}

std::string DefaultOf(const std::string& name) {
  for (const Setting& setting : DefaultConfiguration()) {
    if (setting.name == name) return setting.value;
  }
  ADD_FAILURE() << name << " is not in envledger.conf";
  return "";
}

TEST(DefaultConfiguration, NamesEveryOptionWithItsDefault) {
  std::map<std::string, int> seen;
  for (const Setting& setting : DefaultConfiguration()) {
    SCOPED_TRACE(setting.name);
    const auto option = kOptions.find(setting.name);
    if (option == kOptions.end()) {
      ADD_FAILURE() << "not an option";
      continue;
    }
    if (option->second == kSeveral) {
      seen[setting.name] = 1;
    } else {
      ++seen[setting.name];
      EXPECT_EQ(setting.value, option->second);
    }
  }
  for (const auto& [name, value] : kOptions) EXPECT_EQ(seen[name], 1) << name;
}

TEST(DefaultConfiguration, SaysSomethingAboutEverySetting) {
  std::string before;
  for (const std::string& line : Lines(ReadFile(SystemdDir() / "envledger.conf"))) {
    if (!line.empty() && line.rfind("# ", 0) != 0 && line != "#") {
      EXPECT_FALSE(before.empty()) << "nothing explains: " << line;
    }
    before = line;
  }
}

TEST(DefaultConfiguration, LetsTheSocketsGroupsIn) {
  for (const std::string name : {"append", "audit"}) {
    const std::string group = Value(ParseUnit("envledger-" + name + ".socket"), "Socket.SocketGroup");
    bool allowed = false;
    for (const Setting& setting : DefaultConfiguration()) {
      allowed = allowed || (setting.active && setting.name == name + "-allow" && setting.value == group);
    }
    EXPECT_TRUE(allowed) << group;
  }
}

TEST(DefaultConfiguration, AgreesWithTheUnits) {
  const Unit service = ParseUnit("envledgerd.service");
  EXPECT_EQ(DefaultOf("data-dir"), "/var/lib/" + Value(service, "Service.StateDirectory"));
  for (const std::string name : {"append", "audit"}) {
    const Unit unit = ParseUnit("envledger-" + name + ".socket");
    EXPECT_EQ(DefaultOf(name + "-socket"), Value(unit, "Socket.ListenStream"));
    EXPECT_EQ(DefaultOf("max-connections"), Value(unit, "Socket.Backlog"));
  }
}

#ifdef ENVLEDGER_DAEMON_PATH

// The default configuration with every setting switched on, and places and people that exist on the machine of the
// test.
std::string EverySettingIn(const fs::path& directory) {
  // A key for tests only: the example of RFC 8410, section 10.3.
  WriteFile(directory / "signing.key",
            "-----BEGIN PRIVATE KEY-----\n"
            "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
            "-----END PRIVATE KEY-----\n");
  EXPECT_EQ(chmod((directory / "signing.key").c_str(), 0600), 0);
  fs::create_directory(directory / "data");
  EXPECT_EQ(chmod((directory / "data").c_str(), 0700), 0);

  const std::map<std::string, std::string> here = {
      {"data-dir", (directory / "data").string()},
      {"key", (directory / "signing.key").string()},
      {"append-socket", (directory / "append.sock").string()},
      {"audit-socket", (directory / "audit.sock").string()},
      {"checkpoint-file", (directory / "checkpoint").string()},
  };
  std::string text;
  for (const Setting& setting : DefaultConfiguration()) {
    std::string value = setting.value;
    if (const auto found = here.find(setting.name); found != here.end()) value = found->second;
    // The groups of the sockets are those of an installed envledger.
    if (value.rfind("envledger-", 0) == 0) value = "gid:" + std::to_string(getegid());
    text += setting.name + " = " + value + "\n";
  }
  return text;
}

Outcome Check(const fs::path& directory, const std::string& configuration) {
  const fs::path file = directory / "envledger.conf";
  WriteFile(file, configuration);
  return RunPlain({ENVLEDGER_DAEMON_PATH, "--config", file.string(), "--check"});
}

TEST(DefaultConfiguration, IsAcceptedByTheDaemonWithEverySettingSwitchedOn) {
  TempDir dir;
  const Outcome outcome = Check(fs::path(dir.path()), EverySettingIn(fs::path(dir.path())));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

TEST(DefaultConfiguration, ANameThatTheDaemonDoesNotKnowIsWrongUsage) {
  TempDir dir;
  const Outcome outcome = Check(fs::path(dir.path()), EverySettingIn(fs::path(dir.path())) + "max-conections = 5\n");
  EXPECT_EQ(outcome.status, 2) << outcome.output;
  EXPECT_NE(outcome.output.find("max-conections"), std::string::npos) << outcome.output;
}

#endif  // ENVLEDGER_DAEMON_PATH

}  // namespace
}  // namespace envledger
