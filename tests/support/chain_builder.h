// Ledgers in memory, sealed by an independent implementation of the rules. Tests can forge them.
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

// The contents of an entry to be sealed: the header without its place in the chain, and a body.
struct Draft {
  EntryHeader header;
  std::string transition;
  std::optional<LedgerEvent> event;
};

Draft DraftOf(LedgerEvent event, Nanos recorded_at);
Draft DraftOf(const Transition& transition, Nanos recorded_at);
// A genesis, then the transitions, one second apart, with correct revisions and links.
std::vector<Draft> Drafts(const std::vector<Transition>& transitions);
// Recomputes revisions and links from the order of the drafts.
void Relink(std::vector<Draft>& drafts);

// The entries, each chained to the previous one.
std::vector<std::string> Seal(const std::vector<Draft>& drafts);
Hash RootOf(const std::vector<std::string>& entries);
// A checkpoint over the entries.
std::string SignedNote(const std::vector<std::string>& entries, char seed = 1);

// Verifies entries stored under 0, 1, 2, ...
VerifyReport VerifyEntries(const std::vector<std::string>& entries, std::vector<CheckpointInput> checkpoints = {},
                           const std::optional<VerifierKey>& trusted_key = std::nullopt);

}  // namespace envledger
