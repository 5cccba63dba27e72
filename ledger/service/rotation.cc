// A rotation is made in the order sign, publish, swap, record. The tool does the first three
// (ledger/keys/key_rotation.h) with nothing but files; this is the fourth. It goes in three steps, each durable before
// the next:
//
//   1  the checkpoint of the present size n is signed by the old key and the new one, stored and published
//   2  the entry n, key_rotated, is sealed by one synced write
//   3  the checkpoint of size n+1 is signed by the new key and the old one, stored and published
//
// A crash before 2 leaves a ledger whose key is the old one, and the next start begins again; step 1 gives the same
// bytes again, as Ed25519 is deterministic. A crash after 2 leaves a ledger whose last entry rotates the key and that
// has no checkpoint over it, and the next start does step 3. Without the old private key step 1 is left out, and step 3
// carries the new signature alone: enough for everybody who can read the entry.
#include "ledger/service/rotation.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "ledger/base/invariant.h"
#include "ledger/base/log.h"
#include "ledger/chain/tree.h"

namespace envledger {
namespace {

// The private half of `of`, if it is at hand.
const SigningKey* FindPrevious(const PendingRotation* pending, const VerifierKey& of) {
  if (pending == nullptr || !pending->previous) return nullptr;
  return pending->previous->public_key() == of.public_key ? &*pending->previous : nullptr;
}

Status SignAndPublish(LogDb& log, const std::vector<NoteSigner>& signers, Clock& clock, Publisher& publisher,
                      Recovered& recovered) {
  const Frontier& frontier = recovered.end.frontier;
  ENVLEDGER_INVARIANT(frontier.size() == log.size(), "the tree of " + std::to_string(frontier.size()) +
                                                         " entries is not that of the log's " +
                                                         std::to_string(log.size()));
  SignedCheckpoint next;
  next.checkpoint = {recovered.keys.origin(), frontier.size(), frontier.Root()};
  next.note = SignNote(FormatCheckpoint(next.checkpoint), signers);
  next.signed_at = clock.Now();
  ENVLEDGER_RETURN_IF_ERROR(log.PutCheckpoint(frontier.size(), next.note, recovered.before_last.Encode()));
  ENVLEDGER_RETURN_IF_ERROR(publisher.Publish(next.checkpoint, next.note));
  recovered.latest = std::move(next);
  return Ok();
}

Status SealRotation(LogDb& log, const KeyRotated& rotation, Clock& clock, Recovered& recovered) {
  ENVLEDGER_INVARIANT(recovered.end.frontier.size() == log.size(),
                      "the log has grown since it was verified: " + std::to_string(log.size()) + " entries");
  EntryHeader header;
  header.seq = log.size();
  // A clock that went back is noted by the next event that is sealed.
  header.recorded_at = std::max(clock.Now(), recovered.end.last_recorded_at);
  header.previous = recovered.end.last_leaf_hash;
  header.recorder = {getuid(), getgid(), static_cast<int32_t>(getpid()), "envledgerd"};
  KeyHistory keys = recovered.keys;
  ENVLEDGER_RETURN_IF_ERROR(keys.Add(header.seq, header.recorded_at, rotation));
  EntryBuilder builder;
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view entry, builder.Build(header, rotation));
  ENVLEDGER_RETURN_IF_ERROR(log.AppendKeyRotation(header.seq, entry));
  recovered.keys = std::move(keys);
  recovered.before_last = recovered.end.frontier;
  recovered.end.last_leaf_hash = LeafHash(entry);
  recovered.end.last_recorded_at = header.recorded_at;
  recovered.end.frontier.Append(recovered.end.last_leaf_hash);
  recovered.clean = false;
  return Ok();
}

}  // namespace

Result<KeyHistory> FollowRotation(const KeyHistory& keys, const VerifierKey& key, const PendingRotation* pending,
                                  uint64_t seq, Nanos now) {
  if (keys.current().key == key) return keys;
  std::string why =
      "the ledger's key is " + FormatVerifierKey(keys.current().key) + ", the key given is " + FormatVerifierKey(key);
  const size_t index = keys.IndexOf(key);
  if (index < keys.keys().size()) {
    why += ", which was replaced by entry " + std::to_string(keys.keys()[index + 1].seq);
  } else if (pending != nullptr) {
    const auto rotation = ReadRotationNote(pending->note, keys.origin());
    KeyHistory next = keys;
    const Status led = rotation.ok() ? next.Add(seq, now, *rotation) : rotation.status();
    if (led.ok() && next.current().key == key) return next;
    why += "; the rotation beside it does not lead from one to the other: " +
           (led.ok() ? "its new key is " + FormatVerifierKey(next.current().key) : led.message());
  }
  return Status(Code::kNotPermitted, "key", why);
}

Status RecordRotation(LogDb& log, const SigningKey& key, const PendingRotation* pending, Clock& clock,
                      Publisher& publisher, Recovered& recovered) {
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey own, MakeVerifierKey(recovered.keys.origin(), key.public_key()));
  const bool recorded = recovered.keys.current().key == own;
  if (!recorded) {
    ENVLEDGER_ASSIGN_OR_RETURN(const KeyRotated rotation, ReadRotationNote(pending->note, recovered.keys.origin()));
    const VerifierKey old = recovered.keys.current().key;
    if (const SigningKey* previous = FindPrevious(pending, old)) {
      ENVLEDGER_RETURN_IF_ERROR(SignAndPublish(log, {{old, previous}, {own, &key}}, clock, publisher, recovered));
    } else {
      Log(LogLevel::kWarning,
          "the previous key is not beside the new one: the checkpoints around the rotation carry "
          "one signature each");
    }
    ENVLEDGER_RETURN_IF_ERROR(SealRotation(log, rotation, clock, recovered));
  }
  const HistoricKey& current = recovered.keys.current();
  // Nothing is sealed upon a rotation before it has its checkpoint.
  if (current.seq == 0 || recovered.latest.checkpoint.size > current.seq) return Ok();
  std::vector<NoteSigner> signers = {{own, &key}};
  const VerifierKey& old = recovered.keys.KeyAt(current.seq);
  if (const SigningKey* previous = FindPrevious(pending, old)) signers.push_back({old, previous});
  ENVLEDGER_RETURN_IF_ERROR(SignAndPublish(log, signers, clock, publisher, recovered));
  Log(LogLevel::kInfo, "the signing key was rotated by entry " + std::to_string(current.seq) + ", from " +
                           FormatVerifierKey(old) + " to " + FormatVerifierKey(own) +
                           "; the previous private key is not needed any more: remove it");
  return Ok();
}

}  // namespace envledger
