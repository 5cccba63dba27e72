#include "ledger/codec/secrets.h"

#include <gmock/gmock.h>

#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

// Assembled from parts, so that no scanner of this source takes them for real ones.
std::string Rep(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text.substr(0, size);
}

const std::vector<std::string>& Secrets() {
  static const std::vector<std::string> secrets = {
      std::string("Bearer ") + "0a1b2c3d4e5f6a7b",
      std::string("authorization: bearer ") + Rep("Ab9_-.~+/", 40) + "==",
      std::string("BEARER:") + Rep("Zx81", 24),
      std::string("eyJ") + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
      std::string("token=eyJ") + "hbGciOiJIUzI1NiJ9." + Rep("abcd", 20) + "." + Rep("efgh", 20) + "&x=1",
      std::string("eyJ") + "hbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.",
      std::string("-----BEGIN ") + "PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw",
      std::string("x -----BEGIN ") + "RSA PRIVATE KEY-----",
      std::string("-----BEGIN ") + "OPENSSH PRIVATE KEY-----",
      std::string("-----BEGIN ") + "PGP PRIVATE KEY BLOCK-----",
      std::string("AKIA") + "IOSFODNN7EXAMPLE",
      std::string("key ASIA") + "IOSFODNN7EXAMPL2, please",
      std::string("ghp_") + Rep("aB3", 36),
      std::string("gho_") + Rep("aB3", 36),
      std::string("ghs_") + Rep("aB3", 40),
      std::string("github_pat_") + Rep("11ABC", 22) + "_" + Rep("xYz9", 59),
      std::string("sk-") + Rep("aB3dE", 48),
      std::string("sk-proj-") + Rep("aB3dE", 48),
      std::string("sk-ant-api03-") + Rep("aB3dE_fGh1-", 90),
      std::string("sk-") + Rep("0123abcd", 32),
      std::string("xoxb-") + "123456789012-123456789012-abcdefABCDEF",
      std::string("xoxp-") + "1234567890-abc",
      std::string("AIza") + Rep("SyD1-_x", 35),
      std::string("glpat-") + Rep("aB3_x", 20),
      std::string("hf_") + Rep("aBcDe", 34),
      std::string("postgres://app:") + "s3cret@db.internal/ledger",
      std::string("see https://user:") + "pa55@example.com?x=1 for more",
      std::string("redis://:") + "hunter2@cache:6379",
  };
  return secrets;
}

const std::vector<std::string> kInnocent = {
    "",
    "sk-learn",
    "sk-learn-pipeline-for-training-large-models-version-2",
    "task-0123456789abcdef0123456789abcdef",
    "disk-aB3dEaB3dEaB3dEaB3dEaB3dE",
    "Bearer of bad news",
    "bearer tokens are refused",
    "Bearer authentication-is-required-here",
    "forbearer 0a1b2c3d4e5f6a7b8c9d",
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJhbGciOiJIUzI1NiJ9.not a token",
    "eyJabc.def.ghi",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "----------------------------------------",
    "AKIA",
    "AKIAIOSFODNN7EXAMPL",
    "AKIAIOSFODNN7EXAMPLEX",
    "BAKIAIOSFODNN7EXAMPLE",
    "AKIAiosfodnn7example",
    "ghp_short",
    "github_pat_short",
    "github_patrol_routes",
    "git://example.com/x",
    "xoxo-love-and-kisses-forever",
    "xoxb-the-bot-of-the-team",
    "AIza",
    "glpat-rotation",
    "glpat-rotation-policy-of-the-team",
    "hf_meta_llama",
    "https://example.com/@user:name",
    "https://example.com:8443/path?next=a:b@c",
    "https://user@example.com/",
    "postgres://app:***@db.internal/ledger",
    "postgres://app:xxxxx@db.internal/ledger",
    "mailto:alice@example.com",
    "spiffe://example.com/ns/ml/sa/runner",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "größe://",
};

TEST(Secrets, KnownFormsAreRecognised) {
  for (const std::string& secret : Secrets()) {
    EXPECT_TRUE(ScanText(secret).maybe_secret) << secret;
    EXPECT_NE(SecretIn(secret), "") << secret;
    EXPECT_NE(SecretIn("prefix " + secret + " suffix"), "") << secret;
  }
}

TEST(Secrets, InnocentTextIsLetAlone) {
  for (const std::string& text : kInnocent) EXPECT_EQ(SecretIn(text), "") << text;
}

TEST(Secrets, OneCharacterLessIsInnocent) {
  for (const std::string& text : {std::string("ghp_") + Rep("aB3", 35), std::string("AIza") + Rep("SyD1-_x", 34),
                                  std::string("glpat-") + Rep("aB3_x", 19), std::string("hf_") + Rep("aBcDe", 29),
                                  std::string("Bearer ") + "0a1b2c3d4e5f6a7"}) {
    EXPECT_EQ(SecretIn(text), "") << text;
  }
}

