// The architecture as a test: which room may see which, also through others' headers, where the libraries' headers may
// appear and who may link them, that no test sleeps and that none is listed nowhere. The rules are data
// (tests/layers.txt); what judges a file is a function of its text, so that the judge itself is tested on files that
// break each rule.
#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const fs::path kRoot = ENVLEDGER_SOURCE_DIR;

using Strings = std::vector<std::string>;
using Files = std::map<std::string, std::string>;  // path from the root -> text

using Rooms = std::map<std::string, std::set<std::string>>;

struct Rules {
  Rooms rooms;      // room -> rooms that it may include, itself among them
  Rooms seen;       // room -> these, and what it may see through their headers
  Rooms libraries;  // pattern of a header -> rooms that may include it
  Rooms linked;     // a library that is linked -> rooms that may need it, themselves or through others
  Strings problems;
};

Strings Words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Rules ParseRules(const std::string& text) {
  Rules rules;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    if (Words(line).empty()) continue;
    const size_t colon = line.rfind(':');
    if (colon == std::string::npos) {
      rules.problems.push_back("no colon: " + line);
      continue;
    }
    const std::string name = line.substr(0, colon);
    const std::string others = line.substr(colon + 1);
    const size_t bar = std::min(others.find('|'), others.size());
    const auto read = [&](const std::string& names) {
      std::set<std::string> known;
      for (const std::string& other : Words(names)) {
        // Only what stands above may be named, so the rooms have an order.
        if (!rules.rooms.contains(other))
          rules.problems.push_back(name + " names " + other + ", which is not above it");
        if (!known.insert(other).second) rules.problems.push_back(name + " names " + other + " twice");
      }
      return known;
    };
    const std::set<std::string> included = read(others.substr(0, bar));
    std::set<std::string> through = read(others.substr(std::min(bar + 1, others.size())));
    if (name.starts_with('<')) {
      rules.libraries[name.substr(1, name.size() - 2)] = included;
    } else if (name.starts_with('[')) {
      rules.linked[name.substr(1, name.size() - 2)] = included;
    } else {
      rules.rooms[name] = included;
      rules.rooms[name].insert(name);
      for (const std::string& other : through) {
        if (included.contains(other)) rules.problems.push_back(name + " names " + other + " twice");
      }
      through.merge(std::set(rules.rooms[name]));
      rules.seen[name] = std::move(through);
    }
  }
  return rules;
}

// The headers that a text includes, without their brackets or quotes.
Strings IncludesOf(const std::string& text) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]*)[>"])");
  Strings includes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.find('#') != std::string::npos && std::regex_search(line, match, kInclude)) includes.push_back(match[1]);
  }
  return includes;
}

// "ledger/codec/json.h" -> "codec", "cli/table.h" -> "cli"; empty for what is no file of a room.
std::string RoomOf(const std::string& path) {
  if (path.starts_with("cli/")) return "cli";
  if (!path.starts_with("ledger/")) return "";
  const size_t slash = path.find('/', 7);
  return slash == std::string::npos ? "" : path.substr(7, slash - 7);
}

// The rooms that may include this header of a library; all of them, as null, where no rule names it.
const std::set<std::string>* MayInclude(const Rules& rules, const std::string& header) {
  for (const auto& [pattern, rooms] : rules.libraries) {
    if (fnmatch(pattern.c_str(), header.c_str(), 0) == 0) return &rooms;
  }
  return nullptr;
}

// The headers that include a confined library's header, directly or through other headers.
std::set<std::string> ConfinedHeaders(const Rules& rules, const Files& files) {
  std::set<std::string> confined;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [path, text] : files) {
      if (!path.ends_with(".h")) continue;
      for (const std::string& include : IncludesOf(text)) {
        if (MayInclude(rules, include) != nullptr || confined.contains(include)) grew |= confined.insert(path).second;
      }
    }
  }
  return confined;
}

Strings LayerProblems(const Rules& rules, const Files& files) {
  Strings problems;
  const std::set<std::string> confined = ConfinedHeaders(rules, files);
  for (const auto& [path, text] : files) {
    const std::string room = RoomOf(path);
    if (!rules.rooms.contains(room)) {
      problems.push_back(path + " is in no room");
      continue;
    }
    for (const std::string& include : IncludesOf(text)) {
      const std::string other = RoomOf(include);
      const std::set<std::string>* const allowed = MayInclude(rules, include);
      if (!other.empty() && !rules.rooms.at(room).contains(other)) {
        problems.push_back(path + ": " + room + " may not include " + include);
      } else if (other != room && confined.contains(include)) {
        problems.push_back(path + ": " + include + " is for its own room, because it includes a library");
      } else if (allowed != nullptr && !allowed->contains(room)) {
        problems.push_back(path + ": " + room + " may not include <" + include + ">");
      }
    }
  }
  return problems;
}

