// A rotation has four steps: sign, publish, swap, record. The tool does the first three, using only files
// (ledger/keys/key_rotation.h); this is the fourth. It has three parts, each durable before the next:
//
//   1  the checkpoint of the present size n is signed by the old key and the new one, stored and published
//   2  the entry n, key_rotated, is sealed by one synced write
//   3  the checkpoint of size n+1 is signed by the new key and the old one, stored and published
//
// A crash before 2 leaves a ledger with the old key, and the next start begins again; part 1 produces the same bytes
// again, because Ed25519 is deterministic. A crash after 2 leaves a ledger whose last entry rotates the key and is not
// covered by a checkpoint, and the next start does part 3. Without the old private key, part 1 is skipped and the
// checkpoint of part 3 carries only the new signature, which is enough for everybody who can read the entry.
#include "ledger/service/rotation.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "ledger/base/invariant.h"
#include "ledger/base/log.h"
#include "ledger/chain/tree.h"

namespace envledger {
namespace {

// The private key that belongs to `of`, if its file still exists.
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
  // If the clock went back, the next event that is sealed records it.
  header.recorded_at = std::max(clock.Now(), recovered.end.last_recorded_at);
  ENVLEDGER_RETURN_IF_ERROR(CheckClock(header.recorded_at));
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
    why += "; the rotation beside the key file does not lead from the first to the second: " +
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
          "the previous private key is not beside the new one: the checkpoint after the rotation carries only the "
          "new key's signature");
    }
    ENVLEDGER_RETURN_IF_ERROR(SealRotation(log, rotation, clock, recovered));
  }
  const HistoricKey& current = recovered.keys.current();
  // Nothing may be sealed after a rotation before a checkpoint covers it.
  if (current.seq == 0 || recovered.latest.checkpoint.size > current.seq) return Ok();
  std::vector<NoteSigner> signers = {{own, &key}};
  const VerifierKey& old = recovered.keys.KeyAt(current.seq);
  if (const SigningKey* previous = FindPrevious(pending, old)) signers.push_back({old, previous});
  ENVLEDGER_RETURN_IF_ERROR(SignAndPublish(log, signers, clock, publisher, recovered));
  Log(LogLevel::kInfo, "the signing key was rotated by entry " + std::to_string(current.seq) + ", from " +
                           FormatVerifierKey(old) + " to " + FormatVerifierKey(own) +
                           "; the previous private key is no longer needed: remove it");
  return Ok();
}

}  // namespace envledger
