// The judge itself, on files that break each rule.
#include "tests/layers/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace envledger::layers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST(LayersJudge, FindsTablesOfTextWithoutAKey) {
  const std::string table = "std::unordered_";
  for (const std::string& line : {table + "map<std::string, int> a_;", table + "set<std::string_view> b;",
                                  table + "map<std::string_view,\n  std::list<int>::iterator> c_;"}) {
    EXPECT_THAT(HashProblems({{"ledger/a/a.h", "\n" + line}}), ElementsAre("ledger/a/a.h:2 hashes text without a key"));
  }
  EXPECT_THAT(
      HashProblems({{"ledger/a/a.h", table + "map<std::string, int, KeyedHash> a_;\n" + table + "set<int> b_;"}}),
      IsEmpty());
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

TEST(LayersJudge, FindsSourcesWithoutTests) {
  Files files = {{"ledger/store/log.cc", ""},       {"ledger/store/log.h", ""}, {"tests/store/log_test.cc", ""},
                 {"cli/output/table.cc", ""},       {"cli/main.cc", ""},        {"tests/cli/output/table_test.cc", ""},
                 {"tests/support/no_source.cc", ""}};
  EXPECT_THAT(UntestedProblems(files, "# why\n\ncli/main.cc: nothing but the call of Run\n"), IsEmpty());
  EXPECT_THAT(UntestedProblems(files, ""), ElementsAre("cli/main.cc has no test file"));
  files["ledger/other/log.cc"];
  EXPECT_THAT(UntestedProblems(files, "cli/main.cc: tests/cli/output/table_test.cc, all of it\n"),
              ElementsAre("ledger/other/log.cc has no test file"));
}

TEST(LayersJudge, FindsExceptionsThatAreNotTrue) {
  const Files files = {{"cli/a.cc", ""}, {"cli/b.cc", ""}, {"cli/c.cc", ""}, {"tests/cli/a_test.cc", ""}};
  EXPECT_THAT(
      UntestedProblems(files, "cli/a.cc: a table\ncli/b.cc\ncli/c.cc: see tests/cli/d_test.cc.\ncli/d.cc: a table\n"),
      ElementsAre("cli/a.cc is excepted, but it has a test file", "cli/b.cc is excepted without a reason",
                  "cli/c.cc is excepted for tests/cli/d_test.cc, which does not exist",
                  "cli/d.cc is excepted, but there is no such file"));
}

}  // namespace
}  // namespace envledger::layers
