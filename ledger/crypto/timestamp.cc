// OpenSSL verifies what the authority signed: the imprint, the time, and that the certificate is for timestamps. But a
// response also has bytes that nobody signed (version numbers, the status, parameters of algorithms, further
// certificates), and OpenSSL parses them leniently: a stored response would still pass after they were changed. So they
// are pinned here first: the DER must re-encode to the same bytes, and each field outside the signature has exactly
// one accepted value.
//
// The chain of certificates is built here as well as inside OpenSSL's verification, because only the chain tells which
// certificates of the response are needed, and why there is no chain to the given authority.
#include "ledger/crypto/timestamp.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>

#include "ledger/crypto/openssl.h"
#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

using openssl::Bytes;
using openssl::ErrorScope;
using openssl::NoPassphrase;
using openssl::Owned;

std::string_view BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text))};
}

Owned<BIO> Memory(std::string_view bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Status OutOfMemory() { return Internal("OpenSSL cannot allocate memory for a timestamp"); }
Status NoResponse(const std::string& why) { return InvalidArgument("not a timestamp response: " + why); }
Status Refuse(const std::string& why) { return Corruption("the timestamp does not verify: " + why); }

// The authority's reason for refusing a timestamp.
std::string RefusalOf(TS_RESP* response) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || TS_STATUS_INFO_print_bio(out.get(), TS_RESP_get_status_info(response)) != 1) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  std::string words(text, static_cast<size_t>(size));
  std::replace(words.begin(), words.end(), '\n', ' ');
  words.erase(words.find_last_not_of(' ') + 1);
  return words;
}

// A response in DER, granted, with a token.
Result<Owned<TS_RESP>> ParseResponse(std::string_view bytes) {
  if (bytes.size() > kMaxTimestampBytes) {
    return NoResponse("longer than " + std::to_string(kMaxTimestampBytes) + " bytes");
  }
  const unsigned char* at = Bytes(bytes);
  Owned<TS_RESP> response(d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  if (response == nullptr) return NoResponse("it is not the DER of a TimeStampResp (RFC 3161)");
  if (at != Bytes(bytes) + bytes.size()) return NoResponse("something follows it");
  unsigned char* again = nullptr;
  const int size = i2d_TS_RESP(response.get(), &again);
  const bool same = size >= 0 && std::string_view(reinterpret_cast<char*>(again), static_cast<size_t>(size)) == bytes;
  OPENSSL_free(again);
  if (!same) return NoResponse("it is not in DER, the one encoding that RFC 3161 allows");
  const TS_STATUS_INFO* status = TS_RESP_get_status_info(response.get());
  if (ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) != TS_STATUS_GRANTED) {
    return InvalidArgument("the authority did not grant the timestamp as asked: " + RefusalOf(response.get()));
  }
  if (TS_STATUS_INFO_get0_text(status) != nullptr || TS_STATUS_INFO_get0_failure_info(status) != nullptr) {
    return NoResponse("it gives reasons for a refusal, but its status is granted");
  }
  if (TS_RESP_get_token(response.get()) == nullptr || TS_RESP_get_tst_info(response.get()) == nullptr) {
    return NoResponse("it holds no timestamp token");
  }
  return response;
}

Result<Hash> ImprintOf(TS_RESP* response) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(TS_RESP_get_tst_info(response));
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  const auto hash = HashFrom(BytesOf(TS_MSG_IMPRINT_get_msg(imprint)));
  if (OBJ_obj2nid(algorithm) != NID_sha256 || !hash) return NoResponse("it is not for a SHA-256 hash");
  return *hash;
}

// "20260317093000.25Z", the form of RFC 3161.
Result<Nanos> TimeOf(TS_RESP* response) {
  const std::string text(BytesOf(TS_TST_INFO_get_time(TS_RESP_get_tst_info(response))));
  if (text.size() < 15 || text.back() != 'Z') return Refuse("its time is malformed");
  auto time = ParseTime(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) + "T" +
                        text.substr(8, 2) + ":" + text.substr(10, 2) + ":" + text.substr(12));
  if (!time.ok()) return Refuse("its time: " + time.status().message());
  return time;
}

std::string NameOf(X509* certificate) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  // Leaves UTF-8 as it is; control characters are still escaped.
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (out == nullptr || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, flags) < 0) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

Result<std::string> SerialOf(TS_RESP* response) {
  const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(TS_RESP_get_tst_info(response)), nullptr));
  char* digits = number == nullptr ? nullptr : BN_bn2hex(number.get());
  if (digits == nullptr) return OutOfMemory();
  std::string text(digits);
  OPENSSL_free(digits);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// The certificates of a PEM text. Each is trusted, even if it is not a root.