// The headers of other rooms that a file sees through those that it includes, although its room may not see them: each
// with the header that includes it. What its own room's headers show is their fault, and what lies behind a header that
// may not be seen is not looked at.
Strings SightProblems(const Rules& rules, const Files& files) {
  std::map<std::string, Strings> includes;
  for (const auto& [path, text] : files) includes[path] = IncludesOf(text);
  Strings problems;
  for (const auto& [path, text] : files) {
    const std::string room = RoomOf(path);
    const auto may_see = rules.seen.find(room);
    if (may_see == rules.seen.end()) continue;  // told by LayerProblems
    std::set<std::string> visited;
    Strings waiting = includes[path];
    while (!waiting.empty()) {
      const std::string header = std::move(waiting.back());
      waiting.pop_back();
      if (RoomOf(header) == room || !visited.insert(header).second) continue;
      for (const std::string& next : includes[header]) {
        const std::string other = RoomOf(next);
        if (!other.empty() && !may_see->second.contains(other)) {
          problems.push_back(path + ": " + room + " may not see " + next + ", which " + header + " includes");
        } else {
          waiting.push_back(next);
        }
      }
    }
  }
  return problems;
}

// What each room links, by the text of ledger/CMakeLists.txt: rooms by their names, libraries as CMake calls them.
Rooms LinksOf(const Rules& rules, const std::string& cmake) {
  static const std::regex kRoom(R"(envledger_room\((\w+)\s([^)]*)\))");
  Rooms links;
  for (auto room = std::sregex_iterator(cmake.begin(), cmake.end(), kRoom); room != std::sregex_iterator(); ++room) {
    const std::string name = (*room)[1];
    if (!rules.rooms.contains(name)) continue;  // the function's own definition
    std::set<std::string>& linked = links[name];
    bool after_sources = false;
    for (const std::string& word : Words((*room)[2])) {
      if (word == "PUBLIC" || word == "PRIVATE") {
        after_sources = true;
      } else if (after_sources) {
        linked.insert(word.starts_with("envledger_") ? word.substr(std::strlen("envledger_")) : word);
      }
    }
  }
  return links;
}

// Rooms that need a library, themselves or through the rooms that they link, and may not.
Strings LinkProblems(const Rules& rules, const Rooms& links) {
  Strings problems;
  for (const auto& [name, direct] : links) {
    std::set<std::string> reached;
    Strings waiting(direct.begin(), direct.end());
    while (!waiting.empty()) {
      const std::string next = std::move(waiting.back());
      waiting.pop_back();
      if (!reached.insert(next).second) continue;
      if (const auto more = links.find(next); more != links.end()) {
        waiting.insert(waiting.end(), more->second.begin(), more->second.end());
      }
    }
    for (const auto& [library, rooms] : rules.linked) {
      if (reached.contains(library) && !rooms.contains(name)) problems.push_back(name + " may not need " + library);
    }
  }
  return problems;
}

// Folders that hold more source files than a stranger can find his way in.
Strings CrowdProblems(const Files& files) {
  constexpr size_t kMost = 25;
  std::map<std::string, size_t> count;
  for (const auto& [path, text] : files) ++count[fs::path(path).parent_path().string()];
  Strings problems;
  for (const auto& [folder, number] : count) {
    if (number > kMost) problems.push_back(folder + " holds " + std::to_string(number) + " source files");
  }
  return problems;
}

Strings SleepProblems(const Files& files) {
  // Spelled so that this file does not match.
  static const std::regex kSleep(
      "sleep"
      "_for|sleep"
      "_until|u"
      "sleep|nano"
      "sleep|\\bsleep"
      R"( *\(? *[0-9])");
  Strings problems;
  for (const auto& [path, text] : files) {
    std::istringstream lines(text);
    size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.find("sleep") != std::string::npos && std::regex_search(line, kSleep)) {
        problems.push_back(path + ":" + std::to_string(number) + " sleeps");
      }
    }
  }
  return problems;
}

