#include "ledger/protocol/principal_name.h"

namespace envledger {
namespace {

Result<std::vector<PrincipalSummary>> Find(LedgerReader& reader, const PrincipalFilter& filter) {
  PrincipalsRequest request{.filter = filter, .limit = kMostCandidates, .cursor = {}};
  request.filter.roles = 0;  // the name means the same principals whatever role is asked about
  ENVLEDGER_ASSIGN_OR_RETURN(PrincipalsResponse response, reader.Principals(request));
  return std::move(response.principals);
}

}  // namespace

std::vector<PrincipalFilter> PrincipalName::Readings() const {
  std::vector<PrincipalFilter> readings = {filter};
  if (whole) {
    readings.push_back(filter);
    readings.back().kind = PrincipalKind::kUnspecified;
    readings.back().id = *whole;
  }
  return readings;
}

Result<PrincipalName> ParsePrincipalName(std::string_view text) {
  PrincipalName name;
  const size_t colon = text.find(':');
  name.filter.id = text;
  if (colon == 0) {
    name.filter.id = text.substr(1);
  } else if (colon != std::string_view::npos) {
    if (const auto kind = ParseName<PrincipalKind>(text.substr(0, colon))) {
      name.filter.kind = *kind;
      name.filter.id = text.substr(colon + 1);
      name.whole = text;
    }
  }
  if (name.filter.id.empty())
    return InvalidArgument("a principal needs an id, but \"" + std::string(text) + "\" has none");
  return name;
}

Result<ResolvedPrincipal> Resolve(LedgerReader& reader, const PrincipalName& name) {
  ResolvedPrincipal resolved{.filter = name.filter, .candidates = {}};
  for (PrincipalFilter& reading : name.Readings()) {
    ENVLEDGER_ASSIGN_OR_RETURN(std::vector<PrincipalSummary> candidates, Find(reader, reading));
    if (candidates.empty()) continue;
    return ResolvedPrincipal{.filter = std::move(reading), .candidates = std::move(candidates)};
  }
  return resolved;
}

}  // namespace envledger
