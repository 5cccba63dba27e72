// Checkpoint files in every form that the standards speak of, as an auditor gives them to `verify --checkpoint`: C2SP
// signed-note and tlog-checkpoint say which are good, and what is merely unknown must not be an obstacle.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "ledger/chain/note.h"
#include "ledger/codec/json.h"
#include "ledger/crypto/ed25519.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using nlohmann::json;

class CheckpointFile : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.Start();
    std::string lines;
    for (const Transition& transition : WholeStory("story", "alice")) lines += TransitionJson(transition) + "\n";
    ASSERT_EQ(ledger_.Append(lines).status, 0);
    note_ = ledger_.OnSocket({"checkpoint", "--sign-now"}).out;
    ASSERT_EQ(ledger_.Stop().status, 0);
    ASSERT_NE(note_.find("\n\n"), std::string::npos);
    text_ = note_.substr(0, note_.find("\n\n") + 1);
    key_ = *ParseVerifierKey(ledger_.vkey());
  }

  std::string Signed(const std::string& text) const {
    const auto signing_key = SigningKey::Load(ledger_.key_path());
    EXPECT_TRUE(signing_key.ok());
    return SignNote(text, {{key_, &*signing_key}});
  }
  // Lines of witnesses that nobody here knows, of a signature type of theirs.
  static std::string Unknown(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "\u2014 witness" + std::to_string(i) + ".example AAAAAAAAAA==\n";
    return lines;
  }

  // The exit status and the verdict, or what was said where there was none.
  std::pair<int, std::string> Verify(const std::string& note, const std::string& vkey = {}) const {
    std::ofstream(ledger_.path("kept"), std::ios::binary) << note;
    const Ended verified = ledger_.OnDirectory({"verify", "--format", "json", "--checkpoint", ledger_.path("kept"),
                                                "--vkey", vkey.empty() ? ledger_.vkey() : vkey});
    if (verified.out.empty()) return {verified.status, verified.err};
    return {verified.status, json::parse(verified.out)["verdict"]};
  }
  void ExpectUnreadable(const std::string& note, const std::string& why) const {
    const auto [status, said] = Verify(note);
    EXPECT_EQ(status, 5) << why;
    EXPECT_NE(said.find(why), std::string::npos) << said;
  }

  ServedLedger ledger_;
  std::string note_;
  std::string text_;
  VerifierKey key_;
};

const std::pair<int, std::string> kValid = {0, "VALID"};
const std::pair<int, std::string> kWrongKey = {1, "WRONG_KEY"};

TEST_F(CheckpointFile, AsItWasSignedAnchorsTheLedger) { EXPECT_EQ(Verify(note_), kValid); }

TEST_F(CheckpointFile, WithUnknownSignaturesUpToSixteenIsGood) {
  EXPECT_EQ(Verify(note_ + Unknown(1)), kValid);
  EXPECT_EQ(Verify(note_ + Unknown(15)), kValid);
  EXPECT_EQ(Verify(text_ + "\n" + Unknown(15) + note_.substr(text_.size() + 1)), kValid) << "ours is the last";
  ExpectUnreadable(note_ + Unknown(16), "more than 16 signatures");
}

TEST_F(CheckpointFile, WithExtensionLinesIsGood) {
  EXPECT_EQ(Verify(Signed(text_ + "an extension\nand=another\n")), kValid);
}

TEST_F(CheckpointFile, ByAnotherKeyOrNoneIsNeverAPass) {
  const ServedLedger other;
  EXPECT_EQ(Verify(note_, other.vkey()), kWrongKey);
  EXPECT_EQ(Verify(text_ + "\n" + Unknown(1)), kWrongKey) << "only unknown signatures";
  const Ended missing = ledger_.OnDirectory({"verify", "--checkpoint", ledger_.path("kept")});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("--checkpoint needs --vkey"), std::string::npos);
  ExpectUnreadable(text_, "no blank line");
  ExpectUnreadable(text_ + "\n", "no signature after");
}

TEST_F(CheckpointFile, OfAnotherOriginIsAWrongKey) {
  EXPECT_EQ(Verify(Signed("other.example" + text_.substr(text_.find('\n')))), kWrongKey);
}

TEST_F(CheckpointFile, ThatWasChangedIsTampering) {
  std::string changed = note_;
  const size_t root = text_.find('\n', text_.find('\n') + 1) + 1;
  changed[root] = changed[root] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Verify(changed), std::make_pair(1, std::string("TAMPERED")));
}

TEST_F(CheckpointFile, InAnotherSpellingIsNoCheckpoint) {
  std::string crlf;
  for (const char c : note_) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  ExpectUnreadable(crlf, "line 1: control character 0x0d");
  ExpectUnreadable(note_.substr(0, note_.size() - 1), "does not end in a newline");
  ExpectUnreadable(note_ + "\n", "no signature after");
  const size_t size = text_.find('\n') + 1;
  ExpectUnreadable(Signed(text_.substr(0, size) + "0" + text_.substr(size)), "not a plain decimal number");
  ExpectUnreadable(Signed(text_.substr(0, size) + "+" + text_.substr(size)), "not a plain decimal number");
  ExpectUnreadable(Signed(text_.substr(0, size) + "\n" + text_.substr(size)), "empty line");
}

}  // namespace
}  // namespace envledger
