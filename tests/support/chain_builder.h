// Ledgers in memory, sealed by rules written down a second time, and forged as a test likes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/chain/verifier.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"

namespace envledger {

inline constexpr char kTestOrigin[] = "ledger.example/test";
SigningKey TestKey(char seed = 1);
VerifierKey TestVerifierKey(char seed = 1);

// What is sealed as one entry: the header without its place in the chain, and a body.
struct Draft {
  EntryHeader header;
  std::string transition;
  std::optional<LedgerEvent> event;
};

Draft DraftOf(LedgerEvent event, Nanos recorded_at);
Draft DraftOf(const Transition& transition, Nanos recorded_at);
// A genesis, then the transitions a second apart, with their revisions and links as they must be.
std::vector<Draft> Drafts(const std::vector<Transition>& transitions);
// Sets revisions and links anew, from the order of the drafts.
void Relink(std::vector<Draft>& drafts);

// The entries, each chained to the one before.
std::vector<std::string> Seal(const std::vector<Draft>& drafts);
Hash RootOf(const std::vector<std::string>& entries);
// A checkpoint over the entries.
std::string SignedNote(const std::vector<std::string>& entries, char seed = 1);

// Verifies entries stored under 0, 1, 2, ...
VerifyReport VerifyEntries(const std::vector<std::string>& entries, std::vector<CheckpointInput> checkpoints = {},
                           const std::optional<VerifierKey>& trusted_key = std::nullopt);

}  // namespace envledger
