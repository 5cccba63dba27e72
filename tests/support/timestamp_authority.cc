#include "tests/support/timestamp_authority.h"

#include <fstream>
#include <stdexcept>

#include "ledger/files/file.h"
#include "tests/support/process.h"

namespace envledger {
namespace {

std::string Made(const std::string& path) {
  Result<std::string> contents = ReadFile(path, 1 << 20);
  if (!contents.ok()) throw std::runtime_error(contents.status().ToString());
  return *std::move(contents);
}

void OpenSsl(std::vector<std::string> words) {
  words.insert(words.begin(), "openssl");
  const Ended ended = RunProgram(words);
  if (ended.status != 0) throw std::runtime_error("openssl " + words[1] + ": " + ended.err);
}

}  // namespace

TimestampAuthority::TimestampAuthority(const Options& options) : options_(options) {
  const std::string is_ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
  Certify("ca", "/O=Example/CN=" + options.name + " Root", is_ca, "", 3650);
  ca_pem_ = Made(path("ca.pem"));
  if (options.with_intermediate) {
    Certify("middle", "/O=Example/CN=" + options.name + " Intermediate", is_ca, "ca", 3650);
    intermediate_pem_ = Made(path("middle.pem"));
  }
  Certify("tsa", "/O=Example/CN=" + options.name + " Time Stamping",
          "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n",
          options.with_intermediate ? "middle" : "ca", options.days);
  std::ofstream(path("chain.pem")) << intermediate_pem_ << (options.sends_root ? ca_pem_ : "");
  std::ofstream(path("serial")) << "1a2b\n";
  std::ofstream(path("ts.cnf")) << "[tsa]\ndefault_tsa = authority\n[authority]\nserial = " + path("serial") +
                                       "\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = " +
                                       options.digests +
                                       "\naccuracy = secs:1\nordering = no\ntsa_name = yes\ness_cert_id_chain = no\n"
                                       "ess_cert_id_alg = sha256\n";
}

void TimestampAuthority::Certify(const std::string& name, const std::string& subject, const std::string& extensions,
                                 const std::string& issuer, int days) const {
  const std::string key = path(name + ".key");
  if (options_.key == "rsa") {
    OpenSsl({"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key});
  } else {
    OpenSsl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key});
  }
  // Named sections, so that the machine's own openssl.cnf has no effect.
  std::ofstream(path("req.cnf")) << "[req]\ndistinguished_name = dn\n[dn]\n";
  OpenSsl({"req", "-new", "-config", path("req.cnf"), "-key", key, "-subj", subject, "-out", path("request.pem")});
  std::ofstream(path("extensions.cnf")) << extensions;
  std::vector<std::string> words = {"x509",
                                    "-req",
                                    "-in",
                                    path("request.pem"),
                                    "-sha256",
                                    "-days",
                                    std::to_string(days),
                                    "-extfile",
                                    path("extensions.cnf"),
                                    "-out",
                                    path(name + ".pem")};
  if (issuer.empty()) {
    words.insert(words.end(), {"-signkey", key});
  } else {
    words.insert(words.end(), {"-CA", path(issuer + ".pem"), "-CAkey", path(issuer + ".key"), "-CAcreateserial"});
  }
  OpenSsl(words);
}

std::string TimestampAuthority::Answer(const std::string& query) const {
  std::ofstream(path("query.tsq"), std::ios::binary) << query;
  std::vector<std::string> words = {"ts",         "-reply",          "-config", path("ts.cnf"),
                                    "-queryfile", path("query.tsq"), "-signer", path("tsa.pem"),
                                    "-inkey",     path("tsa.key"),   "-out",    path("answer.tsr")};
  if (options_.with_intermediate || options_.sends_root) words.insert(words.end(), {"-chain", path("chain.pem")});
  OpenSsl(words);
  return Made(path("answer.tsr"));
}

}  // namespace envledger