// Whether `word` stands in `text`, not as a part of a longer name.
bool Names(const std::string& text, const std::string& word) {
  const auto is_part = [](char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// Tests that no CMakeLists.txt names, and directories of tests that the one above does not add.
Strings UnlistedProblems(const Files& files) {
  Strings problems;
  const auto listing = [&](fs::path directory) -> const std::string* {
    for (; !directory.empty(); directory = directory.parent_path()) {
      if (const auto it = files.find((directory / "CMakeLists.txt").string()); it != files.end()) return &it->second;
    }
    return nullptr;
  };
  for (const auto& [path, text] : files) {
    const fs::path file(path);
    const std::string stem = file.stem().string();
    const bool is_test = stem.ends_with("_test") && Names(" .cc .py .sh ", file.extension().string());
    const bool is_directory = file.filename() == "CMakeLists.txt" && file.parent_path() != "tests";
    const fs::path named = is_directory ? file.parent_path() : file;
    if (!is_test && !is_directory) continue;
    const std::string* const list = listing(named.parent_path());
    if (list == nullptr || !Names(*list, named.filename().string()))
      problems.push_back(named.string() + " is not listed");
  }
  return problems;
}

Files ReadTree(const fs::path& directory, const std::set<std::string>& extensions) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / directory)) {
    if (!entry.is_regular_file() || !extensions.contains(entry.path().extension().string())) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), kRoot).string()] = {std::istreambuf_iterator<char>(stream), {}};
  }
  return files;
}

Rules ProjectRules() {
  const Files files = ReadTree("tests", {".txt"});
  return ParseRules(files.at("tests/layers.txt"));
}

TEST(Layers, RulesAreWellFormed) {
  const Rules rules = ProjectRules();
  EXPECT_THAT(rules.problems, IsEmpty());
  EXPECT_THAT(rules.rooms, SizeIs(Ge(20)));
  EXPECT_THAT(rules.libraries, SizeIs(8));
}

TEST(Layers, EveryIncludeOfTheProjectIsAllowed) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_GT(files.size(), 20u);
  EXPECT_THAT(LayerProblems(ProjectRules(), files), IsEmpty());
}

TEST(Layers, NoFileSeesMoreThanItsRoomMayThroughOthersHeaders) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_THAT(SightProblems(ProjectRules(), files), IsEmpty());
}

TEST(Layers, NoRoomIsCrowded) {
  Files files = ReadTree("ledger", {".h", ".cc"});
  files.merge(ReadTree("cli", {".h", ".cc"}));
  EXPECT_THAT(CrowdProblems(files), IsEmpty());
}

TEST(Layers, RoomsLinkOnlyWhatTheyMayInclude) {
  const Rules rules = ProjectRules();
  const Rooms links = LinksOf(rules, ReadTree("ledger", {".txt"}).at("ledger/CMakeLists.txt"));
  EXPECT_EQ(links.size() + 1, rules.rooms.size()) << "all but cli";
  for (const auto& [name, linked] : links) {
    for (const std::string& other : linked) {
      if (!rules.rooms.contains(other)) continue;  // a library
      EXPECT_TRUE(rules.rooms.at(name).contains(other)) << name << " links " << other;
    }
  }
  EXPECT_THAT(LinkProblems(rules, links), IsEmpty());
  EXPECT_THAT(rules.linked, SizeIs(1));
  EXPECT_TRUE(links.at("store").contains(rules.linked.begin()->first)) << "as CMake calls it";
}

TEST(Layers, NoTestSleeps) {
  Files files = ReadTree("tests", {".h", ".cc", ".py", ".sh", ".txt"});
  // A benchmark measures for as long as it is told.
  std::erase_if(files, [](const auto& file) { return file.first.ends_with("_bench.cc"); });
  EXPECT_THAT(SleepProblems(files), IsEmpty());
}

TEST(Layers, EveryTestIsListed) {
  EXPECT_THAT(UnlistedProblems(ReadTree("tests", {".cc", ".py", ".sh", ".txt"})), IsEmpty());
}

const Rules kSample = ParseRules("base:\nstore: base  # a comment\napi: base store\ncli: base\n\n<rocks/*>: store\n");

TEST(LayersJudge, KnowsBrokenRules) {
  EXPECT_THAT(kSample.problems, IsEmpty());
  EXPECT_THAT(ParseRules("base: store\nstore: base\n").problems, ElementsAre(HasSubstr("base names store")));
  EXPECT_THAT(ParseRules("<x/*>: store\n").problems, ElementsAre(HasSubstr("names store")));
  EXPECT_THAT(ParseRules("base\n").problems, ElementsAre(HasSubstr("no colon")));
}

