// --prove and --vkey: what a command says of a proof, and how it ends.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/support/memory_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

class ProveArgument : public testing::Test {
 protected:
  void SetUp() override {
    world_.context.open_ledger = [this](const LedgerSource&) -> Result<std::unique_ptr<LedgerReader>> {
      return Lend(memory_);
    };
  }
  int Show(const std::string& format) {
    return world_.Run({"show", "env-0", "--prove", "--vkey", FormatVerifierKey(TestVerifierKey()), "--format", format});
  }
  bool Said(const std::string& words) const { return world_.err.str().find(words) != std::string::npos; }

  std::shared_ptr<MemoryLedger> memory_ = std::make_shared<MemoryLedger>(9);
  World world_;
};

TEST_F(ProveArgument, WhatIsProvenStandsInEveryFormat) {
  ASSERT_EQ(Show("json"), 0) << world_.err.str();
  const json proven = json::parse(world_.out.str())["completeness"]["proven"];
  EXPECT_EQ(proven["holds"], true);
  EXPECT_EQ(proven["entries"], 4);
  world_.out.str("");
  ASSERT_EQ(Show("table"), 0);
  EXPECT_NE(world_.out.str().find("Proven: 4 entries of 1 envelope"), std::string::npos) << world_.out.str();
  ASSERT_EQ(Show("csv"), 0);
  EXPECT_TRUE(Said("Proven: 4 entries of 1 envelope")) << world_.err.str();
}

TEST_F(ProveArgument, WhatDoesNotHoldIsNamedAndExitsOne) {
  memory_->SignAll(9);
  EXPECT_EQ(Show("json"), 1);
  EXPECT_TRUE(Said("the answer does not hold: the checkpoint is not signed by")) << world_.err.str();
  EXPECT_EQ(json::parse(world_.out.str())["completeness"]["proven"]["holds"], false);
}

TEST_F(ProveArgument, NeedsAKeyAndALedger) {
  const std::string vkey = FormatVerifierKey(TestVerifierKey());
  EXPECT_EQ(world_.Run({"query", "--prove"}), 2);
  EXPECT_EQ(world_.Run({"query", "--vkey", vkey}), 2);
  EXPECT_EQ(world_.Run({"show", "env-1", "--prove", "--vkey", vkey, "--tiles", "somewhere"}), 2);
  EXPECT_EQ(world_.Run({"query", "--prove", "--vkey", "/nowhere/at/all"}), 5);
}

}  // namespace
}  // namespace envledger::cli
