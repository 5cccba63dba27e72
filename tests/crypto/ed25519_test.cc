#include "ledger/crypto/ed25519.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

struct Example {
  std::string seed;
  std::string public_key;
  std::string message;
  std::string signature;
};

// RFC 8032 section 7.1, tests 1 to 3.
const Example kExamples[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "551"
     "41438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00d"
     "291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
     "027"
     "beceea1ec40a"},
};

std::string Unhex(const std::string& text) { return ParseHex(text).value(); }

SigningKey KeyOf(const std::string& seed_hex) {
  Result<SigningKey> key = SigningKey::FromSeed(Unhex(seed_hex));
  EXPECT_TRUE(key.ok()) << key.status().ToString();
  return *std::move(key);
}

TEST(Ed25519Test, SignsTheExamplesOfTheStandardByteForByte) {
  for (const Example& example : kExamples) {
    const SigningKey key = KeyOf(example.seed);
    EXPECT_EQ(Hex(key.public_key()), example.public_key);
    EXPECT_EQ(Hex(key.Sign(Unhex(example.message))), example.signature);
    EXPECT_TRUE(VerifyEd25519(key.public_key(), Unhex(example.message), Unhex(example.signature)));
  }
}

TEST(Ed25519Test, RefusesASignatureWithAnyBitChanged) {
  const SigningKey key = KeyOf(kExamples[0].seed);
  const std::string message = "what was said";
  const std::string signature = key.Sign(message);
  ASSERT_TRUE(VerifyEd25519(key.public_key(), message, signature));
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(VerifyEd25519(key.public_key(), message, changed)) << "bit " << bit;
  }
}

TEST(Ed25519Test, RefusesAnotherMessageAndAnotherKey) {
  const SigningKey key = KeyOf(kExamples[0].seed);
  const std::string signature = key.Sign("what was said");
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "what was Said", signature));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "", signature));
  EXPECT_FALSE(VerifyEd25519(Unhex(kExamples[1].public_key), "what was said", signature));
}

TEST(Ed25519Test, RefusesKeysAndSignaturesOfTheWrongSize) {
  const SigningKey key = KeyOf(kExamples[0].seed);
  const std::string signature = key.Sign("m");
  EXPECT_FALSE(VerifyEd25519(key.public_key().substr(1), "m", signature));
  EXPECT_FALSE(VerifyEd25519(key.public_key() + "x", "m", signature));
  EXPECT_FALSE(VerifyEd25519("", "m", signature));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "m", signature.substr(1)));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "m", signature + "x"));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "m", ""));
}

TEST(Ed25519Test, ASeedHas32Bytes) {
  for (const size_t size : {0, 31, 33, 64}) {
    const Result<SigningKey> key = SigningKey::FromSeed(std::string(size, 's'));
    ASSERT_FALSE(key.ok()) << size;
    EXPECT_EQ(key.status().code(), Code::kInvalidArgument);
  }
}

TEST(Ed25519Test, GeneratedKeysDifferAndSign) {
  const Result<SigningKey> one = SigningKey::Generate();
  const Result<SigningKey> other = SigningKey::Generate();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->public_key(), other->public_key());
  EXPECT_TRUE(VerifyEd25519(one->public_key(), "m", one->Sign("m")));
  EXPECT_FALSE(VerifyEd25519(one->public_key(), "m", other->Sign("m")));
}

TEST(Ed25519Test, AMovedKeySignsAsBefore) {
  SigningKey first = KeyOf(kExamples[1].seed);
  const SigningKey second = std::move(first);
  EXPECT_EQ(Hex(second.public_key()), kExamples[1].public_key);
  EXPECT_EQ(Hex(second.Sign(Unhex(kExamples[1].message))), kExamples[1].signature);
}

TEST(Ed25519Test, ThreadsSignWithOneKeyAtTheSameTime) {
  const SigningKey key = KeyOf(kExamples[2].seed);
  const std::string expected = key.Sign("message");
  std::vector<std::string> signatures(4);
  std::vector<std::thread> threads;
  for (std::string& signature : signatures) {
    threads.emplace_back([&key, &signature] {
      for (int i = 0; i < 50; ++i) signature = key.Sign("message");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& signature : signatures) EXPECT_EQ(signature, expected);
}

}  // namespace
}  // namespace envledger
