// `key generate`: makes a new signing key. The private half is written to its file and nowhere else.
#include "cli/arguments/key_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/key_list.h"
#include "ledger/crypto/ed25519.h"

namespace envledger::cli {
namespace {

ExitStatus Run(Context& context, const Options& options) {
  if (const Status status = CheckSigningKeyOptions(options); !status.ok()) return WrongUsage(context, status);
  auto key = SigningKey::Generate();
  if (!key.ok()) return NoKey(context, key.status());
  if (const Status status = key->Create(options.Get("key")); !status.ok()) return NoKey(context, status);
  return PrintVerifierKey(context, options.Get("origin"), *key);
}

constexpr std::string_view kText =
    R"(Generates an Ed25519 key, writes it as PEM to a new file that only its owner can read (mode 0600), and prints the
verifier key, for the --vkey option of verify and other commands. An existing file is never overwritten.)";

}  // namespace

Command KeyGenerateCommand() {
  return {
      .name = "key generate",
      .arguments = "",
      .summary = "generate a signing key and print its verifier key",
      .text = kText,
      .example = "  envledger key generate --origin ledger.example.com/audit --key signing.key > ledger.vkey\n",
      .options = SigningKeyOptions(),
      .run = Run,
  };
}

}  // namespace envledger::cli
