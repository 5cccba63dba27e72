#include "cli/arguments/prove_argument.h"

#include "cli/arguments/key_argument.h"

namespace envledger::cli {

OptionSpecs ProveOptions() {
  return {
      {"prove", Takes::kNothing, "",
       "check here that the records are in a signed checkpoint and that none is hidden; needs --vkey"},
      {"vkey", Takes::kValue, "VKEY",
       "with --prove: a verifier key of the ledger, present or earlier, or a file that holds it"},
  };
}

Result<std::optional<VerifierKey>> ProveKeyOf(const Options& options) {
  if (!options.Has("prove")) {
    if (options.Has("vkey")) return InvalidArgument("--vkey is for --prove");
    return std::optional<VerifierKey>();
  }
  if (!options.Has("vkey")) {
    return InvalidArgument("--prove needs --vkey: without a key from outside a ledger can only agree with itself");
  }
  if (options.Has("tiles")) {
    return InvalidArgument("--prove needs a ledger to ask for proofs; an export is proven by verify --tiles");
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
