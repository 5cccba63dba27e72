// What `proof` and `proof verify` are tested on: a ledger in memory with a real tree.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/files/file.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {

// Five entries: env-1 has 0, 1 and 2; env-2 has 3; env-3 has 4. Checkpoints of 3 and of 5 entries.
class ProofWorld : public testing::Test {
 protected:
  void SetUp() override {
    FakeLedger& ledger = *world_.ledger;
    ledger.Append(Requested("env-1", User("alice")));
    ledger.Append(GrantedGpus("env-1", "4"));
    ledger.Append(Completed("env-1"));
    ledger.Sign();
    ledger.Append(Requested("env-2", User("bob"), kMorning + 60 * kSecond));
    ledger.Append(Requested("7", User("carol"), kMorning + 120 * kSecond));
    ledger.Sign();
  }

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& contents) const {
    std::ofstream(Path(name), std::ios::binary) << contents;
  }
  static std::string Contents(const std::string& path) { return *ReadFile(path, 1 << 20); }

  // The exit status; out and err are those of this run.
  int Run(const std::vector<std::string>& words) {
    world_.out.str("");
    world_.err.str("");
    return world_.Run(words);
  }
  std::string out() const { return world_.out.str(); }
  std::string err() const { return world_.err.str(); }
  bool ErrHas(const std::string& text) const { return err().find(text) != std::string::npos; }

  // Writes proof and entry of `seq`, and checks them.
  int Verify(const std::string& proof, const std::string& entry, const std::vector<std::string>& options = {}) {
    Write("proof", proof);
    Write("entry", entry);
    std::vector<std::string> words = {
        "proof", "verify", Path("proof"), "--entry", Path("entry"), "--vkey", FormatVerifierKey(FakeLedger::key())};
    words.insert(words.end(), options.begin(), options.end());
    return Run(words);
  }
  std::string ProofOf(uint64_t seq) {
    EXPECT_EQ(Run({"proof", std::to_string(seq)}), 0) << err();
    return out();
  }
  const std::string& entry(uint64_t seq) const { return world_.ledger->log[seq]; }

  TempDir directory_;
  World world_;
};

}  // namespace envledger::cli