// The rule for "sk-" as FORMAT.md states it, decided at each place by itself.
bool HasApiKey(std::string_view text) {
  const auto alnum = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (size_t i = 0; i + 3 <= text.size(); ++i) {
    if (text.substr(i, 3) != "sk-" || (i > 0 && alnum(text[i - 1]))) continue;
    size_t size = 0;
    size_t digits = 0;
    size_t upper = 0;
    size_t word = 0;
    bool digit_in_word = false;
    for (const char c : text.substr(i + 3, 160)) {
      if (!alnum(c) && c != '-' && c != '_') break;
      ++size;
      digits += std::isdigit(static_cast<unsigned char>(c)) != 0;
      upper += std::isupper(static_cast<unsigned char>(c)) != 0;
      word = alnum(c) ? word + 1 : 0;
      digit_in_word = word > 0 && (digit_in_word || std::isdigit(static_cast<unsigned char>(c)) != 0);
      if (digit_in_word && word >= 20) return true;
    }
    if (size >= 40 && digits > 0 && (upper > 0 || digits >= 3)) return true;
  }
  return false;
}

TEST(Secrets, LongTextsFullOfPrefixesAreDecidedAsAtEachPlaceByItself) {
  std::mt19937 random(7);
  size_t keys = 0;
  for (int round = 0; round < 600; ++round) {
    // Rare digits and capitals, words of all lengths, and stretches that reach over several blocks of counts.
    std::string text;
    const size_t size = round % 3 == 0 ? 9000 : 700;
    const unsigned rare = 20u << (random() % 8);
    while (text.size() < size) {
      const unsigned what = random() % rare;
      if (what == 0) text += static_cast<char>('0' + random() % 10);
      if (what == 1) text += 'Q';
      if (what == 2) text += ' ';
      if (what == 3) text += std::string(random() % 25, 'w');
      text += random() % 2 == 0 ? "sk-" : "-";
    }
    const bool expected = HasApiKey(text);
    keys += expected;
    EXPECT_EQ(SecretIn(text), expected ? "an API key" : "") << text;
  }
  EXPECT_GT(keys, 100u);
  EXPECT_LT(keys, 500u);
}

TEST(Secrets, ARefusalNamesTheFieldAndNeverTheValue) {
  for (const std::string& secret : Secrets()) {
    Transition transition = FullTransition(Stage::kRequested);
    transition.scope->hints[1].value = secret;
    const Status status = EncodeTransition(transition).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_EQ(status.rule(), "scope.hints[1].value");
    EXPECT_THAT(status.message(), testing::StartsWith("no-secrets: "));
    EXPECT_THAT(status.message(), testing::Not(testing::HasSubstr(secret.substr(0, 12))));
  }
}

TEST(Secrets, EveryStringIsLookedAt) {
  const std::string secret = Secrets().front();
  const std::vector<std::pair<std::string, std::string Transition::*>> top = {{"reason", &Transition::reason}};
  for (const auto& [field, member] : top) {
    Transition transition = LeastTransition(Stage::kLost);
    transition.*member = secret;
    EXPECT_EQ(EncodeTransition(transition).status().rule(), field);
  }
  Transition transition = FullTransition(Stage::kRequested);
  transition.identity->roles[0] = secret;
  EXPECT_EQ(EncodeTransition(transition).status().rule(), "identity.roles[0]");
  transition = FullTransition(Stage::kRequested);
  transition.scope->hints[0].key = secret;
  EXPECT_EQ(EncodeTransition(transition).status().rule(), "scope.hints[0].key");
  transition = FullTransition(Stage::kRequested);
  transition.identity->source->user_agent = secret;
  EXPECT_EQ(EncodeTransition(transition).status().rule(), "identity.source.user_agent");
}

// Each of these begins a form at nearly every position; a search that starts over each time would take minutes.
TEST(Secrets, NoTextMakesTheSearchQuadratic) {
  for (const char* unit : {"eyJ", "eyJ.", "eyJaaaaaaaaaaaa..", "bearer ", "bearer=", "://", "://a:", "github_pat_",
                           "sk-", "-----BEGIN "}) {
    EXPECT_EQ(SecretIn(Rep(unit, 1 << 20)), "") << unit;
  }
}

TEST(ScanText, TellsWhatItSaw) {
  EXPECT_TRUE(ScanText("plain").ascii);
  EXPECT_FALSE(ScanText("größe").ascii);
  EXPECT_FALSE(ScanText("plain").has_nul);
  EXPECT_TRUE(ScanText(std::string_view("a\0", 2)).has_nul);
  EXPECT_FALSE(ScanText("plain").maybe_secret);
}

}  // namespace
}  // namespace envledger
