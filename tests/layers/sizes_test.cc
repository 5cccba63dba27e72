#include "tests/layers/sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace envledger::layers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Lines(size_t count, const std::string& line = "  f();") {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += line + "\n";
  return text;
}

std::string Function(const std::string& head, size_t lines) { return head + " {\n" + Lines(lines - 2) + "}\n"; }

TEST(Sizes, CountsNoBlankLineAndNoComment) {
  EXPECT_EQ(CodeLines("a.cc", "// why\n\nint a;  // what\n/* one\n   two */\n  \nint b; /* c */\n"), 2u);
  EXPECT_EQ(
      CodeLines("a.cc", "auto a = R\"x(// text\n\n# text)\" /* \n)x\";\nauto b = \"/*\";\nint c = '\"';\nint d;\n"),
      6u);
  EXPECT_EQ(CodeLines("a.cc", "int a = 1'000;  // don't\nint b = '\\'';\nint c;\n"), 3u);
  EXPECT_EQ(CodeLines("a.js", "\"use strict\";\n// why\n/* one\n   two */\n  run();\n"), 2u);
  EXPECT_EQ(CodeLines("a.css", "/* why */\na { color: red; }\n/* one\n\n two */\n"), 1u);
  EXPECT_EQ(CodeLines("a.py", "#!/usr/bin/env python3\n\n# why\nrun()  # how\n"), 1u);
}

TEST(Sizes, FindsFilesThatAreTooLong) {
  const std::string most = Lines(400) + "\n";
  const Files files = {{"cli/a.cc", most + "// why\n"}, {"cli/b.js", most + "// why\n"}, {"cli/c.h", Lines(300)}};
  EXPECT_THAT(LongFileProblems(files), IsEmpty());
  Files more;
  for (const auto& name : {"a.cc", "a.css", "a.js", "a.py"}) more[name] = most + "f();\n";
  more["a.h"] = Lines(301);
  EXPECT_THAT(LongFileProblems(more),
              ElementsAre("a.cc has 401 lines of code", "a.css has 401 lines of code", "a.h has 301 lines of code",
                          "a.js has 401 lines of code", "a.py has 401 lines of code"));
}

TEST(Sizes, FindsFunctionsThatAreTooLong) {
  for (const std::string head : {"int Run(const std::string& text)", "TEST_F(Fixture, Name)",
                                 "Class::Class(int a) : a_(a)", "auto F() const -> int", "const auto kRun = [](int a)",
                                 "template <class T>\nstruct T* Run(T)", "bool operator==(A a, B b) noexcept",
                                 "void F(int a,\n       int b)", "static void F(std::vector<int> a = {})"}) {
    const size_t lines = head.find('\n') == std::string::npos ? 60 : 59;
    const std::string start = "#include <a>\n\nnamespace a {\nint b;\n// what\n";
    EXPECT_THAT(LongFunctionProblems({{"a.cc", start + Function(head, lines) + "}\n"}}), IsEmpty()) << head;
    EXPECT_THAT(LongFunctionProblems({{"a.cc", start + Function(head, lines + 1) + "}\n"}}),
                ElementsAre("a.cc:6: a function of 61 lines of code"))
        << head;
  }
}

TEST(Sizes, FindsLongFunctionsInClassesAndTables) {
  const std::string run = Function("  void Run()", 61);
  EXPECT_THAT(LongFunctionProblems({{"a.h", "class LOCK(\"a\") A : public B {\n public:\n" + run + "};\n"}}),
              ElementsAre("a.h:3: a function of 61 lines of code"));
  EXPECT_THAT(LongFunctionProblems({{"a.cc", "template <class T>\nstruct A {\n" + run + "};\n"}}),
              ElementsAre("a.cc:3: a function of 61 lines of code"));
  EXPECT_THAT(
      LongFunctionProblems({{"a.cc", "const std::vector<F> kTable = {\n" + Function("[](int a)", 61) + "};\n"}}),
      ElementsAre("a.cc:2: a function of 61 lines of code"));
}

TEST(Sizes, TakesAFunctionWithAllThatIsInIt) {
  const std::string inner = "for (int i = 0; i < 1; ++i) {\n" + Lines(57) + "}\n";
  EXPECT_THAT(LongFunctionProblems({{"a.cc", "void F() {\n" + inner + "  g([] {});\n}\n"}}),
              ElementsAre("a.cc:1: a function of 62 lines of code"));
  EXPECT_THAT(LongFunctionProblems({{"a.cc", "void F() {\n  g({1});\n}\n" + Function("void G()", 61)}}),
              ElementsAre("a.cc:4: a function of 61 lines of code"));
}

TEST(Sizes, TakesNoTableForAFunction) {
  EXPECT_THAT(LongFunctionProblems({{"a.cc", "const std::vector<int> kTable = {\n" + Lines(90, "    {1, 2},") + "};\n"},
                                    {"b.cc", "const A kTable = Make({\n" + Lines(90, "    {1, 2},") + "});\n"}}),
              IsEmpty());
}

TEST(Sizes, IsNotMisledByBracesInTextsAndComments) {
  const std::string noise = "  a = '{';  // {\n  b = \"{\";\n  /* { */\n  c = R\"(\n{ {\n)\";\n";
  const std::string define = "#define A(b) \\\n  if (b) {\n";
  EXPECT_THAT(LongFunctionProblems({{"a.cc", define + "void F() {\n" + noise + "}\n" + Function("void G()", 61)}}),
              ElementsAre("a.cc:11: a function of 61 lines of code"));
}

TEST(Sizes, SaysWhereBracesDoNotMatch) {
  EXPECT_THAT(LongFunctionProblems({{"a.cc", "void F() {\n"}, {"b.cc", "void F() {\n}\n}\n"}}),
              ElementsAre("a.cc: its braces do not match", "b.cc:3: its braces do not match"));
}

TEST(Sizes, FindsAFolderWithTooManyFiles) {
  Files files;
  for (int i = 0; i < 25; ++i) files["ledger/base/a" + std::to_string(i) + ".h"];
  EXPECT_THAT(CrowdProblems(files), IsEmpty());
  files["ledger/base/one_more.cc"];
  files["ledger/store/a.cc"];
  EXPECT_THAT(CrowdProblems(files), ElementsAre("ledger/base holds 26 source files"));
}

}  // namespace
}  // namespace envledger::layers
