#include "tests/layers/judge.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <regex>
#include <sstream>
#include <utility>

namespace envledger::layers {
namespace {

namespace fs = std::filesystem;

Strings Words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
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

// Whether `word` stands in `text`, not as a part of a longer name.
bool Names(const std::string& text, const std::string& word) {
  const auto is_part = [](char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

}  // namespace

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

Strings HashProblems(const Files& files) {
  static const std::regex kTable(R"(unordered_(?:multi)?(?:map|set)<\s*std::string[^;{}]*?>\s+\w+)");
  Strings problems;
  for (const auto& [path, text] : files) {
    for (std::sregex_iterator found(text.begin(), text.end(), kTable), end; found != end; ++found) {
      if (found->str().find("KeyedHash") != std::string::npos) continue;
      const auto number = 1 + std::count(text.begin(), text.begin() + found->position(), '\n');
      problems.push_back(path + ":" + std::to_string(number) + " hashes text without a key");
    }
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

Strings UntestedProblems(const Files& files, const std::string& excepted) {
  Strings problems;
  const auto has_tests = [&](const std::string& source) {
    const size_t room = source.starts_with("ledger/") ? std::strlen("ledger/") : 0;
    return files.contains("tests/" + source.substr(room, source.size() - room - std::strlen(".cc")) + "_test.cc");
  };
  std::set<std::string> known;
  std::istringstream lines(excepted);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    const size_t colon = line.find(':');
    const std::string source = line.substr(0, colon);
    const Strings why = colon == std::string::npos ? Strings() : Words(line.substr(colon + 1));
    known.insert(source);
    if (!files.contains(source)) {
      problems.push_back(source + " is excepted, but there is no such file");
    } else if (has_tests(source)) {
      problems.push_back(source + " is excepted, but it has a test file");
    }
    if (why.empty()) problems.push_back(source + " is excepted without a reason");
    for (const std::string& word : why) {
      const std::string named = word.substr(0, word.find_last_not_of(",;.") + 1);
      if (named.starts_with("tests/") && !files.contains(named)) {
        problems.push_back(source + " is excepted for " + named + ", which does not exist");
      }
    }
  }
  for (const auto& [path, text] : files) {
    const bool is_source = path.ends_with(".cc") && !RoomOf(path).empty();
    if (is_source && !has_tests(path) && !known.contains(path)) problems.push_back(path + " has no test file");
  }
  return problems;
}

}  // namespace envledger::layers
