// Timestamps of checkpoints (RFC 3161), from the query to verify, with a real ledger and an authority made of the
// openssl program.
#include "ledger/crypto/timestamp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ledger/codec/json.h"
#include "tests/support/daemon.h"
#include "tests/support/timestamp_authority.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const std::string& path, const std::string& contents) { std::ofstream(path, std::ios::binary) << contents; }

// A ledger with checkpoints after one story and after two, closed.
class TimestampsTest : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.Start();
    for (const char* envelope : {"one", "two"}) {
      std::string lines;
      for (const Transition& transition : WholeStory(envelope, "alice")) lines += TransitionJson(transition) + "\n";
      ASSERT_EQ(ledger_.Append(lines).status, 0);
      const Ended note = ledger_.OnSocket({"checkpoint", "--sign-now", "--format", "json"});
      ASSERT_EQ(note.status, 0) << note.err;
      sizes_.push_back(std::to_string(json::parse(note.out)["size"].get<uint64_t>()));
    }
    ASSERT_EQ(ledger_.Stop().status, 0);
  }

  // Asks for a timestamp of the checkpoint of this size, and keeps the answer in a file.
  std::string Stamp(const TimestampAuthority& authority, const std::string& size) {
    const std::string query = ledger_.path("query-" + size);
    const Ended asked = ledger_.OnDirectory({"checkpoint", "--size", size, "--timestamp-request", query});
    EXPECT_EQ(asked.status, 0) << asked.err;
    EXPECT_NE(asked.err.find("the checkpoint of " + size + " entries"), std::string::npos) << asked.err;
    EXPECT_EQ(asked.out, "");
    const std::string answer = ledger_.path("answer-" + std::to_string(answers_++));
    Write(answer, authority.Answer(Contents(query)));
    return answer;
  }
  Ended Attach(const std::string& answer, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"checkpoint", "--attach-timestamp", answer});
    return ledger_.OnDirectory(options);
  }
  std::string Kept(const std::string& name) const { return ledger_.data_dir() + "/timestamps/" + name; }
  std::vector<std::string> KeptNames() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(Kept(""))) names.push_back(file.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::pair<int, json> Verify(std::vector<std::string> options) const {
    options.insert(options.begin(), {"verify", "--format", "json"});
    const Ended verified = ledger_.OnDirectory(options);
    return {verified.status, verified.out.empty() ? json(verified.err) : json::parse(verified.out)};
  }
  std::pair<int, json> VerifyBy(const TimestampAuthority& authority) const {
    return Verify({"--tsa-ca", authority.ca_path(), "--vkey", ledger_.vkey()});
  }

  ServedLedger ledger_;
  std::vector<std::string> sizes_;
  int answers_ = 0;
};

TEST_F(TimestampsTest, AStampedCheckpointAnchorsTheLedger) {
  const TimestampAuthority authority;
  EXPECT_FALSE(Verify({}).second["checks"].contains("timestamp")) << "nothing is said where there are none";
  for (const std::string& size : sizes_) {
    const Ended kept = Attach(Stamp(authority, size), {"--tsa-ca", authority.ca_path()});
    ASSERT_EQ(kept.status, 0) << kept.err;
    EXPECT_NE(kept.err.find("by CN=Test Time Stamping,O=Example at 20"), std::string::npos) << kept.err;
    EXPECT_EQ(Contents(Kept(size + ".checkpoint")), ledger_.OnDirectory({"checkpoint", "--size", size}).out);
  }
  const auto [status, report] = VerifyBy(authority);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(report["verdict"], "VALID") << report.dump(1);
  const std::string said = report["checks"]["timestamp"];
  EXPECT_EQ(said.find("2 of 2 timestamps hold; the latest is of 20"), 0u) << said;
  EXPECT_NE(said.find("by CN=Test Time Stamping,O=Example, serial 1a2d"), std::string::npos) << said;

  const auto [unchecked_status, unchecked] = Verify({"--vkey", ledger_.vkey()});
  EXPECT_EQ(unchecked["verdict"], "UNANCHORED") << "whose word counts was not said";
  EXPECT_EQ(unchecked["checks"]["timestamp"], "2 timestamps, not checked: give the trusted authorities with --tsa-ca");
  EXPECT_EQ(Verify({"--tsa-ca", authority.ca_path()}).second["verdict"], "UNANCHORED") << "without the ledger's key";
}

