// Against an authority of the test's own, made of the openssl program.
#include "ledger/crypto/timestamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "ledger/crypto/sha256.h"
#include "tests/support/process.h"
#include "tests/support/timestamp_authority.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using Options = TimestampAuthority::Options;

constexpr char kMessage[] = "ledger.example\n5\nroot\n\nsignatures\n";

std::string StampOf(const TimestampAuthority& authority, std::string_view message = kMessage) {
  const auto query = MakeTimestampQuery(message);
  EXPECT_TRUE(query.ok()) << query.status().ToString();
  return authority.Answer(*query);
}

// Every byte of a response changed, one at a time, by each of the masks: none may pass.
void ExpectEveryByteCounts(const std::string& response, const std::string& ca_pem, const std::vector<int>& masks) {
  ASSERT_TRUE(VerifyTimestamp(response, kMessage, ca_pem).ok());
  std::string changed = response;
  for (size_t at = 0; at < response.size(); ++at) {
    for (const int mask : masks) {
      changed[at] = static_cast<char>(response[at] ^ mask);
      EXPECT_FALSE(VerifyTimestamp(changed, kMessage, ca_pem).ok()) << "byte " << at << ", mask " << mask;
    }
    changed[at] = response[at];
  }
}

TEST(TimestampTest, AQueryIsOneThatOpensslReads) {
  const TempDir directory;
  const auto query = MakeTimestampQuery(kMessage);
  ASSERT_TRUE(query.ok()) << query.status().ToString();
  std::ofstream(directory.path() + "/query", std::ios::binary) << *query;
  const Ended read = RunProgram({"openssl", "ts", "-query", "-in", directory.path() + "/query", "-text"});
  ASSERT_EQ(read.status, 0) << read.err;
  EXPECT_THAT(read.out, HasSubstr("Version: 1"));
  EXPECT_THAT(read.out, HasSubstr("Hash Algorithm: sha256"));
  EXPECT_THAT(read.out, HasSubstr("Certificate required: yes"));
  EXPECT_THAT(read.out, HasSubstr("Nonce: 0x"));
  EXPECT_THAT(*query, HasSubstr(std::string(View(Sha256(kMessage)))));
  EXPECT_NE(*query, *MakeTimestampQuery(kMessage)) << "the nonce is new each time";
}

TEST(TimestampTest, AnAnswerVerifiesAndSaysWhoAndWhen) {
  for (const std::string key : {"ec", "rsa"}) {
    const TimestampAuthority authority(Options{.key = key});
    const Nanos before = SystemClock().Now() / kSecond * kSecond;
    const std::string response = StampOf(authority);
    EXPECT_EQ(*TimestampImprint(response), Sha256(kMessage));
    const auto timestamp = VerifyTimestamp(response, kMessage, authority.ca_pem());
    ASSERT_TRUE(timestamp.ok()) << timestamp.status().ToString();
    EXPECT_GE(timestamp->time, before);
    EXPECT_LE(timestamp->time, SystemClock().Now());
    EXPECT_EQ(timestamp->authority, "CN=Test Time Stamping,O=Example");
    EXPECT_EQ(timestamp->serial, "1a2c");
  }
}

TEST(TimestampTest, OfAnotherMessageDoesNotHold) {
  const TimestampAuthority authority;
  const auto other = VerifyTimestamp(StampOf(authority), "another message", authority.ca_pem());
  EXPECT_EQ(other.status().code(), Code::kCorruption);
  EXPECT_THAT(other.status().message(), HasSubstr("of another message"));
}

TEST(TimestampTest, ByAnAuthorityThatTheCertificatesDoNotCoverIsNotFound) {
  const TimestampAuthority stranger(Options{.name = "Stranger"});
  for (const bool with_intermediate : {false, true}) {
    const TimestampAuthority authority(Options{.with_intermediate = with_intermediate});
    const std::string response = StampOf(authority);
    const Status status = VerifyTimestamp(response, kMessage, stranger.ca_pem()).status();
    EXPECT_EQ(status.code(), Code::kNotFound);
    EXPECT_THAT(status.message(),
                HasSubstr("CN=Test Time Stamping,O=Example does not chain to the certificates given"));
    EXPECT_TRUE(VerifyTimestamp(response, kMessage, stranger.ca_pem() + authority.ca_pem()).ok()) << "one of several";
    const TimestampAuthority namesake;
    EXPECT_FALSE(VerifyTimestamp(response, kMessage, namesake.ca_pem()).ok()) << "the same names, other keys";
  }
}