Result<Owned<X509_STORE>> StoreOf(std::string_view ca_pem) {
  if (ca_pem.size() > kMaxCaBytes) {
    return InvalidArgument("more than " + std::to_string(kMaxCaBytes) + " bytes of certificates");
  }
  Owned<X509_STORE> store(X509_STORE_new());
  const Owned<BIO> bio = Memory(ca_pem);
  if (store == nullptr || bio == nullptr) return OutOfMemory();
  size_t count = 0;
  for (;;) {
    const Owned<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (certificate == nullptr) break;
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return OutOfMemory();
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return InvalidArgument("certificate " + std::to_string(count + 1) + " in the PEM is malformed");
  if (count == 0) return InvalidArgument("no certificate in PEM found");
  if (X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1) return OutOfMemory();
  return store;
}

// Whether the algorithm is one of the accepted SHA-2 digests, with parameters that are absent or NULL.
bool IsPlainDigest(const X509_ALGOR* algorithm, int* digest) {
  const ASN1_OBJECT* object = nullptr;
  int parameter = V_ASN1_UNDEF;
  X509_ALGOR_get0(&object, &parameter, nullptr, algorithm);
  *digest = OBJ_obj2nid(object);
  const bool known = *digest == NID_sha256 || *digest == NID_sha384 || *digest == NID_sha512;
  return known && (parameter == V_ASN1_UNDEF || parameter == V_ASN1_NULL);
}

// Whether the signature's algorithm is that of the signer's key, with the digest that the token names.
bool IsSignatureOf(const X509_ALGOR* algorithm, int digest, X509* signer) {
  const ASN1_OBJECT* object = nullptr;
  int parameter = V_ASN1_UNDEF;
  X509_ALGOR_get0(&object, &parameter, nullptr, algorithm);
  if (parameter != V_ASN1_UNDEF && parameter != V_ASN1_NULL) return false;
  const int name = OBJ_obj2nid(object);
  const EVP_PKEY* public_key = X509_get0_pubkey(signer);
  if (public_key == nullptr) return false;  // a kind of key that OpenSSL does not know
  const int key = EVP_PKEY_get_base_id(public_key);
  int named_digest = NID_undef;
  int named_key = NID_undef;
  if (OBJ_find_sigid_algs(name, &named_digest, &named_key) == 1) return named_digest == digest && named_key == key;
  return name == key;  // plain rsaEncryption, which names no digest
}

std::string_view DerOf(X509_NAME* name) {
  const unsigned char* der = nullptr;
  size_t size = 0;
  if (X509_NAME_get0_der(name, &der, &size) != 1) return {};
  return {reinterpret_cast<const char*>(der), size};
}

// The fields of the token that no signature covers.
Status CheckEnvelope(const PKCS7* token, X509* signer) {
  if (!PKCS7_type_is_signed(token)) return Refuse("it is not signed data");
  const PKCS7_SIGNED* data = token->d.sign;
  const PKCS7_SIGNER_INFO* info = sk_PKCS7_SIGNER_INFO_value(data->signer_info, 0);
  int listed = NID_undef;
  int used = NID_undef;
  const bool digests = sk_X509_ALGOR_num(data->md_algs) == 1 &&
                       IsPlainDigest(sk_X509_ALGOR_value(data->md_algs, 0), &listed) &&
                       IsPlainDigest(info->digest_alg, &used) && listed == used;
  if (!digests) return Refuse("it does not name exactly one digest of SHA-256, SHA-384 and SHA-512");
  if (!IsSignatureOf(info->digest_enc_alg, used, signer)) {
    return Refuse("its signature's algorithm is not that of the authority's key");
  }
  if (ASN1_INTEGER_get(data->version) != 3 || ASN1_INTEGER_get(info->version) != 1) {
    return Refuse("its version numbers are not those of RFC 3161");
  }
  // OpenSSL finds the certificate by a comparison that ignores case.
  if (DerOf(info->issuer_and_serial->issuer) != DerOf(X509_get_issuer_name(signer))) {
    return Refuse("it spells the issuer of its certificate differently from the certificate itself");
  }
  if (info->unauth_attr != nullptr) return Refuse("it has unsigned attributes");
  if (data->crl != nullptr) return Refuse("it contains revocation lists");
  return Ok();
}

// Builds the chain from the signer to a trusted certificate, judged at the time set in `store`, and refuses any other
// certificate in the response.
Status CheckChain(X509_STORE* store, X509* signer, STACK_OF(X509) * brought) {
  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (context == nullptr || X509_STORE_CTX_init(context.get(), store, signer, brought) != 1 ||
      X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_TIMESTAMP_SIGN) != 1) {
    return OutOfMemory();
  }
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    const std::string why = X509_verify_cert_error_string(error);
    switch (error) {
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return NotFound("the authority " + NameOf(signer) + " does not chain to the certificates given: " + why);
      default:
        return Refuse("the certificate of its authority " + NameOf(signer) + ": " + why);
    }
  }
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(brought); ++i) {
    bool used = false;
    for (int j = 0; j < sk_X509_num(chain); ++j) {
      used = used || X509_cmp(sk_X509_value(brought, i), sk_X509_value(chain, j)) == 0;
    }
    if (!used) {
      return Refuse("it contains the certificate of " + NameOf(sk_X509_value(brought, i)) +
                    ", which is not needed to reach the certificates given");
    }
  }
  return Ok();
}

