// `key show --history`: what the tool says of a ledger's keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/chain/key_history.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "ledger.example/test";

SigningKey KeyOf(char seed) { return *SigningKey::FromSeed(std::string(32, seed)); }
VerifierKey VerifierKeyOf(const SigningKey& key) { return *MakeVerifierKey(kOrigin, key.public_key()); }

class KeyShowHistory : public ::testing::Test {
 protected:
  void SetUp() override {
    EntryBuilder builder;
    EntryHeader header;
    header.recorded_at = kMorning;
    world_.ledger->genesis = *builder.Build(header, Genesis{kOrigin, KeyOf(1).public_key(), kFormatVersion, kMorning});
    world_.ledger->rotations = {Rotated(7, MakeRotation(kOrigin, KeyOf(1), KeyOf(2))),
                                Rotated(9, MakeRotation(kOrigin, KeyOf(2), KeyOf(3)))};
  }
  static std::string Rotated(uint64_t seq, const KeyRotated& rotation) {
    EntryHeader header;
    header.seq = seq;
    header.recorded_at = kMorning + static_cast<Nanos>(seq) * kSecond;
    return std::string(*EntryBuilder().Build(header, rotation));
  }
  static std::string Vkey(char seed) { return FormatVerifierKey(VerifierKeyOf(KeyOf(seed))); }

  World world_;
};

TEST_F(KeyShowHistory, ListsEveryKeyWithTheOneThatVouchesForIt) {
  ASSERT_EQ(world_.Run({"key", "show", "--history", "--format", "json"}), 0) << world_.err.str();
  const json shown = json::parse(world_.out.str());
  EXPECT_EQ(shown["origin"], kOrigin);
  ASSERT_EQ(shown["keys"].size(), 3u);
  EXPECT_EQ(shown["keys"][0]["vkey"], Vkey(1));
  EXPECT_EQ(shown["keys"][0]["seq"], 0);
  EXPECT_TRUE(shown["keys"][0]["vouched_for_by"].is_null());
  EXPECT_EQ(shown["keys"][2]["vkey"], Vkey(3));
  EXPECT_EQ(shown["keys"][2]["seq"], 9);
  EXPECT_EQ(shown["keys"][2]["recorded_at"], "2026-03-17T09:20:09Z");
  EXPECT_EQ(shown["keys"][2]["vouched_for_by"], Vkey(2));
}

TEST_F(KeyShowHistory, PrintsEveryFormat) {
  ASSERT_EQ(world_.Run({"key", "show", "--history"}), 0);
  for (const char seed : {1, 2, 3}) EXPECT_THAT(world_.out.str(), HasSubstr(Vkey(seed)));
  EXPECT_THAT(world_.out.str(), HasSubstr("genesis"));
  World csv;
  csv.ledger = world_.ledger;
  ASSERT_EQ(csv.Run({"key", "show", "--history", "--format", "csv"}), 0);
  EXPECT_THAT(csv.out.str(), HasSubstr(Vkey(2) + ",7,2026-03-17T09:20:07Z," + Vkey(1) + "\r\n"));
  World jsonl;
  jsonl.ledger = world_.ledger;
  ASSERT_EQ(jsonl.Run({"key", "show", "--history", "--format", "jsonl"}), 0);
  EXPECT_EQ(json::parse(jsonl.out.str().substr(0, jsonl.out.str().find('\n')))["vkey"], Vkey(1));
}

TEST_F(KeyShowHistory, AHistoryThatDoesNotHoldFailsVerification) {
  KeyRotated forged = MakeRotation(kOrigin, KeyOf(2), KeyOf(3));
  forged.acceptance.front() = static_cast<char>(forged.acceptance.front() ^ 1);
  world_.ledger->rotations[1] = Rotated(9, forged);
  EXPECT_EQ(world_.Run({"key", "show", "--history"}), 1);
  EXPECT_THAT(world_.err.str(), HasSubstr("entry 9"));
  EXPECT_EQ(world_.out.str(), "");
  World skipped;
  skipped.ledger->genesis = world_.ledger->genesis;
  skipped.ledger->rotations = {Rotated(9, MakeRotation(kOrigin, KeyOf(2), KeyOf(3)))};
  EXPECT_EQ(skipped.Run({"key", "show", "--history"}), 1) << "a rotation was left out";
}

}  // namespace
}  // namespace envledger::cli
