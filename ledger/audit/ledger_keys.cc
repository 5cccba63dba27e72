#include "ledger/audit/ledger_keys.h"

#include <variant>

#include "ledger/codec/entry.h"

namespace envledger {
namespace {

// FORMAT.md section 5.3.
std::string RotationText(const std::string& origin, const KeyRotated& rotation) {
  return "envledger key rotation v1\n" + origin + "\n" + Base64(rotation.old_key) + "\n" + Base64(rotation.new_key) +
         "\n";
}

}  // namespace

Result<VerifierKey> LedgerKeys::First() {
  if (trusted_) return *trusted_;
  ENVLEDGER_ASSIGN_OR_RETURN(const StatusResponse status, reader_.Status({}));
  auto key = ParseVerifierKey(status.vkey);
  if (!key.ok()) return Corruption("the ledger names no usable key of its own: " + key.status().message());
  return key;
}

Status LedgerKeys::ReadHistory() {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse first, reader_.Entries({0, 1}));
  if (first.entries.empty()) return Corruption("the ledger has no entries, not even its genesis");
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView genesis_entry, CheckEntry(first.entries.front()));
  const Genesis* genesis = genesis_entry.event ? std::get_if<Genesis>(&*genesis_entry.event) : nullptr;
  if (genesis == nullptr) return Corruption("entry 0 is not the ledger's genesis");
  ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey key, MakeVerifierKey(genesis->origin, genesis->public_key));
  std::vector<InForce> history = {{0, std::move(key)}};
  EventsRequest request;
  request.name = "key_rotated";
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EventsResponse page, reader_.Events(request));
    for (const std::string& bytes : page.entries) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
      const KeyRotated* rotation = entry.event ? std::get_if<KeyRotated>(&*entry.event) : nullptr;
      const uint64_t seq = entry.header.seq;
      if (rotation == nullptr || seq < request.from_seq) return Corruption("the ledger answers with another event");
      const VerifierKey& old = history.back().key;
      if (rotation->old_key != old.public_key ||
          !VerifyEd25519(old.public_key, RotationText(old.name, *rotation), rotation->signature)) {
        return Corruption("entry " + std::to_string(seq) + ": the key before did not sign this rotation");
      }
      ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey next, MakeVerifierKey(old.name, rotation->new_key));
      history.push_back({seq, std::move(next)});
      request.from_seq = seq + 1;
    }
    if (page.entries.empty()) break;
  }
  history_ = std::move(history);
  return Ok();
}

Result<Checkpoint> LedgerKeys::Open(std::string_view note, VerifierKey& signer) {
  if (!first_) {
    ENVLEDGER_ASSIGN_OR_RETURN(first_, First());
  }
  auto opened = OpenCheckpoint(note, *first_);
  signer = *first_;
  if (opened.ok() || opened.status().code() != Code::kNotFound) return opened;
  // Signed by another key of the ledger, perhaps.
  if (history_.empty()) ENVLEDGER_RETURN_IF_ERROR(ReadHistory());
  bool known = false;
  for (const InForce& at : history_) known = known || at.key == *first_;
  if (!known || history_.size() == 1) return opened;
  ENVLEDGER_ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint claimed, ParseCheckpoint(parsed.text));
  for (const InForce& at : history_) {
    if (at.seq < claimed.size) signer = at.key;
  }
  return OpenCheckpoint(note, signer);
}

}  // namespace envledger
