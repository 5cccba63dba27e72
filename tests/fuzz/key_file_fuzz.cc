// Key files: a key that loads signs, and is the same key after it was written to a file of its own.
#include <cstdio>

#include "ledger/crypto/ed25519.h"
#include "tests/fuzz/scratch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string& path = fuzz::ScratchFile(fuzz::View(data, size));
  const auto key = SigningKey::Load(path);
  if (!key.ok()) {
    fuzz::Require(key.status().code() == Code::kInvalidArgument, "a refusal is about the contents");
    return 0;
  }
  fuzz::Require(VerifyEd25519(key->public_key(), "message", key->Sign("message")), "a loaded key signs");
  const std::string copy = path + ".copy";
  std::remove(copy.c_str());
  fuzz::RequireOk(key->Create(copy), "a loaded key can be written");
  const auto back = SigningKey::Load(copy);
  fuzz::RequireOk(back.status(), "and loaded again");
  fuzz::Require(back->public_key() == key->public_key(), "it is the same key");
  return 0;
}
