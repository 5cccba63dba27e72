// A timestamp authority (RFC 3161) of the test's own: a certificate authority, a signer that it vouches for, and the
// `openssl ts` program (package openssl) that answers. Failing steps throw, with what the program said.
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
    bool with_intermediate = false;  // the signer's certificate is by a second authority, which the first vouches for
    bool sends_root = false;         // every answer brings the root's certificate too
    int days = 3650;                 // the signer's certificate is valid from now; negative: it never was
    std::string digests = "sha256";  // of messages, that it accepts
  };
  TimestampAuthority() : TimestampAuthority(Options{}) {}
  explicit TimestampAuthority(const Options& options);

  // A DER response to a DER query: a timestamp of now, or a refusal.
  std::string Answer(const std::string& query) const;

  const std::string& ca_pem() const { return ca_pem_; }  // the root
  std::string ca_path() const { return path("ca.pem"); }
  const std::string& intermediate_pem() const { return intermediate_pem_; }  // empty without one

 private:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  // Makes a key and a certificate signed by `issuer` (its own signature when empty).
  void Certify(const std::string& name, const std::string& subject, const std::string& extensions,
               const std::string& issuer, int days) const;

  const Options options_;
  TempDir directory_;
  std::string ca_pem_;
  std::string intermediate_pem_;
};

}  // namespace envledger
