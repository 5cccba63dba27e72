#include "cli/arguments/principal_argument.h"

#include "cli/arguments/query_request.h"
#include "ledger/base/message.h"
#include "ledger/text/words.h"

namespace envledger::cli {

OptionSpecs PrincipalOptions() {
  return {
      {"principal", Takes::kValue, "[KIND:]ID",
       "the id, optionally preceded by its kind: user, service, agent, workload, role, job, system or anonymous; use "
       ":ID for an id that itself begins with a kind and a colon"},
      {"issuer", Takes::kValue, "ISSUER", "the principal's issuer, if several issuers have a principal of that name"},
      {"role", Takes::kValues, "ROLE",
       "the principal's role: requester, subject, delegate, decider (a list: any of them)",
       [] {
         return std::vector<std::string_view>{"requester", "subject", "delegate", "decider"};
       }},
  };
}

Result<PrincipalName> PrincipalOf(const Options& options) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<KeyValue> filters, StateFilters(options, 0));
  return ReadPrincipalFilters(filters);
}

std::string NoteOn(const std::vector<Principal>& principals) {
  if (principals.empty()) return "no such principal in the ledger";
  if (principals.size() == 1) return "";
  std::vector<std::string> names;
  for (const Principal& principal : principals) {
    if (names.size() + 1 == kMostCandidates) {
      names.emplace_back("...");
      break;
    }
    names.push_back(FullPrincipalText(principal));
  }
  return "this is about more than one principal: " + Joined(names, ", ") +
         "; to select one of them, use KIND:ID or --issuer";
}

}  // namespace envledger::cli