TEST(LayersJudge, TellsWhatIsIncludedFromWhatIsSeen) {
  const Rules rules =
      ParseRules("base:\nstore: base\nservice: base store\napi: service | base store\n[rocks]: store\n");
  EXPECT_THAT(rules.problems, IsEmpty());
  EXPECT_THAT(rules.rooms.at("api"), ElementsAre("api", "service"));
  EXPECT_THAT(rules.seen.at("api"), ElementsAre("api", "base", "service", "store"));
  EXPECT_THAT(rules.linked.at("rocks"), ElementsAre("store"));
  EXPECT_THAT(ParseRules("base:\napi: base | base\n").problems, ElementsAre(HasSubstr("names base twice")));
  EXPECT_THAT(ParseRules("base:\napi: base base\n").problems, ElementsAre(HasSubstr("names base twice")));
  EXPECT_THAT(ParseRules("base:\napi: base | store\n").problems, ElementsAre(HasSubstr("names store, which is not")));
}

// A room that is above all: api may include service, and so sees base, but not store.
const Rules kSight =
    ParseRules("base:\nstore: base\nservice: base store\napi: service | base\ncli: service api | base store\n");

TEST(LayersJudge, FindsAHeaderThatIsSeenThroughAnother) {
  const Files files = {{"ledger/store/log.h", "#include \"ledger/base/a.h\"\n"},
                       {"ledger/base/a.h", ""},
                       {"ledger/service/inner.h", "#include \"ledger/store/log.h\"\n"},
                       {"ledger/service/outer.h", "#include \"ledger/service/inner.h\"\n"},
                       {"ledger/service/a.cc", "#include \"ledger/service/outer.h\"\n"},
                       {"cli/a.cc", "#include \"ledger/service/outer.h\"\n"},
                       {"ledger/api/own.h", "#include \"ledger/service/outer.h\"\n"},
                       {"ledger/api/a.cc", "#include \"ledger/api/own.h\"\n"}};
  EXPECT_THAT(LayerProblems(kSight, files), IsEmpty()) << "no file includes what it may not";
  EXPECT_THAT(
      SightProblems(kSight, files),
      ElementsAre("ledger/api/own.h: api may not see ledger/store/log.h, which ledger/service/inner.h includes"));
}

TEST(LayersJudge, SeesThroughCirclesOfHeadersAndPastWhatIsNotThere) {
  EXPECT_THAT(SightProblems(kSight, {{"ledger/service/a.h", "#include \"ledger/service/b.h\"\n"},
                                     {"ledger/service/b.h",
                                      "#include \"ledger/service/a.h\"\n#include <vector>\n"
                                      "#include \"ledger/service/absent.h\"\n"},
                                     {"ledger/api/a.cc", "#include \"ledger/service/a.h\"\n"}}),
              IsEmpty());
}

TEST(LayersJudge, FindsALibraryThatIsNeededThroughOtherRooms) {
  const Rules rules = ParseRules("base:\nstore: base\nquery: base store\nevidence: base\n[Rocks::db]: store query\n");
  const std::string cmake =
      "function(envledger_room name)\nenvledger_room(base\n  SOURCES a.cc)\n"
      "envledger_room(store SOURCES b.cc PUBLIC envledger_base PRIVATE Rocks::db)\n"
      "envledger_room(query SOURCES c.cc PUBLIC envledger_base PRIVATE envledger_store)\n"
      "envledger_room(evidence\n  SOURCES d.cc\n  PUBLIC ";
  EXPECT_THAT(LinkProblems(rules, LinksOf(rules, cmake + "envledger_base)")), IsEmpty());
  EXPECT_THAT(LinkProblems(rules, LinksOf(rules, cmake + "envledger_base envledger_query)")),
              ElementsAre("evidence may not need Rocks::db"));
  EXPECT_THAT(LinksOf(rules, cmake + "x)").at("store"), ElementsAre("Rocks::db", "base"));
}

TEST(LayersJudge, FindsAFolderWithTooManyFiles) {
  Files files;
  for (int i = 0; i < 25; ++i) files["ledger/base/a" + std::to_string(i) + ".h"];
  EXPECT_THAT(CrowdProblems(files), IsEmpty());
  files["ledger/base/one_more.cc"];
  files["ledger/store/a.cc"];
  EXPECT_THAT(CrowdProblems(files), ElementsAre("ledger/base holds 26 source files"));
}

