// What the checker in a report's page (ledger/report/checker.js) and the one in C++ are both asked, with what the one
// in C++ answers.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/report/data.h"

namespace envledger {

struct CheckerCase {
  std::string name;                   // for the message of a failing test
  std::string call;                   // which question
  nlohmann::json arguments;           // strings, and lists of them
  std::optional<std::string> answer;  // of the checker in C++; nothing when it refuses
};
using CheckerCases = std::vector<CheckerCase>;

// A verifier key. Answer: as it is written canonically.
CheckerCase KeyCase(const std::string& name, const std::string& vkey);
// The text of a checkpoint. Answer: origin, size and root.
CheckerCase CheckpointCase(const std::string& name, const std::string& text);
// Whether the key signed the note. Answer: "signed".
CheckerCase NoteCase(const std::string& name, const std::string& note, const std::string& vkey);
// The checkpoint of a note that the key signed. Answer: origin, size and root.
CheckerCase OpenCase(const std::string& name, const std::string& note, const std::string& vkey);
// What leaves and nodes lead to in a tree of `size` leaves. Numbers are decimal, hashes base64. Answer: the root.
struct ProofLeaf {
  std::string number;
  std::string hash;
};
CheckerCase RootCase(const std::string& name, const std::vector<ProofLeaf>& leaves, const std::string& size,
                     const std::vector<std::string>& nodes);
// The evidence that a report embeds, as its JSON. Answer: the checkpoint's size, and how many entries are proved.
CheckerCase EvidenceCase(const std::string& name, const std::string& json);

// Evidence that holds: the entry of the golden inclusion proof, and some leaves of a tree that is made here and signed
// with TestKey. REQUIRES: leaves in order, below `size`.
ReportData GoldenEvidence();
ReportData MadeEvidence(uint64_t size, const std::vector<uint64_t>& leaves);
std::string EvidenceJson(const ReportData& data);

// A file of tests/data/golden/proofs.
std::string GoldenProof(const std::string& name);

// The text with one character left out, replaced, or put before another, everywhere: by characters that mean something
// in a note, a key or base64, and by some that only look as if they did. Each with what was done.
std::vector<std::pair<std::string, std::string>> Corruptions(const std::string& text);

}  // namespace envledger
