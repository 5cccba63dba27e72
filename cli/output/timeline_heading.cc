#include "cli/output/timeline_heading.h"

#include <algorithm>

#include "cli/output/table.h"
#include "ledger/base/message.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"
#include "ledger/text/words.h"
#include "ledger/text/wrap.h"

namespace envledger::cli {
namespace {

constexpr size_t kLeastRoom = 20;  // columns for a text, however narrow the terminal is
constexpr size_t kDeepestHop = 8;

// Labelled lines: "  asked by    user:alice   https://id.example.com". Lines without a text are left out.
class Facts {
 public:
  Facts(std::ostream& out, const OutputStyle& style) : out_(out), palette_(style.palette), width_(style.width) {}
  void Add(std::string label, const std::string& text, const std::string& aside = "") const {
    if (text.empty()) return;
    label.resize(12, ' ');
    Hang("  " + palette_.Paint(Color::kDim, label), 14, SafeText(text), SafeText(aside), Color::kDim);
  }
  // Prints `begin`, which takes `indent` columns, then the text, wrapped and aligned after it, then the aside: beside
  // the text if it fits, else below.
  void Hang(const std::string& begin, size_t indent, const std::string& text, const std::string& aside,
            Color color) const {
    const size_t room = width_ == 0 ? 0 : std::max(width_, indent + kLeastRoom) - indent;
    const std::string below = '\n' + std::string(indent, ' ');
    const std::vector<std::string> lines = WrapColumns(text, room);
    out_ << begin << lines.front();
    for (size_t i = 1; i < lines.size(); ++i) out_ << below << lines[i];
    if (!aside.empty()) {
      const bool beside = room == 0 || ColumnsOf(lines.back()) + 2 + ColumnsOf(aside) <= room;
      if (beside) out_ << "  " << palette_.Paint(color, aside);
      for (const std::string& line : beside ? std::vector<std::string>{} : WrapColumns(aside, room)) {
        out_ << below << palette_.Paint(color, line);
      }
    }
    out_ << '\n';
  }
  void Add(const std::string& label, const Principal& principal) const {
    Add(label, PrincipalText(principal), principal.issuer);
  }

