// A producer can name any parent: an envelope that was never recorded, the envelope itself, or one whose parents lead
// back to it. Therefore both directions remember the envelopes that they have visited.
#include "cli/output/envelope_tree.h"

#include <algorithm>
#include <set>

#include "ledger/evidence/pages.h"
#include "ledger/json/writer.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"
#include "ledger/text/words.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {
namespace {

class Reading {
 public:
  explicit Reading(LedgerReader& reader) : reader_(reader) {}

  Result<EnvelopeTree> Read(const Envelope& envelope) {
    EnvelopeTree tree;
    TreeNode node{.envelope = TreeEnvelope(envelope), .asked = true, .children = {}, .note = {}};
    met_.insert(envelope.envelope_id);
    ENVLEDGER_ASSIGN_OR_RETURN(std::vector<TreeNode> parents, Climb(envelope, tree.above));
    ENVLEDGER_RETURN_IF_ERROR(Descend(node, 0));
    for (TreeNode& parent : parents) {
      parent.children.push_back(std::move(node));
      node = std::move(parent);
    }
    tree.root = std::move(node);
    tree.problem = problem_;
    tree.envelopes = met_.size();
    return tree;
  }

 private:
  // Nearest parent first.
  Result<std::vector<TreeNode>> Climb(const Envelope& envelope, std::string& above) {
    std::vector<TreeNode> parents;
    std::string id = envelope.execution.parent_envelope_id;
    while (!id.empty()) {
      if (met_.contains(id)) {
        above = "the parents form a cycle: " + id + " is in this tree already";
        break;
      }
      if (parents.size() == kMaxTreeDepth) {
        above = "more than " + std::to_string(kMaxTreeDepth) + " levels above; the next one is " + id;
        break;
      }
      auto pages = EnvelopePages::Open(reader_, id);
      if (!pages.ok() && pages.status().code() == Code::kNotFound) {
        above = "the parent " + id + " is not in the ledger";
        break;
      }
      ENVLEDGER_RETURN_IF_ERROR(pages.status());
      ENVLEDGER_ASSIGN_OR_RETURN(const EnvelopeStory story, EnvelopeStory::Read(*std::move(pages)));
      Problem(story.problem());
      TreeEnvelope parent(story.envelope());
      bytes_ += parent.MemoryBytes();
      if (bytes_ > kMaxTreeBytes) {
        above = "a tree takes at most " + Grouped(kMaxTreeBytes) + " bytes; the next one above is " + id;
        break;
      }
      met_.insert(id);
      id = parent.parent;
      parents.push_back({.envelope = std::move(parent), .asked = false, .children = {}, .note = {}});
    }
    return parents;
  }

  Status Descend(TreeNode& node, size_t depth) {
    if (bytes_ > kMaxTreeBytes) {
      node.note = "its children were not read: a tree takes at most " + Grouped(kMaxTreeBytes) + " bytes";
      return Ok();
    }
    QueryRequest request;
    request.parent = node.envelope.id;
    const uint64_t room = kMaxTreeEnvelopes - std::min(kMaxTreeEnvelopes, met_.size());
    std::vector<TreeEnvelope> children;
    bool dropped = false;
    // One more than fits, to know whether there is more.
    ENVLEDGER_ASSIGN_OR_RETURN(const Coverage coverage,
                               ForEachEnvelope(reader_, request, room + 1, [&](EnvelopeStory& story) {
                                 TreeEnvelope child(story.envelope());
                                 if (child.parent != request.parent) return Ok();
                                 dropped = dropped || bytes_ > kMaxTreeBytes;
                                 if (dropped) return Ok();
                                 bytes_ += child.MemoryBytes();
                                 children.push_back(std::move(child));
                                 return Ok();
                               }));
    Problem(coverage.problem());
    for (TreeEnvelope& child : children) {
      if (depth == kMaxTreeDepth) {
        node.note = "more than " + std::to_string(kMaxTreeDepth) + " levels below; see show --tree " + child.id;
        return Ok();
      }
      if (met_.size() >= kMaxTreeEnvelopes) {
        node.note = "there is more: a tree has at most " + Grouped(kMaxTreeEnvelopes) + " envelopes";
        return Ok();
      }
      if (!met_.insert(child.id).second) {
        node.note = "the children form a cycle: " + child.id + " is in this tree already";
        continue;
      }
      node.children.push_back({.envelope = std::move(child), .asked = false, .children = {}, .note = {}});
    }
    if (!coverage.next_cursor().empty() && node.note.empty()) {
      node.note = "there is more: a tree has at most " + Grouped(kMaxTreeEnvelopes) + " envelopes";
    }
    if (dropped) node.note = "there is more: a tree takes at most " + Grouped(kMaxTreeBytes) + " bytes";
    for (TreeNode& child : node.children) ENVLEDGER_RETURN_IF_ERROR(Descend(child, depth + 1));
    return Ok();
  }