TEST(LayersJudge, LetsAllowedIncludesPass) {
  EXPECT_THAT(LayerProblems(kSample, {{"ledger/base/a.h", "#include <vector>\n"},
                                      {"ledger/store/a.cc", "#include \"ledger/base/a.h\"\n#include <rocks/db.h>\n"},
                                      {"ledger/store/own.h", "#include <rocks/db.h>\n"},
                                      {"ledger/store/b.cc", "#include \"ledger/store/own.h\"\n"},
                                      {"cli/a.cc", "#include \"cli/b.h\"\n#include \"ledger/base/a.h\"\n"},
                                      {"ledger/api/a.cc", "// #include \"cli/b.h\"\n"}}),
              IsEmpty());
}

TEST(LayersJudge, FindsEachKindOfForbiddenInclude) {
  const auto problems = [](const std::string& path, const std::string& include) {
    return LayerProblems(kSample, {{path, "\n  #  include " + include + "  // why\n"}});
  };
  EXPECT_THAT(problems("ledger/base/a.h", "\"ledger/store/a.h\""), ElementsAre(HasSubstr("base may not include")));
  EXPECT_THAT(problems("ledger/store/a.cc", "<ledger/api/a.h>"), ElementsAre(HasSubstr("store may not include")));
  EXPECT_THAT(problems("cli/a.cc", "\"ledger/store/a.h\""), ElementsAre(HasSubstr("cli may not include")));
  EXPECT_THAT(problems("ledger/api/a.cc", "\"cli/a.h\""), ElementsAre(HasSubstr("api may not include")));
  EXPECT_THAT(problems("ledger/api/a.cc", "<rocks/db.h>"), ElementsAre(HasSubstr("may not include <rocks/db.h>")));
  EXPECT_THAT(problems("ledger/new/a.cc", "<vector>"), ElementsAre("ledger/new/a.cc is in no room"));
  EXPECT_THAT(problems("ledger/a.cc", "<vector>"), ElementsAre("ledger/a.cc is in no room"));
}

TEST(LayersJudge, FindsALibraryThatLeaksThroughHeaders) {
  EXPECT_THAT(LayerProblems(kSample, {{"ledger/store/inner.h", "#include <rocks/db.h>\n"},
                                      {"ledger/store/outer.h", "#include \"ledger/store/inner.h\"\n"},
                                      {"ledger/api/a.cc", "#include \"ledger/store/outer.h\"\n"}}),
              ElementsAre(HasSubstr("ledger/store/outer.h is for its own room")));
}

TEST(LayersJudge, FindsSleeps) {
  const std::string word = "sleep";
  for (const std::string& line : {"std::this_thread::" + word + "_for(1ms);", "u" + word + "(5);", word + " 1",
                                  word + "(2)", "nano" + word + "(&t, nullptr);", "time." + word + "(0.5)"}) {
    EXPECT_THAT(SleepProblems({{"tests/a_test.cc", "\n" + line}}), ElementsAre("tests/a_test.cc:2 sleeps")) << line;
  }
  EXPECT_THAT(SleepProblems({{"tests/a_test.cc", "// no test " + word + "s, asleep 2 or not"}}), IsEmpty());
}

TEST(LayersJudge, FindsTestsThatAreListedNowhere) {
  const Files listed = {{"tests/CMakeLists.txt", "add_subdirectory(a)\n"},
                        {"tests/a/CMakeLists.txt", "envledger_test(a SOURCES one_test.cc sub/two_test.cc)"},
                        {"tests/a/one_test.cc", ""},
                        {"tests/a/sub/two_test.cc", ""},
                        {"tests/a/helper.cc", ""}};
  EXPECT_THAT(UnlistedProblems(listed), IsEmpty());
  Files more = listed;
  more["tests/a/other_one_test.cc"];
  more["tests/a/e_test.cc"];
  more["tests/a/run_test.sh"];
  more["tests/b/CMakeLists.txt"];
  more["tests/top_test.cc"];
  EXPECT_THAT(
      UnlistedProblems(more),
      ElementsAre("tests/a/e_test.cc is not listed", "tests/a/other_one_test.cc is not listed",
                  "tests/a/run_test.sh is not listed", "tests/b is not listed", "tests/top_test.cc is not listed"));
}

}  // namespace
