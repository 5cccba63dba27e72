// What judges the project's files: which room may see which, where the libraries' headers may appear and who may link
// them, that no test sleeps and none is listed nowhere, and that each source has its tests. Every judgement is a
// function of texts. Thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace envledger::layers {

using Strings = std::vector<std::string>;
using Files = std::map<std::string, std::string>;  // path from the root -> text
using Rooms = std::map<std::string, std::set<std::string>>;

// The rules of tests/layers.txt.
struct Rules {
  Rooms rooms;      // room -> rooms that it may include, itself among them
  Rooms seen;       // room -> these, and what it may see through their headers
  Rooms libraries;  // pattern of a header -> rooms that may include it
  Rooms linked;     // a library that is linked -> rooms that may need it, themselves or through others
  Strings problems;
};

Rules ParseRules(const std::string& text);

// Includes that the rules do not allow, and files that are in no room.
Strings LayerProblems(const Rules& rules, const Files& files);

// The headers of other rooms that a file sees through those that it includes, although its room may not see them: each
// with the header that includes it. What its own room's headers show is their fault, and what lies behind a header that
// may not be seen is not looked at.
Strings SightProblems(const Rules& rules, const Files& files);

// What each room links, by the text of ledger/CMakeLists.txt: rooms by their names, libraries as CMake calls them.
Rooms LinksOf(const Rules& rules, const std::string& cmake);

// Rooms that need a library, themselves or through the rooms that they link, and may not.
Strings LinkProblems(const Rules& rules, const Rooms& links);

Strings SleepProblems(const Files& files);

// Hash tables with text as keys and without KeyedHash (ledger/base/siphash.h): whoever chooses the texts can make them
// collide.
Strings HashProblems(const Files& files);

// Tests that no CMakeLists.txt names, and directories of tests that the one above does not add.
Strings UnlistedProblems(const Files& files);

// Sources (.cc of ledger/ and cli/) without a test file of their own path: ledger/store/log.cc has
// tests/store/log_test.cc, cli/output/table.cc has tests/cli/output/table_test.cc. `excepted` is a text of lines
// "SOURCE: why it has none"; a line is a problem too if there is no such source, if it has tests after all, or if the
// reason is missing or names a file below tests/ that does not exist.
Strings UntestedProblems(const Files& files, const std::string& excepted);

}  // namespace envledger::layers
