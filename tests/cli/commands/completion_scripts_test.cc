// The scripts that complete the command line in zsh and fish, run by the shells themselves. A shell that is not
// installed is skipped, by name.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/cli/fake_ledger.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

using Words = std::vector<std::string>;

// An interactive zsh, on a terminal of its own, that completes each line of a file as soon as it could be typed into,
// and writes what would be offered instead of offering it.
constexpr const char* kZsh = R"(
cd $1
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source $1/inner"
while zpty -r shell; do :; done > $1/terminal
)";
constexpr const char* kZshInner = R"(
fpath=($PWD $fpath)
autoload -Uz compinit
compinit -u -d $PWD/dump
compadd() {
  if (( ${@[(I)-[OAD]]} )); then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  local hit
  for hit in $hits; do print -r -- "$IPREFIX$hit" >> answers; done
}
zle -C capture complete-word _main_complete
zle-line-init() {
  local line
  while IFS= read -r line; do
    BUFFER=$line CURSOR=$#line
    print -r -- "> $line" >> answers
    zle capture
  done < lines
  exit
}
zle -N zle-line-init
)";

// What follows a tab is a description.
constexpr const char* kFish = R"(
source script
while read -l line
    echo "> $line"
    complete -C $line | string replace -r '\t.*' ''
end < lines > answers
true
)";

class CompletionIn : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    path_ = std::string("/usr/bin/") + GetParam();
    if (access(path_.c_str(), X_OK) != 0) {
      GTEST_SKIP() << path_ << " is not installed: what it completes is not checked (.ci/install-packages --tests)";
    }
    World world;
    ASSERT_EQ(world.Run({"completion", GetParam()}), 0) << world.err.str();
    Write(IsZsh() ? "_envledger" : "script", world.out.str());
  }
  bool IsZsh() const { return GetParam() == std::string("zsh"); }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) const { std::ofstream(Path(name)) << text; }

  // What the shell completes each line to, sorted.
  std::vector<Words> Complete(const Words& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    Write("lines", text);
    Write("answers", "");
    Write("inner", kZshInner);
    const Ended ended = IsZsh() ? RunProgram({path_, "-f", "-c", kZsh, "zsh", directory_.path()})
                                : RunProgram({"env", "-C", directory_.path(), "HOME=" + directory_.path(), path_,
                                              "--no-config", "-c", kFish});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    std::vector<Words> answers;
    std::ifstream in(Path("answers"));
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("> ")) {
        answers.emplace_back();
      } else if (!answers.empty()) {
        answers.back().push_back(line);
      }
    }
    EXPECT_EQ(answers.size(), lines.size());
    answers.resize(lines.size());
    for (Words& answer : answers) std::sort(answer.begin(), answer.end());
    return answers;
  }

  TempDir directory_;
  std::string path_;
};

TEST_P(CompletionIn, TheScriptIsWellFormed) {
  const Ended ended = RunProgram({path_, "-n", Path(IsZsh() ? "_envledger" : "script")});
  EXPECT_EQ(ended.status, 0) << ended.err;
}

TEST_P(CompletionIn, EveryCommandAndEveryOptionOfEachIsCompleted) {
  Words lines;
  std::vector<Words> expected;
  for (const Command& command : AllCommands()) {
    const std::string name(command.name);
    lines.push_back("envledger " + name);
    expected.push_back({name.substr(name.find(' ') + 1)});
    lines.push_back("envledger " + name + " --");
    Words& options = expected.emplace_back();
    options.emplace_back("--help");
    for (const OptionSpec& spec : command.options) options.push_back("--" + std::string(spec.name));
    std::sort(options.begin(), options.end());
  }
  const std::vector<Words> answers = Complete(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i % 2 == 1) {
      EXPECT_EQ(answers[i], expected[i]) << lines[i];
    } else {
      // "proof" also begins other words.
      EXPECT_EQ(std::count(answers[i].begin(), answers[i].end(), expected[i][0]), 1) << lines[i];
    }
  }
}

TEST_P(CompletionIn, TheValuesOfAFixedSetAreCompletedAndThoseOfNoneAreNot) {
  const std::vector<std::pair<std::string, Words>> cases = {
      {"envledger query --format j", {"json", "jsonl"}},
      {"envledger query --format=c", {"--format=csv"}},
      {"envledger query --open --order ", {"asc", "desc"}},
      {"envledger query --kind model_d", {"model_deployment"}},
      {"envledger query --stage gr", {"granted"}},
      {"envledger query --stage denied,gr", {"denied,granted"}},
      {"envledger query --relation widened,as", {"widened,as_requested"}},
      {"envledger query --role su", {"subject"}},
      {"envledger account --by tenant,da", {"tenant,day"}},
      {"envledger findings --finding self", {"self_approval"}},
      {"envledger export --format cl", {"cloudevents"}},
      {"envledger export --rows en", {"entries", "envelopes"}},
      {"envledger query --tenant ", {}},
      {"envledger show ", {}},
      {"envledger completion z", {"zsh"}},
      {"envledger help prin", {"principals"}},
      {"envledger key ", {"generate", "rotate", "show"}},
      {"envledger key s", {"show"}},
      {"envledger nonsense ", {}},
  };
  Words lines;
  for (const auto& [line, expected] : cases) lines.push_back(line);
  const std::vector<Words> answers = Complete(lines);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(answers[i], cases[i].second) << lines[i];
}

TEST_P(CompletionIn, FilesAreCompletedWhereFilesBelong) {
  Write("zz-file", "");
  const std::vector<Words> answers = Complete(
      {"envledger append zz", "envledger query --data-dir zz", "envledger query --vkey zz", "envledger proof verify zz",
       "envledger proof verify --entry zz", "envledger show zz", "envledger query --tenant zz"});
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i], i < 5 ? Words{"zz-file"} : Words{}) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shells, CompletionIn, ::testing::Values("zsh", "fish"),
                         [](const auto& shell) { return std::string(shell.param); });

}  // namespace
}  // namespace envledger::cli