// Verifies what the authority signed. The caller has compared the imprint with the message.
Status CheckSignature(TS_RESP* response, Owned<X509_STORE> store) {
  const Owned<TS_VERIFY_CTX> context(TS_VERIFY_CTX_new());
  if (context == nullptr) return OutOfMemory();
  TS_VERIFY_CTX_set_flags(context.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE);
  TS_VERIFY_CTX_set_store(context.get(), store.release());  // takes ownership
  if (TS_RESP_verify_response(context.get(), response) == 1) return Ok();
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return Refuse(reason == nullptr ? "OpenSSL gives no reason" : reason);
}

}  // namespace

Result<std::string> MakeTimestampQuery(std::string_view message) {
  const ErrorScope errors;
  const Owned<TS_REQ> request(TS_REQ_new());
  const Owned<TS_MSG_IMPRINT> imprint(TS_MSG_IMPRINT_new());
  const Owned<X509_ALGOR> algorithm(X509_ALGOR_new());
  const Owned<ASN1_INTEGER> nonce(ASN1_INTEGER_new());
  if (request == nullptr || imprint == nullptr || algorithm == nullptr || nonce == nullptr) return OutOfMemory();
  uint64_t random = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) != 1) {
    return Internal("OpenSSL has no random bytes for a nonce");
  }
  Hash hash = Sha256(message);
  const bool made = X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
                    TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
                    TS_MSG_IMPRINT_set_msg(imprint.get(), hash.data(), static_cast<int>(hash.size())) == 1 &&
                    ASN1_INTEGER_set_uint64(nonce.get(), random) == 1 && TS_REQ_set_version(request.get(), 1) == 1 &&
                    TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
                    TS_REQ_set_nonce(request.get(), nonce.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1;
  unsigned char* der = nullptr;
  const int size = made ? i2d_TS_REQ(request.get(), &der) : -1;
  if (size < 0) return OutOfMemory();
  std::string query(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return query;
}

Result<Hash> TimestampImprint(std::string_view response) {
  const ErrorScope errors;
  ENVLEDGER_ASSIGN_OR_RETURN(const Owned<TS_RESP> parsed, ParseResponse(response));
  return ImprintOf(parsed.get());
}

Status CheckCertificates(std::string_view ca_pem) {
  const ErrorScope errors;
  return StoreOf(ca_pem).status();
}

Result<Timestamp> VerifyTimestamp(std::string_view response, std::string_view message, std::string_view ca_pem) {
  const ErrorScope errors;
  ENVLEDGER_ASSIGN_OR_RETURN(Owned<X509_STORE> store, StoreOf(ca_pem));
  ENVLEDGER_ASSIGN_OR_RETURN(const Owned<TS_RESP> parsed, ParseResponse(response));
  ENVLEDGER_ASSIGN_OR_RETURN(const Hash imprint, ImprintOf(parsed.get()));
  if (imprint != Sha256(message)) return Refuse("it is of another message");
  Timestamp timestamp;
  ENVLEDGER_ASSIGN_OR_RETURN(timestamp.time, TimeOf(parsed.get()));
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), static_cast<time_t>(timestamp.time / kSecond));

  PKCS7* token = TS_RESP_get_token(parsed.get());
  if (!PKCS7_type_is_signed(token) || sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(token)) != 1) {
    return Refuse("it does not have exactly one signer");
  }
  const Owned<STACK_OF(X509)> signers(PKCS7_get0_signers(token, nullptr, 0));
  if (signers == nullptr || sk_X509_num(signers.get()) != 1) {
    return Refuse("it does not contain the certificate of its authority");
  }
  X509* signer = sk_X509_value(signers.get(), 0);
  ENVLEDGER_RETURN_IF_ERROR(CheckEnvelope(token, signer));
  ENVLEDGER_RETURN_IF_ERROR(CheckChain(store.get(), signer, token->d.sign->cert));
  ENVLEDGER_RETURN_IF_ERROR(CheckSignature(parsed.get(), std::move(store)));
  timestamp.authority = NameOf(signer);
  ENVLEDGER_ASSIGN_OR_RETURN(timestamp.serial, SerialOf(parsed.get()));
  return timestamp;
}

}  // namespace envledger
