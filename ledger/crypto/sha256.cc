// For short inputs most of the time is spent not in the compression function but around it: for every call, EVP_Digest
// of OpenSSL 3 looks the algorithm up by name in the provider's tables and allocates a context. Here the lookup happens
// once per process and the allocation once per thread; an init on a context that already holds the same algorithm only
// resets its chaining state.
#include "ledger/crypto/sha256.h"

#include <openssl/evp.h>

#include "ledger/crypto/openssl.h"

namespace envledger {
namespace {

using openssl::Die;
using Context = openssl::Owned<EVP_MD_CTX>;

const EVP_MD* FetchAlgorithm() {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (algorithm == nullptr) Die("OpenSSL offers no SHA-256: is its default provider loaded?");
  return algorithm;
}

Context NewContext() {
  Context context(EVP_MD_CTX_new());
  if (context == nullptr) Die("OpenSSL cannot allocate a digest context: out of memory");
  return context;
}

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> parts) {
  // Never freed: threads may still hash while the process exits and destroys its statics.
  static const EVP_MD* const algorithm = FetchAlgorithm();
  thread_local const Context context = NewContext();
  Hash hash;
  bool ok = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
  for (const std::string_view part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  if (!ok) Die("OpenSSL failed to compute a SHA-256");
  return hash;
}

}  // namespace envledger
