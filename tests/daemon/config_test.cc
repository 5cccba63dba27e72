#include "ledger/daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "ledger/daemon/options.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<DaemonConfig> Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "envledgerd");
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  return ParseDaemonConfig(static_cast<int>(argv.size()), argv.data());
}

std::string Refusal(const std::vector<std::string>& words) {
  const auto config = Parse(words);
  EXPECT_FALSE(config.ok());
  EXPECT_EQ(config.status().code(), Code::kInvalidArgument);
  return config.status().message();
}

class ConfigTest : public ::testing::Test {
 protected:
  // The words that name a file with this text.
  std::vector<std::string> File(const std::string& text) {
    std::ofstream(path_) << text;
    return {"--config", path_};
  }
  TempDir directory_;
  const std::string path_ = directory_.path() + "/conf";
};

TEST_F(ConfigTest, EveryOptionHasItsDefault) {
  const auto config = Parse({});
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->mode, DaemonMode::kServe);
  EXPECT_EQ(config->ledger.data_dir, "/var/lib/envledger");
  EXPECT_EQ(config->append_socket, "/run/envledger/append.sock");
  EXPECT_EQ(config->append_limits.max_connections, 1024u);
  EXPECT_EQ(config->append_limits.idle_timeout, std::chrono::hours(1));
  EXPECT_EQ(config->append_limits.frame_timeout, std::chrono::seconds(10));
  EXPECT_EQ(config->ledger.sequencer.queue_max_bytes, 64u << 20);
  EXPECT_EQ(config->ledger.sealer.clock_tolerance, kSecond);
  EXPECT_FALSE(config->audit.audit_queries);
}

TEST_F(ConfigTest, SettingsThatAnAuditorShouldKnowAreStatedWhereTheyAreNotTheDefaults) {
  std::vector<std::string> words =
      File("audit-queries = on\nmax-envelope-records = 100000\nappend-allow = gid:7\nappend-allow = caf\xE9\n");
  words.insert(words.end(), {"--clock-tolerance-seconds=5", "--max-connections=7"});
  const auto config = Parse(words);
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  std::vector<std::string> stated;
  for (const KeyValue& setting : config->ledger.settings) stated.push_back(setting.key + " " + setting.value);
  EXPECT_THAT(stated, ElementsAre("append-allow gid:7", "append-allow \"caf\\xe9\"", "clock-tolerance-seconds 5",
                                  "audit-queries on"));
  EXPECT_TRUE(Parse({})->ledger.settings.empty());
}

TEST_F(ConfigTest, TheAuditSocketTakesOneSmallRequestOfAConnectionAtATime) {
  const auto config = Parse({"--max-connections=7"});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->audit_limits.max_inflight_requests_per_connection, 1u);
  EXPECT_EQ(config->audit_limits.max_frame_bytes, 128u << 10);
  EXPECT_EQ(config->audit_limits.max_inflight_bytes_per_connection, (128u << 10) + 4);
  EXPECT_EQ(config->audit.max_unread_bytes, config->audit_limits.max_inflight_bytes);
  EXPECT_EQ(config->audit_limits.max_connections, 7u);
}

TEST_F(ConfigTest, TheCommandLineWinsOverTheFile) {
  std::vector<std::string> words = File(
      "data-dir = /from/file\nmax-batch-items = 5\nappend-allow = uid:1\nappend-allow = uid:2\n"
      "audit-allow = uid:3\n");
  words.insert(words.end(), {"--max-batch-items=6", "--audit-allow", "uid:4", "--audit-allow=uid:5"});
  const auto config = Parse(words);
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->ledger.data_dir, "/from/file");
  EXPECT_EQ(config->max_batch_items, 6u);
  EXPECT_THAT(config->append_allow, ElementsAre("uid:1", "uid:2"));
  EXPECT_THAT(config->audit_allow, ElementsAre("uid:4", "uid:5"));
}

TEST_F(ConfigTest, WhatIsGivenTwiceIsRefusedWhateverItIs) {
  for (const DaemonOption& option : DaemonOptions()) {
    SCOPED_TRACE(option.name);
    const std::string value = option.standard.empty() ? "uid:1=x" : option.standard;
    const std::string word = "--" + option.name + (option.placeholder.empty() ? "" : "=" + value);
    const bool taken = option.several;
    const auto on_line = Parse({word, word});
    const bool refused = !on_line.ok() && on_line.status().message() == option.name + " is given twice";
    EXPECT_NE(refused, taken) << on_line.status().ToString();
    if (!option.in_file) continue;
    const std::string setting = option.name + " = " + value + "\n";
    const auto in_file = Parse(File(setting + setting));
    const bool refused_there =
        !in_file.ok() && in_file.status().message() == path_ + ", line 2: " + option.name + " is given twice";
    EXPECT_NE(refused_there, taken) << in_file.status().ToString();
  }
}

