// A timestamp authority (RFC 3161) for tests: a certificate authority, a signer that it certifies, and the `openssl ts`
// program (package openssl), which answers queries. A step that fails throws, with the program's output.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace envledger {

class TimestampAuthority {
 public:
  struct Options {
    std::string name = "Test";       // in the subjects of its certificates
    std::string key = "ec";          // or "rsa"
    bool with_intermediate = false;  // a second authority, certified by the first, issues the signer's certificate
    bool sends_root = false;         // every answer also contains the root's certificate
    int days = 3650;                 // validity of the signer's certificate from now; negative: it was never valid
    std::string digests = "sha256";  // accepted digests of messages
  };
  TimestampAuthority() : TimestampAuthority(Options{}) {}
  explicit TimestampAuthority(const Options& options);

  // A DER response to a DER query: a timestamp with the present time, or a refusal.
  std::string Answer(const std::string& query) const;

  const std::string& ca_pem() const { return ca_pem_; }  // the root
  std::string ca_path() const { return path("ca.pem"); }
  const std::string& intermediate_pem() const { return intermediate_pem_; }  // empty without one

 private:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  // Makes a key and a certificate signed by `issuer`; self-signed if `issuer` is empty.
  void Certify(const std::string& name, const std::string& subject, const std::string& extensions,
               const std::string& issuer, int days) const;

  const Options options_;
  TempDir directory_;
  std::string ca_pem_;
  std::string intermediate_pem_;
};

}  // namespace envledger
