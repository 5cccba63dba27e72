// Timestamps (RFC 3161): an input is the certificates of an authority in PEM, a zero byte, and its answer in DER. An
// answer that verifies is about the message, and about no other.
#include "ledger/crypto/sha256.h"
#include "ledger/crypto/timestamp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/stamped.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view input = fuzz::View(data, size);
  const size_t zero = input.find('\0');
  const std::string_view ca_pem = input.substr(0, zero);
  const std::string_view response = zero == std::string_view::npos ? "" : input.substr(zero + 1);
  const bool has_certificates = CheckCertificates(ca_pem).ok();
  const Result<Hash> imprint = TimestampImprint(response);
  const Result<Timestamp> timestamp = VerifyTimestamp(response, fuzz::kStamped, ca_pem);
  if (!timestamp.ok()) return 0;
  fuzz::Require(has_certificates, "a timestamp is verified with certificates");
  fuzz::Require(fuzz::RequireOk(imprint, "its imprint can be read") == Sha256(fuzz::kStamped), "it is the message's");
  fuzz::Require(!VerifyTimestamp(response, "another message", ca_pem).ok(), "it is of one message");
  return 0;
}