TEST(TimestampTest, AnIntermediateMayBeTrustedByItself) {
  const TimestampAuthority authority(Options{.with_intermediate = true});
  EXPECT_TRUE(VerifyTimestamp(StampOf(authority), kMessage, authority.intermediate_pem()).ok());
}

TEST(TimestampTest, ACertificateThatIsNotNeededIsRefused) {
  const TimestampAuthority authority(Options{.with_intermediate = true, .sends_root = true});
  const std::string response = StampOf(authority);
  EXPECT_TRUE(VerifyTimestamp(response, kMessage, authority.ca_pem()).ok());
  const Status status = VerifyTimestamp(response, kMessage, authority.intermediate_pem()).status();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_THAT(status.message(), HasSubstr("contains the certificate of CN=Test Root,O=Example, which is not needed"));
}

TEST(TimestampTest, ACertificateMustHaveBeenValidAtTheTime) {
  const TimestampAuthority expired(Options{.days = -1});
  const Status status = VerifyTimestamp(StampOf(expired), kMessage, expired.ca_pem()).status();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_THAT(status.message(), HasSubstr("expired"));
}

TEST(TimestampTest, ARefusalIsToldWithItsReason) {
  const TimestampAuthority picky(Options{.digests = "sha512"});
  const std::string response = StampOf(picky);
  for (const Status& status :
       {TimestampImprint(response).status(), VerifyTimestamp(response, kMessage, picky.ca_pem()).status()}) {
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("the authority did not grant the timestamp"));
    EXPECT_THAT(status.message(), HasSubstr("Message digest algorithm is not supported"));
  }
}

TEST(TimestampTest, EveryBitOfAnAnswerCounts) {
  const TimestampAuthority authority;
  ExpectEveryByteCounts(StampOf(authority), authority.ca_pem(), {1, 2, 4, 8, 16, 32, 64, 128});
}

TEST(TimestampTest, EveryByteOfAnAnswerWithRsaCounts) {
  const TimestampAuthority authority(Options{.key = "rsa"});
  ExpectEveryByteCounts(StampOf(authority), authority.ca_pem(), {1, 32});
}

TEST(TimestampTest, EveryByteOfAnAnswerWithAllCertificatesCounts) {
  const TimestampAuthority authority(Options{.with_intermediate = true, .sends_root = true});
  ExpectEveryByteCounts(StampOf(authority), authority.ca_pem(), {1, 32});
}

TEST(TimestampTest, WhatIsNoResponseIsRefused) {
  const TimestampAuthority authority;
  const std::string response = StampOf(authority);
  for (const std::string& bytes :
       {std::string(), std::string("x"), response + "x", response.substr(1), response.substr(0, response.size() - 1),
        *MakeTimestampQuery(kMessage), std::string(kMaxTimestampBytes + 1, '0')}) {
    EXPECT_EQ(TimestampImprint(bytes).status().code(), Code::kInvalidArgument) << bytes.size();
    EXPECT_EQ(VerifyTimestamp(bytes, kMessage, authority.ca_pem()).status().code(), Code::kInvalidArgument);
  }
}

TEST(TimestampTest, CertificatesMustBeThereAndWellFormed) {
  const TimestampAuthority authority;
  const std::string response = StampOf(authority);
  std::string broken = authority.ca_pem();
  broken[broken.find('\n') + 10] = '*';
  EXPECT_TRUE(CheckCertificates(authority.ca_pem()).ok());
  EXPECT_TRUE(CheckCertificates("a comment\n" + authority.ca_pem() + authority.ca_pem()).ok());
  for (const std::string& pem : {std::string(), std::string("no certificate"), broken, authority.ca_pem() + broken,
                                 std::string(kMaxCaBytes + 1, '\n')}) {
    EXPECT_EQ(CheckCertificates(pem).code(), Code::kInvalidArgument);
    EXPECT_EQ(VerifyTimestamp(response, kMessage, pem).status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace envledger
