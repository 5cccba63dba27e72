// What an outsider does with proofs: the commands of the README's section "Check it without us", taken from there word
// by word, on a real daemon; and the same files after somebody changed them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ledger/chain/note.h"
#include "ledger/codec/json.h"
#include "tests/support/daemon.h"
#include "tests/support/paths.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using nlohmann::json;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The indented blocks of a section of the README; blank lines within a block belong to it.
std::vector<std::string> CommandsOf(const std::string& section) {
  std::ifstream readme(ENVLEDGER_SOURCE_DIR "/README.md");
  std::vector<std::string> blocks;
  bool inside = false;
  bool in_block = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) inside = line == "## " + section;
    if (!inside) continue;
    if (line.starts_with("    ")) {
      if (!in_block) blocks.emplace_back();
      in_block = true;
      blocks.back() += line.substr(4) + "\n";
    } else if (line.empty() && in_block) {
      blocks.back() += "\n";
    } else {
      in_block = false;
    }
  }
  return blocks;
}

class OutsideTest : public testing::Test {
 protected:
  void SetUp() override {
    blocks_ = CommandsOf("Check it without us");
    ASSERT_EQ(blocks_.size(), 3u) << "asking, checking with the tool, checking without it";
    ledger_.Start();
    Append("env-deploy-0001");
    Append("env-deploy-0002");
    std::filesystem::create_directory(ledger_.path("auditor"));
    std::ofstream(File("ledger.vkey")) << ledger_.vkey() << '\n';
  }

  void Append(const std::string& envelope) {
    std::string lines;
    for (const Transition& transition : WholeStory(envelope, "alice")) lines += TransitionJson(transition) + "\n";
    const Ended appended = ledger_.Append(lines);
    ASSERT_EQ(appended.status, 0) << appended.err;
  }

  std::string File(const std::string& name) const { return ledger_.path("auditor/" + name); }

  // As somebody who types the lines into a shell.
  Ended Shell(const std::string& commands) const {
    std::ofstream(ledger_.path("commands")) << commands;
    const std::string tools = std::filesystem::path(ToolPath()).parent_path();
    return RunProgram({"/usr/bin/env", "-C", ledger_.path("auditor"), "PATH=" + tools + ":/usr/bin:/bin",
                       "ENVLEDGER_AUDIT_SOCKET=" + ledger_.audit_socket(), "bash", ledger_.path("commands")});
  }

  // Whether the commands without our programs say that signature and entry hold.
  std::pair<bool, bool> WithoutUs() const {
    const Ended run = Shell(blocks_[2]);
    return {run.out.find("Signature Verified Successfully") != std::string::npos,
            run.out.find("the entry is in the ledger") != std::string::npos};
  }

  ServedLedger ledger_;
  std::vector<std::string> blocks_;
};

TEST_F(OutsideTest, TheReadmesCommandsCheckAProofWithAndWithoutTheTool) {
  const Ended asked = Shell("set -e\n" + blocks_[0]);
  ASSERT_EQ(asked.status, 0) << asked.err;
  const Ended with_tool = Shell("set -e\n" + blocks_[1]);
  EXPECT_EQ(with_tool.status, 0) << with_tool.err;
  EXPECT_NE(with_tool.out.find("env-deploy-0002"), std::string::npos) << with_tool.out;
  EXPECT_EQ(WithoutUs(), std::make_pair(true, true)) << Shell(blocks_[2]).err;
}

TEST_F(OutsideTest, TheReadmesCommandsCheckAnyEntryOfAnyTree) {
  // Trees of several sizes, so that right edges of several shapes are walked.
  ASSERT_EQ(Shell("set -e\n" + blocks_[0]).status, 0);
  for (int i = 3; i < 6; ++i) {
    Append("env-deploy-000" + std::to_string(i));
    ASSERT_EQ(ledger_.OnSocket({"checkpoint", "--sign-now"}).status, 0);
    for (const std::string seq : {"0", "1", "6", "7", "8", "12", "13"}) {
      const Ended proof =
          ledger_.OnSocket({"proof", seq, "--output", File("env.tlog-proof"), "--entry", File("env.entry")});
      ASSERT_EQ(proof.status, 0) << proof.err;
      EXPECT_EQ(WithoutUs(), std::make_pair(true, true)) << "entry " << seq << ", " << i << " envelopes";
    }
  }
}

TEST_F(OutsideTest, WhatWasChangedIsFoundWithoutTheToolToo) {
  ASSERT_EQ(Shell("set -e\n" + blocks_[0]).status, 0);
  const std::string entry = Contents(File("env.entry"));
  std::string changed = entry;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  std::ofstream(File("env.entry"), std::ios::binary) << changed;
  EXPECT_EQ(WithoutUs(), std::make_pair(true, false)) << "another entry under a good signature";
  EXPECT_NE(Shell("set -e\n" + blocks_[1]).status, 0);

  std::ofstream(File("env.entry"), std::ios::binary) << entry;
  std::string proof = Contents(File("env.tlog-proof"));
  const size_t index = proof.find("index ") + 6;
  proof[index] = proof[index] == '1' ? '2' : '1';
  std::ofstream(File("env.tlog-proof"), std::ios::binary) << proof;
  EXPECT_EQ(WithoutUs(), std::make_pair(true, false)) << "another place";

  proof = Contents(File("env.tlog-proof"));
  const size_t size = proof.find('\n', proof.find("\n\n") + 2) + 1;
  proof[size] = static_cast<char>(proof[size] + 1);
  std::ofstream(File("env.tlog-proof"), std::ios::binary) << proof;
  EXPECT_FALSE(WithoutUs().first) << "another size than was signed";
}

TEST_F(OutsideTest, AnotherLedgersKeyIsNotTheSigner) {
  ASSERT_EQ(Shell("set -e\n" + blocks_[0]).status, 0);
  const ServedLedger other;
  std::ofstream(File("ledger.vkey")) << other.vkey() << '\n';
  EXPECT_FALSE(WithoutUs().first);
  EXPECT_EQ(Shell("set -e\n" + blocks_[1]).status, 1);
}

TEST_F(OutsideTest, AProofIsMadeFromTheClosedDirectoryAsFromTheDaemon) {
  ASSERT_EQ(Shell("set -e\n" + blocks_[0]).status, 0);
  const Ended online = ledger_.OnSocket({"proof", "env-deploy-0001", "--all", "--output", File("online")});
  ASSERT_EQ(online.status, 0) << online.err;
  const Ended growth = ledger_.OnSocket({"proof", "--consistency", "1", "--format", "json"});
  ASSERT_EQ(growth.status, 0) << growth.err;
  const uint64_t size = json::parse(growth.out)["new_size"];
  ASSERT_EQ(ledger_.Stop().status, 0);

  const Ended offline = ledger_.OnDirectory(
      {"proof", "env-deploy-0001", "--all", "--output", File("offline"), "--tree-size", std::to_string(size)});
  ASSERT_EQ(offline.status, 0) << offline.err;
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(File("online"))) {
    EXPECT_EQ(Contents(file.path()), Contents(File("offline/" + file.path().filename().string()))) << file.path();
    ++files;
  }
  EXPECT_EQ(files, 8u) << "an entry and a proof for each of four records";
  const Ended offline_growth =
      ledger_.OnDirectory({"proof", "--consistency", "1", std::to_string(size), "--format", "json"});
  EXPECT_EQ(offline_growth.out, growth.out) << offline_growth.err;
}

}  // namespace
}  // namespace envledger
