// The order is sign, publish, swap (and, in the daemon, record). With F the key file:
//
//   0  clean     F.rotation and F.previous of the last rotation are removed
//   1  generate  F.next holds the new key
//   2  publish   F.rotation holds the rotation, signed by both keys
//   3  keep      F.previous is another name of F
//   4  swap      F.next is renamed to F
//
// Each step is durable before the next. After each, the files are such that the daemon can start: up to 3 with the old
// key, which the ledger has; from 4 on with the new key, to which F.rotation leads. How far an earlier run came is read
// from the files alone. A step that was done but may not be durable (kUnknownOutcome) ends the run like any other
// failure, and the next run makes it durable.
#include "ledger/keys/key_rotation.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "ledger/crypto/ed25519.h"
#include "ledger/crypto/key_paths.h"
#include "ledger/files/directory_lock.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr unsigned kPublicMode = 0644;

// The key in a file; nullopt when there is no file.
Result<std::optional<SigningKey>> LoadIfThere(const std::string& path) {
  auto key = SigningKey::Load(path);
  if (key.ok()) return std::optional<SigningKey>(*std::move(key));
  if (key.status().code() == Code::kNotFound) return std::optional<SigningKey>();
  return std::move(key).status();
}

// The rotation in a file; nullopt when there is no file, or it holds no rotation of this ledger.
std::optional<KeyRotated> ReadRotation(const std::string& path, const std::string& origin) {
  const auto note = ReadRegularFile(path, kMaxNoteBytes);
  if (!note.ok()) return std::nullopt;
  auto rotation = ReadRotationNote(*note, origin);
  return rotation.ok() ? std::optional<KeyRotated>(*std::move(rotation)) : std::nullopt;
}

bool Leads(const std::optional<KeyRotated>& rotation, const std::string& from, const std::string& to) {
  return rotation && rotation->old_key == from && rotation->new_key == to;
}

class Rotation {
 public:
  Rotation(const std::string& key_path, const KeyHistory& keys, const RotationHook& hook)
      : path_(key_path), keys_(keys), hook_(hook) {}

  Result<RotatedKey> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(const SigningKey key, SigningKey::Load(path_));
    ENVLEDGER_ASSIGN_OR_RETURN(const std::optional<SigningKey> previous, LoadIfThere(PreviousKeyPath(path_)));
    const std::string& in_force = keys_.current().key.public_key;
    if (key.public_key() != in_force) return Unrecorded(key, previous);

    ENVLEDGER_ASSIGN_OR_RETURN(std::optional<SigningKey> next, LoadIfThere(NextKeyPath(path_)));
    // An earlier run may have ended before its last step was durable.
    if (next) ENVLEDGER_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(path_)));
    // Old files are removed before new ones are made, so that whatever is there later belongs to this rotation.
    if (!next) ENVLEDGER_RETURN_IF_ERROR(Step("clean", [this] { return Clean(); }));
    if (!next) ENVLEDGER_RETURN_IF_ERROR(Step("generate", [&] { return Generate(next); }));
    if (!Leads(ReadRotation(RotationPath(path_), keys_.origin()), in_force, next->public_key())) {
      ENVLEDGER_RETURN_IF_ERROR(Step("publish", [&] { return Publish(key, *next); }));
    }
    if (!previous || previous->public_key() != in_force) {
      ENVLEDGER_RETURN_IF_ERROR(Step("keep", [this] { return Keep(); }));
    }
    ENVLEDGER_RETURN_IF_ERROR(Step("swap", [this] { return Swap(); }));
    ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey made, MakeVerifierKey(keys_.origin(), next->public_key()));
    return RotatedKey{std::move(made), false};
  }

 private:
  template <typename Do>
  Status Step(std::string_view name, const Do& act) {
    if (hook_) ENVLEDGER_RETURN_IF_ERROR(hook_(name, false));
    ENVLEDGER_RETURN_IF_ERROR(act());
    return hook_ ? hook_(name, true) : Ok();
  }

  // The file's key is not the ledger's. A rotation that the ledger has not recorded yet may explain that.
  Result<RotatedKey> Unrecorded(const SigningKey& key, const std::optional<SigningKey>& previous) {
    const VerifierKey& in_force = keys_.current().key;
    ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey made, MakeVerifierKey(keys_.origin(), key.public_key()));
    const auto rotation = ReadRotation(RotationPath(path_), keys_.origin());
    if (Leads(rotation, in_force.public_key, key.public_key())) {
      // The swap itself may not have been durable when the last run ended.
      ENVLEDGER_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(path_)));
      return RotatedKey{std::move(made), true};
    }
    std::string why =
        "the ledger's key is " + FormatVerifierKey(in_force) + ", but " + path_ + " holds " + FormatVerifierKey(made);
    if (previous && previous->public_key() == in_force.public_key) {
      why += "; " + PreviousKeyPath(path_) + " holds the ledger's key, but " + RotationPath(path_) +
             " does not lead from it to the new key";
    }
    return Status(Code::kNotPermitted, "key", why);
  }

  Status Clean() {
    for (const std::string& path : {RotationPath(path_), PreviousKeyPath(path_)}) {
      if (unlink(path.c_str()) != 0 && errno != ENOENT) return FromErrno(errno, "remove " + path);
    }
    return SyncDirectory(DirectoryOf(path_));
  }

  Status Generate(std::optional<SigningKey>& next) {
    ENVLEDGER_ASSIGN_OR_RETURN(SigningKey made, SigningKey::Generate());
    ENVLEDGER_RETURN_IF_ERROR(made.Create(NextKeyPath(path_)));
    next = std::move(made);
    return Ok();
  }

  Status Publish(const SigningKey& old_key, const SigningKey& new_key) {
    const KeyRotated rotation = MakeRotation(keys_.origin(), old_key, new_key);
    return WriteFileDurably(RotationPath(path_), RotationNote(keys_.origin(), rotation), kPublicMode);
  }

  Status Keep() {
    const std::string previous = PreviousKeyPath(path_);
    if (unlink(previous.c_str()) != 0 && errno != ENOENT) return FromErrno(errno, "remove " + previous);
    if (link(path_.c_str(), previous.c_str()) != 0) return FromErrno(errno, "link " + path_ + " to " + previous);
    return SyncDirectory(DirectoryOf(path_));
  }

  Status Swap() { return RenameDurably(NextKeyPath(path_), path_); }

  const std::string& path_;
  const KeyHistory& keys_;
  const RotationHook& hook_;
};

}  // namespace

Result<RotatedKey> RotateKeyFile(const std::string& key_path, const KeyHistory& keys, const RotationHook& hook) {
  // Of two rotations at once, each would take the other's files for those of an interrupted rotation, and remove them.
  const auto lock = LockDirectory(DirectoryOf(key_path), std::chrono::milliseconds(0));
  if (lock.status().rule() == kRuleLocked) {
    return Unavailable("another rotation in " + DirectoryOf(key_path) + " is under way");
  }
  ENVLEDGER_RETURN_IF_ERROR(lock.status());
  return Rotation(key_path, keys, hook).Run();
}

}  // namespace envledger
