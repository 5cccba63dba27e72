// `key show`: prints the verifier key of a key file, or the history of a ledger's keys.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/key_list.h"
#include "cli/output/output_style.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/evidence/served_keys.h"

namespace envledger::cli {
namespace {

// Prints the ledger's history of keys, after checking every signature in it.
ExitStatus ShowHistory(Context& context, const Options& options) {
  for (const char* name : {"origin", "key"}) {
    if (options.Has(name)) {
      return WrongUsage(context,
                        InvalidArgument("--history asks a ledger and cannot be used with --" + std::string(name)));
    }
  }
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  const auto keys = ReadKeys(**reader);
  if (!keys.ok()) return Fail(context, keys.status());
  PrintKeys(context, *style, *keys);
  return ExitStatus::kFine;
}

ExitStatus Run(Context& context, const Options& options) {
  if (options.Has("history")) return ShowHistory(context, options);
  for (const char* name : {"socket", "data-dir", "timeout", "format", "color"}) {
    if (options.Has(name)) {
      return WrongUsage(context, InvalidArgument("--" + std::string(name) + " can only be used with --history"));
    }
  }
  if (const Status status = CheckSigningKeyOptions(options); !status.ok()) return WrongUsage(context, status);
  auto key = SigningKey::Load(options.Get("key"));
  if (!key.ok()) return NoKey(context, key.status());
  return PrintVerifierKey(context, options.Get("origin"), *key);
}

constexpr std::string_view kText =
    R"(Prints the verifier key of a private key file, under the ledger's name. A file that others can read is refused.

With --history it asks a ledger and prints its keys, oldest first: each verifier key, the entry that put it in force
(the key signs checkpoints that are larger), when that entry was recorded, and the previous key, which vouches for it.
Both signatures of every rotation are checked; the exit status is 1 if one does not verify. Only the rotations are read.
If you trust one of the keys, you can trust the others once verify with that key confirms the ledger.

jsonl prints {"vkey", "seq", "recorded_at", "vouched_for_by"} per line, json {"origin", "keys"}.)";

constexpr std::string_view kExample = R"(  envledger key show --origin ledger.example.com/audit --key signing.key
  envledger key show --history --data-dir /var/lib/envledger
)";

}  // namespace

Command KeyShowCommand() {
  static const OptionSpecs kHistory = {
      {"history", Takes::kNothing, "", "list all keys of a ledger, and check the rotation that put each in force"},
  };
  return {
      .name = "key show",
      .arguments = "",
      .summary = "print the verifier key of a signing key, or all keys of a ledger",
      .text = kText,
      .example = kExample,
      .options = Join({SigningKeyOptions(), kHistory, SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