TEST_F(ConfigTest, MistakesOfTheFileAreNamedWithTheirLine) {
  EXPECT_EQ(Refusal(File("# x\nmax-conections = 5\n")), path_ + ", line 2: unknown setting \"max-conections\"");
  EXPECT_EQ(Refusal(File("%canonical_option% = 1\n")), path_ + ", line 1: unknown setting \"%canonical_option%\"");
  EXPECT_EQ(Refusal(File("help = 1\n")), path_ + ", line 1: help can be given on the command line only");
  EXPECT_EQ(Refusal(File("config = x\n")), path_ + ", line 1: config can be given on the command line only");
  EXPECT_THAT(Refusal(File("query-workers = 0\n")), HasSubstr(path_ + ", line 1: query-workers is \"0\""));
  EXPECT_THAT(Refusal(File("query-workers = 2\nnonsense\n")), HasSubstr(path_ + ": line 2: \"nonsense\""));
  EXPECT_THAT(Refusal({"--config", directory_.path()}), HasSubstr(directory_.path()));
}

TEST_F(ConfigTest, MistakesOfTheCommandLineAreNamed) {
  EXPECT_EQ(Refusal({"--no-such"}), "unknown option \"--no-such\"");
  EXPECT_EQ(Refusal({"--%canonical_option%=1"}), "unknown option \"--%canonical_option%\"");
  EXPECT_EQ(Refusal({"stray"}), "unexpected argument \"stray\"");
  EXPECT_EQ(Refusal({"--init", "--check"}), "--init and --check cannot be used together");
  EXPECT_EQ(Refusal({"--init"}), "--init needs --origin, the ledger's name");
  EXPECT_THAT(Refusal({"--log-level=loud"}), HasSubstr("\"loud\""));
  EXPECT_THAT(Refusal({"--audit-queries", "perhaps"}), HasSubstr("\"perhaps\""));
  EXPECT_THAT(Refusal({"--checkpoint-copy=/a", "--checkpoint-copy=/a"}), HasSubstr("named twice"));
}

TEST_F(ConfigTest, NumbersKeepTheirBounds) {
  for (const std::string value : {"-1", "0", "257", "1x", "1.5", "99999999999999999999", "0x10", " 1"}) {
    EXPECT_THAT(Refusal({"--query-workers=" + value}), HasSubstr("query-workers")) << value;
  }
  EXPECT_TRUE(Parse({"--query-workers=256"}).ok());
  EXPECT_TRUE(Parse({"--min-free-bytes=0"}).ok());
}

// One validation: what is refused here is all that a server refuses.
TEST_F(ConfigTest, LimitsThatServingRefusesAreRefusedHere) {
  const std::vector<std::string> words = {"--max-frame-bytes=41943040", "--max-inflight-bytes-per-connection=50331648",
                                          "--max-inflight-bytes=67108864"};
  EXPECT_THAT(Refusal(words), HasSubstr("max-inflight-bytes must be at least"));
  EXPECT_THAT(Refusal({"--max-frame-bytes=16777216"}), HasSubstr("max-inflight-bytes-per-connection"));
  EXPECT_THAT(Refusal({"--max-inflight-bytes=1048576"}), HasSubstr("max-inflight-bytes must be"));
  EXPECT_TRUE(Parse({"--max-frame-bytes=65536", "--max-inflight-bytes-per-connection=65540",
                     "--max-inflight-bytes=131080", "--max-connections=1"})
                  .ok())
      << "what is just enough, on both sockets";
}

TEST_F(ConfigTest, RulesForOtherProducersEnvelopesNameTwoProducers) {
  const auto config = Parse({"--cross-producer=runner=gateway", "--cross-producer", "uid:7=*"});
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  ASSERT_EQ(config->ledger.sealer.cross_producer.size(), 2u);
  EXPECT_EQ(config->ledger.sealer.cross_producer[0].mover, "runner");
  EXPECT_EQ(config->ledger.sealer.cross_producer[0].owner, "gateway");
  EXPECT_EQ(config->ledger.sealer.cross_producer[1].mover, "uid:7");
  EXPECT_EQ(config->ledger.sealer.cross_producer[1].owner, "*");
  for (const std::string rule : {"runner", "runner=", "=gateway", "a=b=c", "a=\xff"}) {
    EXPECT_THAT(Refusal({"--cross-producer=" + rule}), HasSubstr("MOVER=OWNER")) << rule;
  }
}

TEST_F(ConfigTest, HelpAndVersionAreAnsweredWhateverElseIsSaid) {
  EXPECT_EQ(Parse({"--help"})->mode, DaemonMode::kHelp);
  EXPECT_EQ(Parse({"--version"})->mode, DaemonMode::kVersion);
  EXPECT_EQ(Parse({"--config", "/nonexistent", "--help"})->mode, DaemonMode::kHelp);
}

}  // namespace
}  // namespace envledger
