// `key rotate`: replaces the signing key with a new one.
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

// For its lifetime, root acts as the owner of the key file. New files then belong to the daemon's user, and that user
// cannot trick root into writing a file that the user could not write.
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
    // After a failure the process must not go on with the wrong identity.
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
                        ? "the ledger has not recorded this key yet: restart the daemon (systemctl restart "
                          "envledgerd) before you rotate the key again"
                        : "the new key is in place; restart the daemon to record it (systemctl restart envledgerd)");
  return ExitStatus::kFine;
}

constexpr std::string_view kText =
    R"(Generates a new key, has both the old and the new key sign the rotation, keeps the old key as FILE.previous,
replaces FILE with the new key, and prints the new verifier key. Then restart the daemon: before it serves again, it
signs a checkpoint with both keys, records the rotation in the ledger, and signs the next checkpoint with both keys.
Until then the running daemon continues to use the old key. Checkpoints and proofs from before the rotation remain
verifiable.

FILE must contain the ledger's present key. Run the command as root or as the daemon's user, whether or not the daemon
is running. To continue an interrupted rotation, run the command again. FILE.previous may be removed once the daemon has
started; otherwise the next rotation removes it.)";

}  // namespace

Command KeyRotateCommand() {
  static const OptionSpecs kOwn = {
      {"key", Takes::kValue, "FILE", "the ledger's private key file, to be replaced with the new key"},
  };
  return {
      .name = "key rotate",
      .arguments = "",
      .summary = "replace the signing key with a new one",
      .text = kText,
      .example =
          "  envledger key rotate --key /var/lib/envledger/signing.key > ledger.vkey && systemctl restart envledgerd\n",
      .options = Join({kOwn, SourceOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