 private:
  std::ostream& out_;
  const Palette& palette_;
  const size_t width_;
};

// The chain of delegation, outermost first. Each hop is printed below the one that it acts for.
void PrintChain(const Facts& facts, const Identity& identity) {
  if (identity.delegation.empty()) return;
  facts.Add("delegation", PrincipalText(identity.subject ? *identity.subject : identity.requester));
  size_t indent = 14;
  for (const DelegationHop& hop : identity.delegation) {
    std::vector<std::string> about;
    if (hop.actor == identity.requester) about.emplace_back("asks");
    about.emplace_back(hop.binding == HopBinding::kUnspecified ? "binding unstated" : Name(hop.binding));
    if (!hop.delegation_id.empty()) about.push_back(hop.delegation_id);
    if (!hop.scopes.empty()) about.push_back("may " + Joined(hop.scopes, " "));
    if (!hop.audience.empty()) about.push_back("at " + hop.audience);
    if (hop.expires_at) about.push_back("until " + FullTime(*hop.expires_at));
    const Color color = hop.binding == HopBinding::kFailed ? Color::kRed : Color::kDim;
    facts.Hang(std::string(indent, ' ') + "└─▶ ", indent + 4, SafeText(PrincipalText(hop.actor)),
               SafeText(Joined(about, ", ")), color);
    // A very long chain is not indented any further.
    indent = std::min<size_t>(indent + 4, 14 + 4 * kDeepestHop);
  }
}

void PrintExecution(const Facts& facts, const Execution& execution) {
  std::string kind(Name(execution.kind));
  if (!execution.kind_detail.empty()) kind += " (" + execution.kind_detail + ")";
  std::vector<std::string> aside;
  if (execution.action != Action::kUnspecified) aside.emplace_back(Name(execution.action));
  if (!execution.priority.empty()) aside.push_back("priority " + execution.priority);
  if (!execution.trigger.empty()) aside.push_back("triggered by " + execution.trigger);
  if (execution.dry_run.value_or(false)) aside.emplace_back("dry run");
  if (!execution.operation.empty()) kind += "  " + execution.operation;
  facts.Add("what", kind, Joined(aside, ", "));
  for (size_t i = 0; i < execution.targets.size(); ++i) {
    const Target& target = execution.targets[i];
    facts.Add(i == 0 ? "on" : "", TargetText(target), target.id.empty() ? "" : target.digest);
  }
  facts.Add("within", execution.parent_envelope_id);
  if (execution.deadline) facts.Add("deadline", FullTime(*execution.deadline));
}

void PrintScope(const Facts& facts, const Scope& scope) {
  std::vector<std::string> aside = {std::string(Name(scope.binding))};
  if (!scope.role.empty()) aside.push_back("as " + scope.role);
  if (!scope.classification.empty()) aside.push_back(scope.classification);
  if (!scope.residency.empty()) aside.push_back("residency " + scope.residency);
  facts.Add("scope", scope.id.empty() ? scope.kind : scope.kind + ":" + scope.id, Joined(aside, ", "));
  facts.Add("asks to", Joined(scope.requested_scopes, " "));
  facts.Add("purpose", scope.purpose);
}

}  // namespace

void PrintTitle(std::ostream& out, const OutputStyle& style, const Envelope& envelope) {
  const Palette& palette = style.palette;
  const std::vector<std::string> lines = WrapColumns(SafeText(envelope.envelope_id), style.width);
  for (size_t i = 0; i < lines.size(); ++i) out << (i == 0 ? "" : "\n") << palette.Paint(Color::kBold, lines[i]);
  constexpr size_t kWidestStage = 20;  // with "(open)"
  const bool beside = style.width == 0 || ColumnsOf(lines.back()) + kWidestStage <= style.width;
  out << (beside ? "  " : "\n") << palette.Paint(ColorOf(envelope.stage), Name(envelope.stage));
  if (!IsTerminal(envelope.stage)) out << palette.Paint(Color::kDim, " (open)");
  out << "\n";
}

void PrintHeading(std::ostream& out, const OutputStyle& style, const Envelope& envelope) {
  const Facts facts(out, style);
  const Identity& identity = envelope.identity;
  facts.Add("asked by", identity.requester);
  if (identity.subject) facts.Add("for", *identity.subject);
  PrintChain(facts, identity);
  facts.Add("tenant", identity.tenant);
  facts.Add("groups", Joined(identity.groups, ", "));
  facts.Add("roles", Joined(identity.roles, ", "));
  if (identity.authentication) {
    const Authentication& how = *identity.authentication;
    facts.Add("proven by", how.method.empty() ? "unstated method" : how.method, how.credential_id);
  }
  if (identity.source) {
    facts.Add("through", identity.source->service.empty() ? identity.source->address : identity.source->service,
              identity.source->service.empty() ? "" : identity.source->address);
  }
  PrintExecution(facts, envelope.execution);
  PrintScope(facts, envelope.scope);
  if (envelope.correlation) {
    facts.Add("request id", envelope.correlation->request_id);
    facts.Add("trace", envelope.correlation->traceparent);
    facts.Add("in talk", envelope.correlation->conversation_id);
    for (const KeyValue& id : envelope.correlation->external_ids) facts.Add("known as", id.value, id.key);
  }
}

void PrintResources(std::ostream& out, const OutputStyle& style, const Envelope& envelope) {
  static const ResourceMap kNothing;
  const ResourceMap& granted = envelope.granted ? envelope.granted->resources : kNothing;
  const ResourceMap& used = envelope.outcome ? envelope.outcome->usage : kNothing;
  const std::vector<std::string> names = ResourceNames({&envelope.requested, &granted, &used});
  if (names.empty()) return;
  Table table(out, style.palette, style.width,
              {{.title = "RESOURCE"},
               {.title = "REQUESTED", .right = true},
               {.title = "GRANTED", .right = true},
               {.title = "USED", .least = 4, .right = true},
               {.title = "RELATION", .least = 12}},
              2);
  const auto amount = [](const ResourceMap& map, const std::string& name) -> Cell {
    const Resource* resource = FindResource(map, name);
    if (resource == nullptr) return {"-", Color::kDim};
    return {SafeText(AmountText(*resource)), Color::kPlain};
  };
  for (const std::string& name : names) {
    const auto relation = envelope.relation.find(name);
    const bool compared = relation != envelope.relation.end();
    table.Add(
        {{SafeText(name), Color::kPlain},
         amount(envelope.requested, name),
         amount(granted, name),
         amount(used, name),
         {compared ? std::string(Name(relation->second)) : "-", compared ? ColorOf(relation->second) : Color::kDim}});
  }
  table.Finish();
}

}  // namespace envledger::cli
