// The layout of a record:
//
//   ● granted    2026-03-17 09:20:02.104  +1.3s
//   │   resources  gpu 4, memory 64Gi
//   │   sealed     #12 at 2026-03-17 09:20:02.11 by gateway, uid 1000 pid 4242
//   │   leaf       3fa9c1...
//
// On a wide terminal there are two columns: the resources are beside the heading, and the sealing is beside its record.
// Values that do not fit continue on the next line; nothing is cut.
//
// A delay is the difference between the occurred_at of two consecutive records, as the producer states them. If the
// ledger's clock differed by a minute or more, the difference is printed beside the time of sealing.
#include "cli/output/timeline.h"

#include <algorithm>
#include <sstream>

#include "cli/output/timeline_heading.h"
#include "ledger/base/message.h"
#include "ledger/base/span.h"
#include "ledger/chain/tree.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"
#include "ledger/text/words.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {
namespace {

constexpr size_t kLabel = 10;               // so that a leaf hash fits a terminal of 80 columns
constexpr size_t kGutter = 6;               // before a label
constexpr size_t kLeastRoom = 20;           // columns for a value, however narrow the terminal is
constexpr size_t kTwoColumns = 160;         // the least width of a terminal for two columns
constexpr size_t kSealWidth = kLabel + 64;  // of a leaf hash

// The width of a line that contains colour codes.
size_t PaintedColumns(std::string_view line) {
  std::string plain;
  while (!line.empty()) {
    const size_t escape = std::min(line.find('\x1b'), line.size());
    plain += line.substr(0, escape);
    line.remove_prefix(std::min(std::min(line.find('m', escape), line.size() - 1) + 1, line.size()));
  }
  return ColumnsOf(plain);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Prints two blocks of lines side by side.
void PrintBeside(std::ostream& out, const std::string& left, const std::string& right, size_t left_width) {
  const std::vector<std::string> lefts = LinesOf(left);
  const std::vector<std::string> rights = LinesOf(right);
  for (size_t i = 0; i < std::max(lefts.size(), rights.size()); ++i) {
    const std::string line = i < lefts.size() ? lefts[i] : "";
    out << line;
    if (i < rights.size() && !rights[i].empty()) {
      const size_t columns = PaintedColumns(line);
      out << std::string(left_width - std::min(left_width, columns), ' ') << rights[i];
    }
    out << '\n';
  }
}

class RecordPrinter {
 public:
  // `edge`: the prefix of every line except the title.
  RecordPrinter(std::ostream& out, const Palette& palette, size_t width, std::string edge)
      : out_(out), palette_(palette), width_(width), edge_(std::move(edge)) {}

  void Title(const Record& record, std::optional<Nanos> before) const {
    const Transition& transition = record.transition;
    std::string stage(Name(transition.stage));
    const Color color = ColorOf(transition.stage);
    stage.resize(11, ' ');
    out_ << "  " << palette_.Paint(color, "● " + stage) << ' ' << FullTime(transition.occurred_at.value_or(0));
    if (before) {
      const Nanos delay = transition.occurred_at.value_or(0) - *before;
      out_ << "  " << palette_.Paint(delay < 0 ? Color::kRed : Color::kDim, (delay < 0 ? "" : "+") + FormatSpan(delay));
    }
    out_ << '\n';
  }

  void Line(std::string label, const std::string& text, Color color = Color::kPlain) const {
    if (text.empty()) return;
    label.resize(kLabel, ' ');
    const size_t before = ColumnsOf(edge_) + kLabel;
    const size_t room = width_ == 0 ? 0 : std::max(width_, before + kLeastRoom) - before;
    std::string begin = palette_.Paint(Color::kDim, label);
    for (const std::string& line : WrapColumns(SafeText(text), room)) {
      out_ << edge_ << begin << palette_.Paint(color, line) << '\n';
      begin = std::string(kLabel, ' ');
    }
  }

 private:
  std::ostream& out_;
  const Palette& palette_;
  const size_t width_;
  const std::string edge_;
};

void PrintDecision(const RecordPrinter& print, const Decision& decision) {
  std::string text = decision.effect == Effect::kUnspecified ? "" : std::string(Name(decision.effect));
  if (decision.decider) text += (text.empty() ? "by " : " by ") + FullPrincipalText(*decision.decider);
  if (!decision.point.empty()) text += (text.empty() ? "at " : " at ") + decision.point;
  if (!decision.id.empty()) text += " (" + decision.id + ")";
  print.Line("decision", text, ColorOf(decision.effect));
  for (const std::string& reason : decision.reasons) print.Line("because", reason);
  if (decision.policy) {
    const Policy& policy = *decision.policy;
    std::string rule = policy.id.empty() ? policy.digest : policy.id;
    if (!policy.version.empty()) rule += " version " + policy.version;
    print.Line("policy", rule);
  }
  print.Line("under", Joined(decision.obligations, "; "));
  print.Line("as of", decision.snapshot);
}

// Producers often repeat the reason of a record as a reason of its decision. It is then printed only once.
bool SaysReason(const std::optional<Decision>& decision, const std::string& reason) {
  return decision && std::find(decision->reasons.begin(), decision->reasons.end(), reason) != decision->reasons.end();
}

bool Holds(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The granted resources, with the requested amount where the two differ: "gpu 4 (narrowed, asked 8), memory 64Gi".
void PrintGrantedResources(const RecordPrinter& print, const Envelope& envelope, const Granted& granted) {
  const RelationMap relations = RelationOf(envelope.requested, granted.resources);
  std::vector<std::string> parts;
  Color color = Color::kPlain;
  for (const std::string& name : ResourceNames({&granted.resources, &envelope.requested})) {
    const Resource* given = FindResource(granted.resources, name);
    const Resource* asked = FindResource(envelope.requested, name);
    std::string part = name + " " + (given != nullptr ? AmountText(*given) : "-");
    const auto relation = relations.find(name);
    if (relation != relations.end() && relation->second != Relation::kAsRequested) {
      part +=
          " (" + std::string(Name(relation->second)) + (asked != nullptr ? ", asked " + AmountText(*asked) : "") + ")";
      if (!envelope.requested.empty()) color = ColorOf(relation->second);
    }
    parts.push_back(std::move(part));
  }
  print.Line("granted", parts.empty() ? "no resources stated" : Joined(parts, ", "), color);
}

// The granted scopes, those of them that were not requested, and the requested scopes that were not granted.
void PrintGrantedScopes(const RecordPrinter& print, const Envelope& envelope, const Granted& granted) {
  if (granted.scopes.empty()) return;
  const std::vector<std::string>& asked = envelope.scope.requested_scopes;
  std::vector<std::string> given;
  std::vector<std::string> beyond;
  std::vector<std::string> missing;
  for (const std::string& scope : granted.scopes) (Holds(asked, scope) ? given : beyond).push_back(scope);
  for (const std::string& scope : asked) {
    if (!Holds(granted.scopes, scope)) missing.push_back(scope);
  }
  print.Line("may", Joined(given, " "));
  if (!beyond.empty()) print.Line("may also", Joined(beyond, " ") + " (not requested)", Color::kMagenta);
  if (!missing.empty()) print.Line("may not", Joined(missing, " ") + " (requested)", Color::kYellow);
}

void PrintGrant(const RecordPrinter& print, const Envelope& envelope, const Granted& granted) {
  PrintGrantedResources(print, envelope, granted);
  PrintGrantedScopes(print, envelope, granted);
  print.Line("grant", granted.grant_id);
  if (granted.not_before) print.Line("from", FullTime(*granted.not_before));
  if (granted.expires_at) print.Line("until", FullTime(*granted.expires_at));
  if (granted.charge_to) print.Line("charge to", FullPrincipalText(*granted.charge_to));
  print.Line("because", granted.reason);
}

void PrintRouting(const RecordPrinter& print, const Routing& routing) {
  std::vector<std::string> path;
  for (const std::string* part : {&routing.backend, &routing.cluster, &routing.node}) {
    if (!part->empty()) path.push_back(*part);
  }
  std::string text = Joined(path, " / ");
  if (!routing.devices.empty()) text += (text.empty() ? "" : ": ") + Joined(routing.devices, " ");
  print.Line("routed to", text);
  for (const Placement& placement : routing.placements) {
    print.Line("placed on", placement.node + (placement.devices.empty() ? "" : ": " + Joined(placement.devices, " ")));
  }
  print.Line("as", routing.target_ref);
  for (const KeyValue& id : routing.native_ids) print.Line("native id", id.key + " " + id.value);
}

void PrintOutcome(const RecordPrinter& print, const Outcome& outcome) {
  std::string text = outcome.code;
  if (!outcome.reason.empty()) text += (text.empty() ? "" : ": ") + outcome.reason;
  print.Line("outcome", text);
  print.Line("used", ResourcesText(outcome.usage));
  print.Line("result", outcome.result_digest);
  if (outcome.started_at) print.Line("ran from", FullTime(*outcome.started_at));
  if (outcome.ended_at) print.Line("ran until", FullTime(*outcome.ended_at));
}

void PrintSeal(const RecordPrinter& print, const Record& record, std::string_view entry) {
  const Recorder& recorder = record.recorder;
  std::string text = "#" + std::to_string(record.seq) + " at " + FullTime(record.recorded_at) + " by ";
  if (!recorder.producer.empty()) text += recorder.producer + ", ";
  text += "uid " + std::to_string(recorder.uid) + " pid " + std::to_string(recorder.pid);
  const Nanos distance = SpanBetween(record.transition.occurred_at.value_or(0), record.recorded_at);
  if (distance >= 60 * kSecond) text += " (" + FormatSpan(distance) + " later)";
  if (distance <= -60 * kSecond) text += " (" + FormatSpan(-distance) + " before its occurred_at)";
  print.Line("sealed", text, Color::kDim);
  print.Line("leaf", Hex(View(LeafHash(entry))), Color::kDim);
}

void PrintRecord(const RecordPrinter& print, const Envelope& envelope, const Record& record) {
  const Transition& transition = record.transition;
  // The heading shows the rest of the `requested` record.
  if (transition.requested) {
    print.Line("requested", transition.requested->empty() ? "no resources" : ResourcesText(*transition.requested));
  }
  if (!SaysReason(transition.decision, transition.reason)) print.Line("because", transition.reason);
  if (transition.decision) PrintDecision(print, *transition.decision);
  if (transition.granted) PrintGrant(print, envelope, *transition.granted);
  if (transition.routing) PrintRouting(print, *transition.routing);
  if (transition.outcome) PrintOutcome(print, *transition.outcome);
  print.Line("note", transition.note);
}

// The heading, and the resources below it or beside it.
void PrintBegin(std::ostream& out, const OutputStyle& style, const Envelope& envelope) {
  PrintTitle(out, style, envelope);
  out << '\n';
  if (style.width < kTwoColumns) {
    PrintHeading(out, style, envelope);
    std::ostringstream resources;
    PrintResources(resources, style, envelope);
    if (!resources.str().empty()) out << '\n' << resources.str();
    return;
  }
  std::ostringstream heading;
  std::ostringstream resources;
  OutputStyle half = style;
  half.width = style.width / 2;
  PrintHeading(heading, half, envelope);
  half.width = style.width - style.width / 2 - 2;
  PrintResources(resources, half, envelope);
  PrintBeside(out, heading.str(), resources.str(), style.width / 2 + 2);
}

}  // namespace

Timeline::Timeline(std::ostream& out, const OutputStyle& style, const Envelope& envelope)
    : out_(out), style_(style), envelope_(envelope) {
  PrintBegin(out, style, envelope);
  out << '\n';
}

void Timeline::Add(const Record& record, std::string_view entry) {
  const bool two_columns = style_.width >= kTwoColumns;
  const size_t left_width = two_columns ? style_.width - kSealWidth - 2 : style_.width;
  const bool last = ++added_ == envelope_.revisions;
  const std::string edge = last ? std::string(kGutter, ' ') : "  │   ";
  std::ostringstream left;
  std::ostringstream right;
  const RecordPrinter print(left, style_.palette, left_width, edge);
  print.Title(record, before_);
  PrintRecord(print, envelope_, record);
  if (two_columns) {
    PrintSeal(RecordPrinter(right, style_.palette, kSealWidth, ""), record, entry);
  } else {
    PrintSeal(print, record, entry);
  }
  if (!last) left << "  │\n";
  PrintBeside(out_, left.str(), right.str(), left_width + 2);
  before_ = record.transition.occurred_at;
}

}  // namespace envledger::cli
