// RFC 3161 timestamps through OpenSSL: a third party's signed statement that some bytes existed at some time. Pure
// functions on DER; sending the query to an authority is left to the caller. Thread-safe.
//
// A response is accepted in one encoding only, so that a changed byte is found even where the authority's signature
// does not cover it: strict DER; the status `granted`; one signer; SHA-256, SHA-384 or SHA-512; no unsigned attributes,
// no revocation lists, no certificate that the chain does not need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"

namespace envledger {

inline constexpr size_t kMaxTimestampBytes = 256 * 1024;  // a response with its certificates has about 5000
inline constexpr size_t kMaxCaBytes = 4 * 1024 * 1024;    // of certificates in PEM; a system's whole bundle: 0.2 MiB

// A DER TimeStampReq for `message`: its SHA-256, a random nonce of 64 bits, and a request for the certificates.
// kInternal when OpenSSL fails.
Result<std::string> MakeTimestampQuery(std::string_view message);

// The SHA-256 of the message that a DER TimeStampResp is about; nothing is verified. kInvalidArgument when `response`
// is not one, is longer than kMaxTimestampBytes, is a refusal by the authority (the message gives its reason), or is
// about another kind of hash.
Result<Hash> TimestampImprint(std::string_view response);

struct Timestamp {
  Nanos time = 0;         // genTime: when the authority says that it saw the message
  std::string authority;  // the subject of its certificate, as RFC 4514 writes it
  std::string serial;     // of the timestamp, in lower-case hexadecimal
};

// Verifies that `response` is a timestamp of `message` by an authority whose certificate chains to one of the
// certificates in `ca_pem`, all of which are trusted. Chains are judged at the time of the timestamp, so a timestamp
// stays valid after its certificates have expired. Revocation is not looked up.
//
// kInvalidArgument: `ca_pem` holds no certificate, or `response` is not a timestamp response (TimestampImprint).
// kNotFound: the authority's certificate does not chain to `ca_pem`. kCorruption: the timestamp is of another message,
// its signature does not verify, or it is not in the one encoding above.
Result<Timestamp> VerifyTimestamp(std::string_view response, std::string_view message, std::string_view ca_pem);

// Ok when `ca_pem` holds at least one certificate and nothing in it is malformed; kInvalidArgument otherwise.
Status CheckCertificates(std::string_view ca_pem);

}  // namespace envledger
