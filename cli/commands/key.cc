// `key generate` and `key show`: the ledger's signing key. The private half is only ever written to its file.
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/key_list.h"
#include "cli/output/output_style.h"
#include "ledger/chain/note.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/evidence/served_keys.h"

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

// The history as the ledger has it, every signature checked here.
ExitStatus ShowHistory(Context& context, const Options& options) {
  for (const char* name : {"origin", "key"}) {
    if (options.Has(name)) {
      return WrongUsage(context, InvalidArgument("--history asks a ledger: not with --" + std::string(name)));
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

ExitStatus RunShow(Context& context, const Options& options) {
  if (options.Has("history")) return ShowHistory(context, options);
  for (const char* name : {"socket", "data-dir", "timeout", "format", "color"}) {
    if (options.Has(name)) {
      return WrongUsage(context, InvalidArgument("--" + std::string(name) + " goes with --history alone"));
    }
  }
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
  static const OptionSpecs kHistory = {
      {"history", Takes::kNothing, "", "list the keys that a ledger has had instead, and check how each came in force"},
  };
  return {
      .name = "key show",
      .arguments = "",
      .summary = "print the verifier key of a signing key, or all keys of a ledger",
      .text =
          "Prints the verifier key of a private key file under the ledger's name. A file that others can read is "
          "refused.\n"
          "\n"
          "With --history it asks a ledger, and prints its keys, oldest first: the verifier key, the entry from which "
          "it "
          "holds (it signs the checkpoints that are larger), when that was recorded, and the key before, which vouches "
          "for it. Both signatures of every rotation are checked; one that does not verify is exit status 1. Whoever "
          "trusts one of these keys can trust the others, if verify says so: this command reads the rotations alone.\n"
          "\n"
          "jsonl prints {\"vkey\", \"seq\", \"recorded_at\", \"vouched_for_by\"} a line, json {\"origin\", "
          "\"keys\"}.",
      .example =
          "  envledger key show --origin ledger.example.com/audit --key signing.key\n"
          "  envledger key show --history --data-dir /var/lib/envledger\n",
      .options = Join({kKeyOptions, kHistory, SourceOptions(), OutputOptions()}),
      .run = RunShow,
  };
}

}  // namespace envledger::cli
