#include "cli/timeline_heading.h"

#include "cli/safe_text.h"
#include "cli/table.h"
#include "cli/unicode.h"
#include "cli/words.h"

namespace envledger::cli {
namespace {

// Labelled lines: "  asked by    user:alice   https://id.example.com". Lines without a text are left out.
class Facts {
 public:
  Facts(std::ostream& out, const Palette& palette) : out_(out), palette_(palette) {}
  void Add(std::string label, const std::string& text, const std::string& aside = "") const {
    if (text.empty()) return;
    label.resize(12, ' ');
    out_ << "  " << palette_.Paint(Color::kDim, label) << SafeText(text);
    if (!aside.empty()) out_ << "  " << palette_.Paint(Color::kDim, SafeText(aside));
    out_ << '\n';
  }
  void Add(const std::string& label, const Principal& principal) const {
    Add(label, PrincipalText(principal), principal.issuer);
  }

 private:
  std::ostream& out_;
  const Palette& palette_;
};

// The chain of delegation, outermost first, each hop under the one that handed on to it.
void PrintChain(std::ostream& out, const Palette& palette, const Identity& identity) {
  if (identity.delegation.empty()) return;
  const Principal& source = identity.subject ? *identity.subject : identity.requester;
  std::string label = "delegation";
  label.resize(12, ' ');
  out << "  " << palette.Paint(Color::kDim, label) << SafeText(PrincipalText(source)) << '\n';
  std::string indent(14, ' ');
  for (const DelegationHop& hop : identity.delegation) {
    std::vector<std::string> about;
    if (hop.binding != HopBinding::kUnspecified) about.emplace_back(Name(hop.binding));
    if (!hop.delegation_id.empty()) about.push_back(hop.delegation_id);
    if (!hop.scopes.empty()) about.push_back("may " + Joined(hop.scopes, " "));
    if (!hop.audience.empty()) about.push_back("at " + hop.audience);
    if (hop.expires_at) about.push_back("until " + FullTime(*hop.expires_at));
    out << indent << "└─▶ " << SafeText(PrincipalText(hop.actor));
    const Color color = hop.binding == HopBinding::kFailed ? Color::kRed : Color::kDim;
    if (!about.empty()) out << "  " << palette.Paint(color, SafeText(Joined(about, ", ")));
    out << '\n';
    indent += "    ";
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
  facts.Add("may", Joined(scope.requested_scopes, " "));
  facts.Add("purpose", scope.purpose);
}

}  // namespace

void PrintHeading(std::ostream& out, const OutputStyle& style, const Envelope& envelope) {
  const Palette& palette = style.palette;
  out << palette.Paint(Color::kBold, SafeText(envelope.envelope_id)) << "  "
      << palette.Paint(ColorOf(envelope.stage), Name(envelope.stage));
  if (!IsTerminal(envelope.stage)) out << palette.Paint(Color::kDim, " (open)");
  out << "\n\n";

  const Facts facts(out, palette);
  const Identity& identity = envelope.identity;
  facts.Add("asked by", identity.requester);
  if (identity.subject) facts.Add("for", *identity.subject);
  PrintChain(out, palette, identity);
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
  out << '\n';
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
