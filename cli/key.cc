// `key generate` and `key show`: the ledger's signing key. The private half is only ever written to its file.
#include "cli/commands.h"
#include "ledger/chain/note.h"
#include "ledger/crypto/ed25519.h"

namespace envledger::cli {
namespace {

const OptionSpecs kKeyOptions = {
    {"origin", Takes::kValue, "NAME", "the ledger's name, under which it signs: such as ledger.example.com/audit"},
    {"key", Takes::kValue, "FILE", "the private key file"},
};

Status CheckOptions(const Options& options) {
  for (const char* name : {"origin", "key"}) {
    if (!options.Has(name)) return InvalidArgument("--" + std::string(name) + " is missing");
  }
  // Any key will do to see whether the name is one: better before a key is written than after.
  const auto named = MakeVerifierKey(options.Get("origin"), std::string(32, '\0'));
  return named.ok() ? Ok() : InvalidArgument("--origin: " + named.status().message());
}

ExitStatus NoKey(Context& context, const Status& status) {
  Complain(context, status.ToString());
  return ExitStatus::kUnavailable;
}

ExitStatus PrintVerifierKey(Context& context, const Options& options, const SigningKey& key) {
  const auto verifier_key = MakeVerifierKey(options.Get("origin"), key.public_key());
  if (!verifier_key.ok()) return Fail(context, verifier_key.status());
  context.out << FormatVerifierKey(*verifier_key) << '\n';
  return ExitStatus::kFine;
}

ExitStatus RunGenerate(Context& context, const Options& options) {
  if (const Status status = CheckOptions(options); !status.ok()) return WrongUsage(context, status);
  auto key = SigningKey::Generate();
  if (!key.ok()) return NoKey(context, key.status());
  if (const Status status = key->Create(options.Get("key")); !status.ok()) return NoKey(context, status);
  return PrintVerifierKey(context, options, *key);
}

ExitStatus RunShow(Context& context, const Options& options) {
  if (const Status status = CheckOptions(options); !status.ok()) return WrongUsage(context, status);
  auto key = SigningKey::Load(options.Get("key"));
  if (!key.ok()) return NoKey(context, key.status());
  return PrintVerifierKey(context, options, *key);
}

}  // namespace

Command KeyGenerateCommand() {
  return {
      .name = "key generate",
      .arguments = "",
      .summary = "make a signing key and print its verifier key",
      .text =
          "Makes an Ed25519 key, writes it as PEM to a new file that only its owner can read (mode 0600), and prints "
          "the verifier key: what verify takes as --vkey. A file that exists is never overwritten.",
      .example = "  envledger key generate --origin ledger.example.com/audit --key signing.key > ledger.vkey\n",
      .options = kKeyOptions,
      .run = RunGenerate,
  };
}

Command KeyShowCommand() {
  return {
      .name = "key show",
      .arguments = "",
      .summary = "print the verifier key of a signing key",
      .text =
          "Prints the verifier key of a private key file under the ledger's name. A file that others can read is "
          "refused.",
      .example = "  envledger key show --origin ledger.example.com/audit --key signing.key\n",
      .options = kKeyOptions,
      .run = RunShow,
  };
}

}  // namespace envledger::cli
