// Signed notes, checkpoints and verifier keys: each has one spelling, and is only taken for signed when it is.
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/chain_builder.h"

namespace envledger {
namespace {

void CheckKey(std::string_view text) {
  const Result<VerifierKey> key = ParseVerifierKey(text);
  if (!key.ok()) return;
  fuzz::Require(FormatVerifierKey(*key) == text, "a verifier key has one spelling");
  const VerifierKey made = fuzz::RequireOk(MakeVerifierKey(key->name, key->public_key), "its parts are valid");
  fuzz::Require(made == *key, "its parts give the same key");
}

void CheckCheckpoint(std::string_view text) {
  const Result<Checkpoint> checkpoint = ParseCheckpoint(text);
  if (!checkpoint.ok()) return;
  const std::string again = FormatCheckpoint(*checkpoint);
  fuzz::Require(text.starts_with(again), "a checkpoint has one spelling, before its extension lines");
  fuzz::Require(fuzz::RequireOk(ParseCheckpoint(again), "its text can be read") == *checkpoint, "it reads the same");
}

void CheckNote(std::string_view bytes) {
  const Result<Note> note = ParseNote(bytes);
  if (!note.ok()) {
    fuzz::Require(!ReadCheckpointNote(bytes).ok(), "what is no note is no checkpoint");
    return;
  }
  fuzz::Require(JoinNote(note->text, note->signatures) == bytes, "a note has one spelling");
  CheckCheckpoint(note->text);
  static const VerifierKey key = TestVerifierKey();
  const Status verified = VerifyNote(*note, key);
  const Result<Checkpoint> opened = OpenCheckpoint(bytes, key);
  fuzz::Require(!opened.ok() || verified.ok(), "an opened checkpoint is signed");
  fuzz::Require(!opened.ok() || opened->origin == key.name, "and is of the key's ledger");
  static const KeyHistory history = *KeyHistory::From({key.name, key.public_key, kFormatVersion, 0}, 0);
  const NoteSigners signers = SignersOf(*note, history);
  fuzz::Require((signers.status.ok() && signers.By(0)) == verified.ok(), "the key's history sees the same signer");
  fuzz::Require(OpenCheckpoint(bytes, history).ok() == opened.ok(), "the key's history opens the same");
  (void)ReadRotationNote(bytes, key.name).ok();
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view text = fuzz::View(data, size);
  CheckKey(text);
  CheckCheckpoint(text);
  CheckNote(text);
  return 0;
}
