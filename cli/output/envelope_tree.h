// Envelopes that were requested within others: an agent run, its tool calls, and the requests of those in turn.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/output/output_style.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/text/words.h"

namespace envledger::cli {

// The limits of a tree: levels above and below the envelope, envelopes in all, and bytes of memory. If there is more,
// the tree says so.
inline constexpr size_t kMaxTreeDepth = 64;
inline constexpr size_t kMaxTreeEnvelopes = 2000;
inline constexpr size_t kMaxTreeBytes = 32 << 20;

// The facts about an envelope that a tree shows.
struct TreeEnvelope {
  std::string id;
  Stage stage = Stage::kUnspecified;
  std::string parent;
  ExecutionKind kind = ExecutionKind::kUnspecified;
  std::string operation;
  std::string what;  // WhatText
  RelationMap relation;
  std::string summary;  // the text of SummaryOf

  explicit TreeEnvelope(const Envelope& envelope);
  TreeEnvelope() = default;
  size_t MemoryBytes() const;
};

struct TreeNode {
  TreeEnvelope envelope;
  bool asked = false;  // the envelope for which the tree was read
  std::vector<TreeNode> children;
  std::string note;  // why something below is left out; empty if nothing is
};

struct EnvelopeTree {
  TreeNode root;
  std::string above;    // why the parents of the root are left out; empty if it has none
  std::string problem;  // why an answer that the tree was made of is incomplete
  size_t envelopes = 1;
};

// Reads the envelope's parents up to the root, and everything that was requested within the envelope. Other children of
// the parents are left out. A missing parent or a cycle ends the tree, with a note. Errors as the reader gives them.
Result<EnvelopeTree> ReadTree(LedgerReader& reader, const Envelope& envelope);

// One line per envelope: id, stage, what, and how granted compares with requested.
void PrintTree(std::ostream& out, const OutputStyle& style, const EnvelopeTree& tree);
// {"envelope_id", "stage", "kind", "operation", "relation", "children": [...]}, and "note" and "above" if not empty.
std::string TreeJson(const EnvelopeTree& tree);

}  // namespace envledger::cli
