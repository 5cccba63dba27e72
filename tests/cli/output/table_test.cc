#include "cli/output/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace envledger::cli {
namespace {

std::string Rendered(size_t width, std::vector<Column> columns, const std::vector<Cells>& rows) {
  std::ostringstream out;
  Table table(out, Palette(false), width, std::move(columns));
  for (const Cells& row : rows) table.Add(row);
  table.Finish();
  return out.str();
}

TEST(Table, AlignsByColumnsNotByBytes) {
  EXPECT_EQ(Rendered(0, {{.title = "NAME"}, {.title = "N", .right = true}, {.title = "END"}},
                     {{{"東京"}, {"1"}, {"x"}}, {{"Zürich"}, {"1,000"}, {"y"}}}),
            "NAME        N  END\n"
            "東京        1  x\n"
            "Zürich  1,000  y\n");
}

TEST(Table, BreaksTheWidestColumnToTheWidth) {
  EXPECT_EQ(Rendered(20, {{.title = "A", .least = 4}, {.title = "B", .least = 4}},
                     {{{"one two three four five six"}, {"short"}}, {{"7"}, {"8"}}}),
            "A              B\n"
            "one two three  short\n"
            "four five six\n"
            "7              8\n");
}

TEST(Table, BreaksNoWordButOneThatIsTooLong) {
  const std::vector<Column> columns = {{.title = "A", .least = 4}, {.title = "B", .least = 4}};
  EXPECT_EQ(Rendered(16, columns, {{{"to abcdefghij"}, {"one two"}}}),
            "A           B\n"
            "to          one\n"
            "abcdefghij  two\n");
  const std::string word(Table::kKeptWord, 'w');
  EXPECT_EQ(Rendered(Table::kKeptWord + 3, columns, {{{word + "xyz"}, {"1"}}}),
            "A" + std::string(Table::kKeptWord - 1, ' ') + "  B\n" + word + "  1\nxyz\n");
}

TEST(Table, EndsAnEndlessCellUnlessItIsWhole) {
  const std::string text = "a b c d e f g h i j";
  const std::string cut = Rendered(4, {{.title = "A", .least = 4}}, {{{text}}});
  EXPECT_EQ(cut, "A\na b\nc d\ne f\ng h…\n");
  EXPECT_EQ(Rendered(4, {{.title = "A", .least = 4, .whole = true}}, {{{text}}}), "A\na b\nc d\ne f\ng h\ni j\n");
}

TEST(Table, NeverBreaksANumber) {
  std::ostringstream out;
  Table table(out, Palette(false), 16, {{.title = "NAME", .least = 4}, {.title = "N", .least = 1, .right = true}});
  table.Add({{"something longer"}, {"1,234,567"}});
  table.Finish();
  table.Add({{"x"}, {"12,345,678,901"}});
  EXPECT_EQ(out.str(),
            "NAME           N\n"
            "somet  1,234,567\n"
            "hing\n"
            "longe\n"
            "r\n"
            "x      12,345,678,901\n");
}

TEST(Table, NeverRunsOverTheEdgeHoweverLongTheWords) {
  const std::string word(Table::kKeptWord, 'w');
  const std::string text = Rendered(30, {{.title = "A", .least = 20}, {.title = "B", .least = 20}}, {{{word}, {word}}});
  size_t letters = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 30u) << text;
    letters += static_cast<size_t>(std::count(line.begin(), line.end(), 'w'));
  }
  EXPECT_EQ(letters, 2 * word.size()) << text;
}

TEST(Table, FoldsWhatDoesNotFitInOneLine) {
  EXPECT_EQ(Rendered(20, {{.title = "A"}, {.title = "B"}, {.title = "C", .fold = 1}},
                     {{{"aaaaaaaaaa"}, {"bbbbbbbb"}, {"cccccccc"}}, {{"a"}, {""}, {"c"}}}),
            "A           B\n"
            "  C\n"
            "aaaaaaaaaa  bbbbbbbb\n"
            "  cccccccc\n"
            "a\n"
            "  c\n");
}

TEST(Table, FoldsAThirdTimeOnlyWhereItMust) {
  const std::vector<Column> columns = {{.title = "A"}, {.title = "B", .fold = 1}, {.title = "C", .fold = 2}};
  const std::vector<Cells> rows = {{{"aaaaaaaa"}, {"bbbbbbbb"}, {"cccccccc"}}};
  EXPECT_EQ(Rendered(20, columns, rows), "A\n  B         C\naaaaaaaa\n  bbbbbbbb  cccccccc\n");
  EXPECT_EQ(Rendered(16, columns, rows), "A\n  B\n  C\naaaaaaaa\n  bbbbbbbb\n  cccccccc\n");
}

// Rows of several broken lines are harder to read than rows of two lines.
TEST(Table, FoldsRatherThanHalveItsColumns) {
  const std::vector<Column> columns = {{.title = "A", .least = 4}, {.title = "B", .least = 4, .fold = 1}};
  const std::vector<Cells> rows = {{{"aaaa aaaa aaaa"}, {"bbbb bbbb bbbb"}}};
  EXPECT_EQ(Rendered(17, columns, rows), "A\n  B\naaaa aaaa aaaa\n  bbbb bbbb bbbb\n");
  EXPECT_EQ(Rendered(24, columns, rows), "A            B\naaaa aaaa    bbbb bbbb\naaaa         bbbb\n");
}

TEST(Table, ColoursOutsideThePadding) {
  std::ostringstream out;
  Table table(out, Palette(true), 0, {{.title = "S"}, {.title = "T"}});
  table.Add({{"ok", Color::kGreen}, {"x", Color::kPlain}});
  table.Finish();
  EXPECT_EQ(out.str(), "\x1b[1mS\x1b[0m   \x1b[1mT\x1b[0m\n\x1b[32mok\x1b[0m  x\n");
}

TEST(Table, StreamsAfterItsSample) {
  std::ostringstream out;
  Table table(out, Palette(false), 40, {{.title = "N"}});
  for (size_t i = 0; i + 1 < Table::kSampleRows; ++i) table.Add({{"1", Color::kPlain}});
  EXPECT_EQ(out.str(), "");
  table.Add({{"22", Color::kPlain}});
  EXPECT_NE(out.str().find("22\n"), std::string::npos);
  table.Add({{"333", Color::kPlain}});
  EXPECT_TRUE(out.str().ends_with("\n33\n3\n")) << out.str().substr(out.str().size() - 8);
}

// A sample of rows that hold much is settled before it holds too much; the rest go by one at a time.
TEST(Table, SettlesBeforeItsSampleHoldsTooMuch) {
  std::ostringstream out;
  Table table(out, Palette(false), 0, {{.title = "A"}});
  size_t made = 0;
  size_t held = 0;
  size_t most = 0;
  for (size_t added = 1; added <= 100; ++added) {
    const size_t before = made;
    table.Add(
        [&made] {
          ++made;
          return Cells{{"x"}};
        },
        Table::kSampleBytes / 10);
    held += 1;
    held -= made - before;
    most = std::max(most, held);
  }
  EXPECT_EQ(made, 100u);
  EXPECT_LE(most, 11u);
  table.Finish();
  const std::string printed = out.str();
  EXPECT_EQ(std::count(printed.begin(), printed.end(), 'x'), 100);
}

}  // namespace
}  // namespace envledger::cli