  void Problem(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  LedgerReader& reader_;
  std::set<std::string> met_;
  size_t bytes_ = 0;  // MemoryBytes of all of them
  std::string problem_;
};

class TreePrinter {
 public:
  TreePrinter(std::ostream& out, const OutputStyle& style) : out_(out), style_(style) {}

  // `first` is the prefix of the first line, `rest` that of the lines below.
  void Print(const TreeNode& node, const std::string& first, const std::string& rest) const {
    const TreeEnvelope& envelope = node.envelope;
    const Palette& palette = style_.palette;
    std::string about = SafeText(envelope.what);
    if (!envelope.summary.empty()) about += "  " + SafeText(envelope.summary);
    const std::string id = SafeText(envelope.id);
    const std::string stage(Name(envelope.stage));
    const std::string mark = node.asked ? "  ◀ this" : "";
    const size_t taken = ColumnsOf(first + id + stage + mark) + 4;
    out_ << first << palette.Paint(node.asked ? Color::kBold : Color::kPlain, id) << "  "
         << palette.Paint(ColorOf(envelope.stage), stage) << mark;
    const bool fits = style_.width == 0 || taken + ColumnsOf(about) <= style_.width;
    if (fits) out_ << "  " << palette.Paint(Color::kDim, about);
    out_ << '\n';
    const std::string under = rest + (node.children.empty() && node.note.empty() ? "   " : "│  ");
    if (!fits) Lines(under + " ", about);
    for (size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size() && node.note.empty();
      Print(node.children[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
    }
    if (!node.note.empty()) Lines(rest + "└─ ", "(" + SafeText(node.note) + ")", rest + "   ");
  }

  void Lines(const std::string& prefix, const std::string& text, const std::string& next = "") const {
    const size_t before = ColumnsOf(prefix);
    const size_t room = style_.width == 0 ? 0 : style_.width > before + 20 ? style_.width - before : 20;
    bool first = true;
    for (const std::string& line : WrapColumns(text, room)) {
      out_ << (first || next.empty() ? prefix : next) << style_.palette.Paint(Color::kDim, line) << '\n';
      first = false;
    }
  }

 private:
  std::ostream& out_;
  const OutputStyle& style_;
};

std::string NodeJson(const TreeNode& node, const std::string& above) {
  const TreeEnvelope& envelope = node.envelope;
  JsonObject json;
  json.Text("envelope_id", envelope.id).Text("stage", Name(envelope.stage));
  json.Text("kind", Name(envelope.kind)).TextOrNull("operation", envelope.operation);
  JsonObject relation;
  for (const auto& [resource, of_it] : envelope.relation) relation.Text(resource, Name(of_it));
  json.Raw("relation", relation.str()).TextIfAny("above", above).TextIfAny("note", node.note);
  std::vector<std::string> children;
  for (const TreeNode& child : node.children) children.push_back(NodeJson(child, {}));
  return json.Raw("children", JsonArray(children)).str();
}

}  // namespace

TreeEnvelope::TreeEnvelope(const Envelope& envelope)
    : id(envelope.envelope_id),
      stage(envelope.stage),
      parent(envelope.execution.parent_envelope_id),
      kind(envelope.execution.kind),
      operation(envelope.execution.operation),
      what(WhatText(envelope.execution)),
      relation(envelope.relation),
      summary(SummaryOf(envelope).text) {}

size_t TreeEnvelope::MemoryBytes() const {
  constexpr size_t kNodeBytes = 96;  // of a map
  size_t bytes = sizeof *this + id.size() + parent.size() + operation.size() + what.size() + summary.size();
  for (const auto& [resource, of_it] : relation) bytes += kNodeBytes + resource.size();
  return bytes;
}

Result<EnvelopeTree> ReadTree(LedgerReader& reader, const Envelope& envelope) { return Reading(reader).Read(envelope); }

void PrintTree(std::ostream& out, const OutputStyle& style, const EnvelopeTree& tree) {
  const TreePrinter printer(out, style);
  if (!tree.above.empty()) printer.Lines("  ", "(" + SafeText(tree.above) + ")");
  printer.Print(tree.root, "  ", "  ");
}

std::string TreeJson(const EnvelopeTree& tree) { return NodeJson(tree.root, tree.above); }

}  // namespace envledger::cli