TEST_F(TimestampsTest, AnotherAuthorityIsAWrongKey) {
  const TimestampAuthority authority;
  const TimestampAuthority stranger(TimestampAuthority::Options{.name = "Stranger"});
  ASSERT_EQ(Attach(Stamp(authority, sizes_[0])).status, 0);
  const Ended refused = Attach(Stamp(authority, sizes_[1]), {"--tsa-ca", stranger.ca_path()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("does not chain to the certificates given"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(Kept(sizes_[1] + ".tsr"))) << "what does not hold is not kept";

  const auto [status, report] = VerifyBy(stranger);
  EXPECT_EQ(status, 1);
  EXPECT_EQ(report["verdict"], "WRONG_KEY") << report.dump(1);
  EXPECT_EQ(report["failures"][0]["check"], "timestamp");
  const auto [both_status, both] =
      Verify({"--tsa-ca", stranger.ca_path(), "--tsa-ca", authority.ca_path(), "--vkey", ledger_.vkey()});
  EXPECT_EQ(both_status, 0) << both.dump(1);
  EXPECT_EQ(both["verdict"], "VALID");
}

TEST_F(TimestampsTest, TwoAuthoritiesOfOneCheckpointAreKeptSideBySide) {
  const TimestampAuthority authority;
  const std::string first = Stamp(authority, sizes_[0]);
  const std::string second = Stamp(authority, sizes_[0]);
  for (const std::string& answer : {first, second, second, first}) ASSERT_EQ(Attach(answer).status, 0);
  const std::vector<std::string> names = KeptNames();
  ASSERT_EQ(names.size(), 3u) << "one note, two answers; the same answer again changes nothing";
  EXPECT_EQ(Contents(Kept(sizes_[0] + ".tsr")), Contents(first));
  const auto [status, report] = VerifyBy(authority);
  EXPECT_EQ(status, 0) << report.dump(1);
  EXPECT_EQ(report["checks"]["timestamp"].get<std::string>().find("2 of 2"), 0u);
}

TEST_F(TimestampsTest, ANoteThatGotASignatureSinceIsKeptAsItWasStamped) {
  const TimestampAuthority authority;
  const std::string plain = Stamp(authority, sizes_[0]);
  ASSERT_EQ(Attach(plain).status, 0);
  const std::string cosigned =
      ledger_.OnDirectory({"checkpoint", "--size", sizes_[0]}).out + "\u2014 witness AAAAAAAA\n";
  Write(ledger_.path("cosigned"), cosigned);
  Write(ledger_.path("answer"), authority.Answer(*MakeTimestampQuery(cosigned)));
  const Ended unknown = Attach(ledger_.path("answer"));
  EXPECT_EQ(unknown.status, 3);
  EXPECT_NE(unknown.err.find("written beside the request with --checkpoint"), std::string::npos) << unknown.err;
  const Ended wrong =
      Attach(ledger_.path("answer"), {"--checkpoint", ledger_.path("query-" + sizes_[0] + ".checkpoint")});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("the timestamp is not of "), std::string::npos) << wrong.err;
  ASSERT_EQ(Attach(ledger_.path("answer"), {"--checkpoint", ledger_.path("cosigned")}).status, 0);
  EXPECT_EQ(KeptNames().size(), 4u);
  const auto [status, report] = VerifyBy(authority);
  EXPECT_EQ(status, 0) << report.dump(1);
  EXPECT_EQ(report["checks"]["timestamp"].get<std::string>().find("2 of 2"), 0u);
}

TEST_F(TimestampsTest, AChangedPairIsTampering) {
  const TimestampAuthority authority;
  ASSERT_EQ(Attach(Stamp(authority, sizes_[0])).status, 0);
  const std::string answer = Contents(Kept(sizes_[0] + ".tsr"));
  const std::string note = Contents(Kept(sizes_[0] + ".checkpoint"));
  const auto expect_tampered = [&](const std::string& what) {
    const auto [status, report] = VerifyBy(authority);
    EXPECT_EQ(status, 1) << what;
    EXPECT_EQ(report["verdict"], "TAMPERED") << what << report.dump(1);
    EXPECT_EQ(report["failures"][0]["check"], "timestamp") << what;
    EXPECT_NE(report["failures"][0]["message"].get<std::string>().find(sizes_[0] + ".tsr"), std::string::npos) << what;
  };
  for (const size_t at : {size_t{8}, answer.size() / 2, answer.size() - 1}) {
    std::string changed = answer;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    Write(Kept(sizes_[0] + ".tsr"), changed);
    expect_tampered("byte " + std::to_string(at));
  }
  Write(Kept(sizes_[0] + ".tsr"), answer);
  Write(Kept(sizes_[0] + ".checkpoint"), "x" + note);
  expect_tampered("the note");
  fs::remove(Kept(sizes_[0] + ".checkpoint"));
  expect_tampered("no note");
  Write(Kept(sizes_[0] + ".checkpoint"), ledger_.OnDirectory({"checkpoint", "--size", sizes_[1]}).out);
  expect_tampered("the note of another checkpoint");
  Write(Kept(sizes_[0] + ".checkpoint"), note);
  EXPECT_EQ(VerifyBy(authority).first, 0);
}

TEST_F(TimestampsTest, AnotherLedgersStampedCheckpointDoesNotAnchorThisOne) {
  const TimestampAuthority authority;
  ServedLedger other;
  other.Start();
  ASSERT_EQ(other.OnSocket({"checkpoint", "--sign-now"}).status, 0);
  ASSERT_EQ(other.Stop().status, 0);
  ASSERT_EQ(other.OnDirectory({"checkpoint", "--timestamp-request", other.path("query")}).status, 0);
  Write(other.path("answer"), authority.Answer(Contents(other.path("query"))));
  EXPECT_EQ(Attach(other.path("answer")).status, 3) << "no checkpoint of this ledger";
  ASSERT_EQ(Attach(other.path("answer"), {"--checkpoint", other.path("query.checkpoint")}).status, 0);
  const auto [status, report] = VerifyBy(authority);
  EXPECT_EQ(status, 1);
  EXPECT_NE(report["verdict"], "VALID");
}

TEST_F(TimestampsTest, ARefusalOrRubbishIsNotKept) {
  const TimestampAuthority picky(TimestampAuthority::Options{.digests = "sha512"});
  const Ended refused = Attach(Stamp(picky, sizes_[0]));
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("the authority did not grant the timestamp"), std::string::npos) << refused.err;
  Write(ledger_.path("rubbish"), "rubbish");
  EXPECT_EQ(Attach(ledger_.path("rubbish")).status, 1);
  EXPECT_EQ(Attach(ledger_.path("none")).status, 5);
  EXPECT_EQ(Attach(ledger_.path("rubbish"), {"--tsa-ca", ledger_.path("rubbish")}).status, 5);
  EXPECT_FALSE(fs::exists(Kept("")));
  EXPECT_EQ(Verify({"--tsa-ca", ledger_.path("rubbish")}).first, 5);
  EXPECT_EQ(Verify({"--tsa-ca", ledger_.path("none")}).first, 5);
}

TEST_F(TimestampsTest, TheyCanBeKeptElsewhereAndCheckedOnASocket) {
  const TimestampAuthority authority;
  const std::string answer = Stamp(authority, sizes_[0]);
  ledger_.Start();
  const std::string directory = ledger_.path("elsewhere");
  ASSERT_EQ(ledger_.OnSocket({"checkpoint", "--attach-timestamp", answer, "--timestamps", directory}).status, 0);
  const Ended verified = ledger_.OnSocket({"verify", "--format", "json", "--tsa-ca", authority.ca_path(),
                                           "--timestamps", directory, "--vkey", ledger_.vkey()});
  EXPECT_EQ(verified.status, 0) << verified.err;
  EXPECT_EQ(json::parse(verified.out)["verdict"], "VALID");
}

}  // namespace
}  // namespace envledger
