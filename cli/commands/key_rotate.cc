// `key rotate`: a new signing key in the place of the old one.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "ledger/chain/note.h"
#include "ledger/evidence/served_keys.h"
#include "ledger/files/file.h"
#include "ledger/keys/key_rotation.h"

namespace envledger::cli {
namespace {

// Root acts as the owner of the key file from here on: what it makes belongs to the daemon's user, and that user cannot
// lead it to any file that he could not write himself. For the life of the object.
class AsOwner {
 public:
  Status Become(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) return FromErrno(errno, "key file " + path);
    if (geteuid() != 0 || info.st_uid == 0) return Ok();
    if (setegid(info.st_gid) != 0) return FromErrno(errno, "become the group of " + path);
    changed_ = true;
    if (seteuid(info.st_uid) != 0) return FromErrno(errno, "become the owner of " + path);
    return Ok();
  }
  AsOwner() = default;
  ~AsOwner() {
    if (!changed_) return;
    // The process ends next, or runs a test that needs root: there is nothing to do about a failure.
    if (seteuid(getuid()) != 0 || setegid(getgid()) != 0) _exit(1);
  }
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;

 private:
  bool changed_ = false;
};

Result<RotatedKey> Rotate(Context& context, const LedgerSource& source, const std::string& key_path) {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto reader, context.open_ledger(source));
  ENVLEDGER_ASSIGN_OR_RETURN(const KeyHistory keys, ReadKeys(*reader));
  AsOwner owner;
  ENVLEDGER_RETURN_IF_ERROR(owner.Become(key_path));
  return RotateKeyFile(key_path, keys, {});
}

ExitStatus Run(Context& context, const Options& options) {
  if (!options.Has("key")) return WrongUsage(context, InvalidArgument("--key is missing"));
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  const auto rotated = Rotate(context, *source, options.Get("key"));
  if (!rotated.ok()) return Fail(context, rotated.status());
  context.out << FormatVerifierKey(rotated->key) << '\n';
  Complain(context, rotated->was_done
                        ? "this key waits to be recorded by the ledger: restart the daemon (systemctl restart "
                          "envledgerd); only then can the key be rotated again"
                        : "the new key is in place; restart the daemon to record it (systemctl restart envledgerd)");
  return ExitStatus::kFine;
}

constexpr std::string_view kText =
    R"(Makes a new key, has both the old and the new key sign the rotation, keeps the old key as FILE.previous, and
puts the new key in the place of FILE. Then restart the daemon: before it serves again, it signs a checkpoint with both
keys, records the rotation in the ledger, and signs the next checkpoint with both keys. Until then the running daemon
goes on with the old key. Prints the new verifier key. Checkpoints and proofs from before the rotation stay verifiable.

FILE must hold the ledger's present key. Run it as root or as the daemon's user, whether or not the daemon is running.
To continue an interrupted rotation, run it again. FILE.previous may be removed once the daemon has started; otherwise
the next rotation removes it.)";

}  // namespace

Command KeyRotateCommand() {
  static const OptionSpecs kOwn = {
      {"key", Takes::kValue, "FILE", "the ledger's private key file, which gets the new key"},
  };
  return {
      .name = "key rotate",
      .arguments = "",
      .summary = "put a new signing key in the place of the old one",
      .text = kText,
      .example =
          "  envledger key rotate --key /var/lib/envledger/signing.key > ledger.vkey && systemctl restart envledgerd\n",
      .options = Join({kOwn, SourceOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
