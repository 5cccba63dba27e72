#include "cli/arguments/principal_argument.h"

#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

constexpr uint32_t kCandidates = 10;  // listed in a note

Result<std::vector<PrincipalSummary>> Find(LedgerReader& reader, const PrincipalFilter& filter) {
  PrincipalsRequest request{.filter = filter, .limit = kCandidates + 1, .cursor = {}};
  request.filter.roles = 0;  // who is meant does not depend on the role that is asked about
  ENVLEDGER_ASSIGN_OR_RETURN(PrincipalsResponse response, reader.Principals(request));
  return std::move(response.principals);
}

}  // namespace

OptionSpecs PrincipalOptions() {
  return {
      {"principal", Takes::kValue, "[KIND:]ID",
       "user, service, agent, workload, role, job, system or anonymous, and the id; :ID for an id that begins with "
       "such a "
       "word"},
      {"issuer", Takes::kValue, "ISSUER", "the principal's issuer, where several have one of that name"},
      {"role", Takes::kValues, "ROLE",
       "what the principal was: requester, subject, delegate, decider (a list: any of them)",
       [] {
         return std::vector<std::string_view>{"requester", "subject", "delegate", "decider"};
       }},
  };
}

Result<PrincipalArgument> ParsePrincipalArgument(std::string_view text) {
  PrincipalArgument argument;
  const size_t colon = text.find(':');
  argument.filter.id = text;
  if (colon == 0) {
    argument.filter.id = text.substr(1);
  } else if (colon != std::string_view::npos) {
    if (const auto kind = ParseName<PrincipalKind>(text.substr(0, colon))) {
      argument.filter.kind = *kind;
      argument.filter.id = text.substr(colon + 1);
      argument.whole = text;
    }
  }
  if (argument.filter.id.empty()) return InvalidArgument("--principal has no id in \"" + std::string(text) + "\"");
  return argument;
}

Result<PrincipalArgument> PrincipalOf(const Options& options) {
  PrincipalArgument argument;
  if (options.Has("principal")) {
    ENVLEDGER_ASSIGN_OR_RETURN(argument, ParsePrincipalArgument(options.Get("principal")));
  }
  if (options.Has("issuer")) argument.filter.issuer = options.Get("issuer");
  for (const std::string& word : options.Split("role")) {
    const auto role = ParseRole(word);
    if (!role) return InvalidArgument("--role is requester, subject, delegate or decider, not \"" + word + "\"");
    argument.filter.roles = static_cast<RoleMask>(argument.filter.roles | *role);
  }
  return argument;
}

Result<ResolvedPrincipal> Resolve(LedgerReader& reader, const PrincipalArgument& argument) {
  ResolvedPrincipal resolved{.filter = argument.filter, .candidates = {}};
  ENVLEDGER_ASSIGN_OR_RETURN(resolved.candidates, Find(reader, resolved.filter));
  if (!resolved.candidates.empty() || !argument.whole) return resolved;
  PrincipalFilter whole = argument.filter;
  whole.kind = PrincipalKind::kUnspecified;
  whole.id = *argument.whole;
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<PrincipalSummary> candidates, Find(reader, whole));
  if (!candidates.empty()) resolved = {.filter = std::move(whole), .candidates = std::move(candidates)};
  return resolved;
}

std::string NoteOn(const ResolvedPrincipal& resolved) {
  if (resolved.candidates.empty()) return "the ledger knows no such principal";
  if (resolved.candidates.size() == 1) return "";
  std::vector<std::string> names;
  for (const PrincipalSummary& candidate : resolved.candidates) {
    if (names.size() == kCandidates) {
      names.emplace_back("...");
      break;
    }
    names.push_back(FullPrincipalText(candidate.principal));
  }
  return "this is about more than one principal: " + Joined(names, ", ") + "; narrow it with KIND: or --issuer";
}

}  // namespace envledger::cli
