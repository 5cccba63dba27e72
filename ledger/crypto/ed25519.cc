// Each of OpenSSL's objects has one owner here. OpenSSL's thread-local error queue is left as it was found: what a
// failure leaves in it is of no use to a caller, and would mislead the next reader of the queue.
#include "ledger/crypto/ed25519.h"

#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "ledger/base/log.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/openssl.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr char kAlgorithm[] = "ED25519";
constexpr size_t kSeedBytes = 32;
constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;

using openssl::Bytes;
using openssl::Die;
using openssl::ErrorScope;
using openssl::NoPassphrase;
using Key = openssl::Owned<EVP_PKEY>;
using Context = openssl::Owned<EVP_MD_CTX>;
using Bio = openssl::Owned<BIO>;

std::string PublicKeyOf(EVP_PKEY* key) {
  std::string public_key(kPublicKeyBytes, '\0');
  size_t size = public_key.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1 ||
      size != kPublicKeyBytes) {
    Die("OpenSSL gives no public key for an Ed25519 key");
  }
  return public_key;
}

// OpenSSL keeps private keys and what it decodes them from in its secure heap, once it has one: memory that is locked,
// left out of core dumps, and wiped when freed.
void UseSecureHeap() {
  static std::once_flag once;
  std::call_once(once, [] {
    constexpr size_t kHeapBytes = 32 << 10;  // a key takes less than 100
    constexpr size_t kLeastBytes = 32;
    if (CRYPTO_secure_malloc_initialized() == 1 || CRYPTO_secure_malloc_init(kHeapBytes, kLeastBytes) == 1) return;
    Log(LogLevel::kWarning,
        "the memory of private keys cannot be locked, so they could be swapped out: raise RLIMIT_MEMLOCK");
  });
}

// The private key in a PEM text (RFC 8410, section 7), decoded in the secure heap; null when there is none. A key that is
// made of its raw bytes would lie outside of it.
Key ReadPem(BIO* bio) {
  unsigned char* der = nullptr;
  long size = 0;
  if (PEM_bytes_read_bio_secmem(&der, &size, nullptr, PEM_STRING_EVP_PKEY, bio, NoPassphrase, nullptr) != 1) {
    return nullptr;
  }
  const unsigned char* at = der;
  Key key(d2i_AutoPrivateKey(nullptr, &at, size));
  OPENSSL_secure_clear_free(der, static_cast<size_t>(size));
  return key;
}

// The allocator of OpenSSL, which wipes what it frees. OpenSSL itself leaves pieces of a key behind when it decodes one.
void* Allocate(size_t size, const char*, int) { return std::malloc(size); }
void Release(void* memory, const char*, int) {
  if (memory != nullptr) OPENSSL_cleanse(memory, malloc_usable_size(memory));
  std::free(memory);
}
void* Reallocate(void* memory, size_t size, const char* file, int line) {
  void* const moved = std::malloc(size);
  if (memory == nullptr || moved == nullptr) return moved;
  std::memcpy(moved, memory, std::min(size, malloc_usable_size(memory)));
  Release(memory, file, line);
  return moved;
}

}  // namespace

struct SigningKey::Impl {
  Key key;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)), public_key_(PublicKeyOf(impl_->key.get())) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::Generate() {
  UseSecureHeap();
  const ErrorScope errors;
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, kAlgorithm));
  if (key == nullptr) return Internal("OpenSSL cannot generate an Ed25519 key");
  return SigningKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

Result<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  UseSecureHeap();
  const ErrorScope errors;
  if (seed.size() != kSeedBytes) {
    return InvalidArgument("an Ed25519 seed has 32 bytes, not " + std::to_string(seed.size()));
  }
  Key key(EVP_PKEY_new_raw_private_key_ex(nullptr, kAlgorithm, nullptr, Bytes(seed), seed.size()));
  if (key == nullptr) return Internal("OpenSSL cannot make an Ed25519 key from a seed");
  return SigningKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

Result<SigningKey> SigningKey::Load(const std::string& path) {
  UseSecureHeap();
  const ErrorScope errors;
  SecretBytes contents;
  ENVLEDGER_RETURN_IF_ERROR(ReadKeyFile(path, contents));
  const Bio bio(BIO_new_mem_buf(contents.view().data(), static_cast<int>(contents.view().size())));
  if (bio == nullptr) return Internal("OpenSSL cannot allocate a buffer");
  Key key = ReadPem(bio.get());
  if (key == nullptr) return InvalidArgument("key file " + path + " holds no unencrypted private key in PEM (PKCS #8)");
  if (EVP_PKEY_is_a(key.get(), kAlgorithm) != 1) {
    return InvalidArgument("key file " + path + " holds a private key, but not one for Ed25519");
  }
  return SigningKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

Status SigningKey::Create(const std::string& path) const {
  const ErrorScope errors;
  const Bio bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Internal("OpenSSL cannot write an Ed25519 key as PEM");
  }
  char* pem = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &pem);
  return CreateFileDurably(path, {pem, static_cast<size_t>(size)}, 0600);
}

std::string SigningKey::Sign(std::string_view message) const {
  const ErrorScope errors;
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, impl_->key.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                     message.size()) != 1 ||
      size != kSignatureBytes) {
    Die("OpenSSL failed to sign with an Ed25519 key");
  }
  return signature;
}

void WipeFreedMemory() {
  if (CRYPTO_set_mem_functions(Allocate, Reallocate, Release) == 1) return;
  Log(LogLevel::kWarning, "OpenSSL was used before it could be told to wipe the memory that it frees");
}

bool VerifyEd25519(std::string_view public_key, std::string_view message, std::string_view signature) {
  const ErrorScope errors;
  if (public_key.size() != kPublicKeyBytes || signature.size() != kSignatureBytes) return false;
  const Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, kAlgorithm, nullptr, Bytes(public_key), public_key.size()));
  const Context context(EVP_MD_CTX_new());
  if (key == nullptr || context == nullptr) Die("OpenSSL cannot allocate a key or a context: out of memory");
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) != 1) {
    Die("OpenSSL cannot verify Ed25519: is its default provider loaded?");
  }
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
}

}  // namespace envledger
