#include "cli/arguments/prove_argument.h"

#include "cli/arguments/key_argument.h"

namespace envledger::cli {

OptionSpecs ProveOptions() {
  return {
      {"prove", Takes::kNothing, "",
       "check in the tool that a signed checkpoint covers the records and that none is left out; needs --vkey"},
      {"vkey", Takes::kValue, "VKEY",
       "with --prove: a verifier key of the ledger, present or earlier, or a file that contains it"},
  };
}

Result<std::optional<VerifierKey>> ProveKeyOf(const Options& options) {
  if (!options.Has("prove")) {
    if (options.Has("vkey")) return InvalidArgument("--vkey can only be used with --prove");
    return std::optional<VerifierKey>();
  }
  if (!options.Has("vkey")) {
    return InvalidArgument("--prove needs --vkey: without a key from elsewhere, a ledger can only agree with itself");
  }
  if (options.Has("tiles")) {
    return InvalidArgument("--prove cannot be used with --tiles: use verify --tiles to check an export");
  }
  auto key = ReadVerifierKey(options.Get("vkey"));
  if (!key.ok()) return Unavailable(key.status().message());
  return std::optional(*std::move(key));
}

ExitStatus BadKey(Context& context, const Status& status) {
  if (status.code() == Code::kInvalidArgument) return WrongUsage(context, status);
  Complain(context, status.message());
  return ExitStatus::kUnavailable;
}

}  // namespace envledger::cli
