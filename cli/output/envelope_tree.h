// Envelopes that were requested within others: an agent run, its tool calls, and what those asked for in turn.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/output/output_style.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/text/words.h"

namespace envledger::cli {

// A tree is read up to so many levels above and below the envelope, and so many envelopes in all, which hold no more
// than so many bytes; where there is more, the tree says so.
inline constexpr size_t kMaxTreeDepth = 64;
inline constexpr size_t kMaxTreeEnvelopes = 2000;
inline constexpr size_t kMaxTreeBytes = 32 << 20;

// What is told of an envelope in a tree.
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
  bool asked = false;  // the one that the tree was asked for
  std::vector<TreeNode> children;
  std::string note;  // what is left out below it, and why; empty: nothing is
};

struct EnvelopeTree {
  TreeNode root;
  std::string above;    // what is left out above the root, and why; empty: the root has no parent
  std::string problem;  // a hole in one of the answers that the tree is made of
  size_t envelopes = 1;
};

// The envelope's parents up to the root, and from there down only the way to the envelope, and all that was requested
// within the envelope. Parents that are missing and circles end the climb, with a note. Errors as the reader gives
// them.
Result<EnvelopeTree> ReadTree(LedgerReader& reader, const Envelope& envelope);

// One line an envelope: id, stage, what, and how granted compares with requested.
void PrintTree(std::ostream& out, const OutputStyle& style, const EnvelopeTree& tree);
// {"envelope_id", "stage", "kind", "operation", "relation", "children": [...]}, "note" and "above" where there is one.
std::string TreeJson(const EnvelopeTree& tree);

}  // namespace envledger::cli
