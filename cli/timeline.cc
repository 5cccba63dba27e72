// The layout of a record:
//
//   ● granted    2026-03-17 09:20:02.104  +1.3s
//   │   resources  gpu 4, memory 64Gi
//   │   sealed     #12 at 2026-03-17 09:20:02.11 by gateway (uid 1000, pid 4242), leaf 3fa9c1...
//
// Delays are between occurred_at of neighbours: the producer's story. How far the ledger's clock was from it stands
// beside the time of sealing when it is a minute or more.
#include "cli/timeline.h"

#include <algorithm>

#include "cli/safe_text.h"
#include "cli/timeline_heading.h"
#include "cli/words.h"
#include "ledger/chain/tree.h"

namespace envledger::cli {
namespace {

class RecordPrinter {
 public:
  RecordPrinter(std::ostream& out, const Palette& palette, bool last) : out_(out), palette_(palette), last_(last) {}

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
    label.resize(11, ' ');
    out_ << (last_ ? "      " : "  │   ") << palette_.Paint(Color::kDim, label) << palette_.Paint(color, SafeText(text))
         << '\n';
  }

  void Gap() const { out_ << (last_ ? "" : "  │\n"); }

 private:
  std::ostream& out_;
  const Palette& palette_;
  const bool last_;
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

// Producers tend to give the reason of a record as that of its decision too: once is enough.
bool SaysReason(const std::optional<Decision>& decision, const std::string& reason) {
  return decision && std::find(decision->reasons.begin(), decision->reasons.end(), reason) != decision->reasons.end();
}

void PrintGrant(const RecordPrinter& print, const Granted& granted) {
  print.Line("granted", granted.resources.empty() ? "no resources stated" : ResourcesText(granted.resources));
  print.Line("scopes", Joined(granted.scopes, " "));
  print.Line("grant", granted.grant_id);
  if (granted.not_before) print.Line("from", FullTime(*granted.not_before));
  if (granted.expires_at) print.Line("until", FullTime(*granted.expires_at));
  if (granted.charge_to) print.Line("charged to", FullPrincipalText(*granted.charge_to));
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
  const Nanos distance = record.recorded_at - record.transition.occurred_at.value_or(0);
  if (distance >= 60 * kSecond) text += " (" + FormatSpan(distance) + " later)";
  if (distance <= -60 * kSecond) text += " (" + FormatSpan(-distance) + " before it is said to have occurred)";
  print.Line("sealed", text, Color::kDim);
  print.Line("leaf", Hex(View(LeafHash(entry))), Color::kDim);
}

void PrintRecord(const RecordPrinter& print, const Record& record, std::string_view entry) {
  const Transition& transition = record.transition;
  // The `requested` record is the heading; here it only says what nothing else shows.
  if (transition.requested) {
    print.Line("requested", transition.requested->empty() ? "no resources" : ResourcesText(*transition.requested));
  }
  if (!SaysReason(transition.decision, transition.reason)) print.Line("because", transition.reason);
  if (transition.decision) PrintDecision(print, *transition.decision);
  if (transition.granted) PrintGrant(print, *transition.granted);
  if (transition.routing) PrintRouting(print, *transition.routing);
  if (transition.outcome) PrintOutcome(print, *transition.outcome);
  print.Line("note", transition.note);
  PrintSeal(print, record, entry);
}

}  // namespace

void PrintTimeline(std::ostream& out, const OutputStyle& style, const Story& story,
                   const std::vector<std::string>& entries) {
  PrintHeading(out, style, story.envelope);
  PrintResources(out, style, story.envelope);
  out << '\n';
  std::optional<Nanos> before;
  for (size_t i = 0; i < story.records.size(); ++i) {
    const RecordPrinter print(out, style.palette, i + 1 == story.records.size());
    print.Title(story.records[i], before);
    PrintRecord(print, story.records[i], entries[i]);
    print.Gap();
    before = story.records[i].transition.occurred_at;
  }
}

}  // namespace envledger::cli
