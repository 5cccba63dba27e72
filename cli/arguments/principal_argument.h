// --principal [KIND:]ID and --issuer: which principal is meant.
//
// An id may itself hold colons, and begin with a word that is also a kind ("system:serviceaccount:default:web"). So
// "WORD:REST" with a kind word is read as kind and id first, and as a whole id when the ledger knows no principal of
// the first reading but one of the second. ":ID" says that all that follows is the id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments/options.h"
#include "ledger/codec/message.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger::cli {

struct PrincipalArgument {
  PrincipalFilter filter;            // the first reading
  std::optional<std::string> whole;  // the id of the second, when there is one
};

// kInvalidArgument when no id is left.
Result<PrincipalArgument> ParsePrincipalArgument(std::string_view text);

// --principal, --issuer and --role.
OptionSpecs PrincipalOptions();
// Without --principal the filter's id is empty. kInvalidArgument naming the option.
Result<PrincipalArgument> PrincipalOf(const Options& options);

struct ResolvedPrincipal {
  PrincipalFilter filter;
  std::vector<PrincipalSummary> candidates;  // the principals that it names, as far as one page tells
};
// Asks the ledger which reading is meant. REQUIRES: the filter has an id.
Result<ResolvedPrincipal> Resolve(LedgerReader& reader, const PrincipalArgument& argument);

// What a person should know about the choice: that no principal, or more than one, is meant. Empty: nothing.
std::string NoteOn(const ResolvedPrincipal& resolved);

}  // namespace envledger::cli
