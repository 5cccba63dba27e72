// The script that completes the command line in bash, run by bash. The other shells: completion_scripts_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/cli/fake_ledger.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

class Completion : public ::testing::Test {
 protected:
  std::string Script(const std::string& shell) {
    World world;
    EXPECT_EQ(world.Run({"completion", shell}), 0) << world.err.str();
    const std::string path = directory_.path() + "/script." + shell;
    std::ofstream(path) << world.out.str();
    return path;
  }

  // What bash completes the last of these words to.
  std::vector<std::string> Complete(std::vector<std::string> words) {
    std::string array;
    for (const std::string& word : words) array += " '" + word + "'";
    const Ended ended =
        RunProgram({"bash", "-c",
                    "cd '" + directory_.path() + "' && source '" + Script("bash") + "' && COMP_WORDS=(" + array +
                        ") && COMP_CWORD=" + std::to_string(words.size() - 1) +
                        " && _envledger && printf '%s\\n' \"${COMPREPLY[@]}\""});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    std::vector<std::string> lines;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }

  TempDir directory_;
};

using Words = std::vector<std::string>;

bool Has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST_F(Completion, BashCompletesEveryCommandAndEveryOptionOfEach) {
  for (const Command& command : AllCommands()) {
    const std::string name(command.name);
    const size_t space = name.find(' ');
    Words words = {"envledger", name.substr(0, space)};
    EXPECT_TRUE(Has(Complete(words), words.back())) << name;
    if (space != std::string::npos) {
      words.push_back(name.substr(space + 1));
      EXPECT_TRUE(Has(Complete(words), words.back())) << name;
    }
    words.emplace_back("--");
    const Words options = Complete(words);
    EXPECT_EQ(options.size(), command.options.size() + 1) << name;
    for (const OptionSpec& spec : command.options) EXPECT_TRUE(Has(options, "--" + std::string(spec.name))) << name;
    EXPECT_TRUE(Has(options, "--help")) << name;
  }
}

TEST_F(Completion, BashCompletesTheValuesOfAFixedSet) {
  EXPECT_EQ(Complete({"envledger", "query", "--format", "j"}), (Words{"json", "jsonl"}));
  EXPECT_EQ(Complete({"envledger", "query", "--format", "=", "c"}), (Words{"csv"}));
  EXPECT_EQ(Complete({"envledger", "query", "--order", ""}), (Words{"asc", "desc"}));
  EXPECT_EQ(Complete({"envledger", "query", "--kind", "model_d"}), (Words{"model_deployment"}));
  EXPECT_EQ(Complete({"envledger", "query", "--stage", "denied,gr"}), (Words{"denied,granted"}));
  EXPECT_EQ(Complete({"envledger", "query", "--relation", "widened,as"}), (Words{"widened,as_requested"}));
  EXPECT_EQ(Complete({"envledger", "account", "--by", "tenant,da"}), (Words{"tenant,day"}));
  EXPECT_EQ(Complete({"envledger", "findings", "--finding", "self"}), (Words{"self_approval"}));
  EXPECT_EQ(Complete({"envledger", "export", "--format", "c"}), (Words{"csv", "cloudevents"}));
  EXPECT_EQ(Complete({"envledger", "export", "--rows", "en"}), (Words{"envelopes", "entries"}));
  EXPECT_EQ(Complete({"envledger", "query", "--tenant", ""}), Words{}) << "which tenants there are is not known";
  EXPECT_EQ(Complete({"envledger", "completion", "z"}), (Words{"zsh"}));
  EXPECT_EQ(Complete({"envledger", "help", "prin"}), (Words{"principals"}));
}

TEST_F(Completion, BashCompletesFilesWhereFilesBelong) {
  std::ofstream(directory_.path() + "/a file").close();
  EXPECT_EQ(Complete({"envledger", "append", "a"}), (Words{"a file"}));
  EXPECT_EQ(Complete({"envledger", "query", "--data-dir", "a"}), (Words{"a file"}));
  EXPECT_EQ(Complete({"envledger", "query", "--vkey", "a"}), (Words{"a file"}));
  EXPECT_EQ(Complete({"envledger", "show", "a"}), Words{});
}

TEST_F(Completion, TheBashScriptIsWellFormed) { EXPECT_EQ(RunProgram({"bash", "-n", Script("bash")}).status, 0); }

TEST_F(Completion, OtherShellsAreRefused) {
  World world;
  EXPECT_EQ(world.Run({"completion", "tcsh"}), 2);
  EXPECT_NE(world.err.str().find("bash, zsh and fish"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
