// `verify`: verifies the whole ledger. All checks are made in the tool, not in the daemon.
#include "ledger/verify/verify.h"

#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/timestamp_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "cli/output/verify_report.h"
#include "cli/progress.h"
#include "ledger/evidence/timestamps.h"
#include "ledger/tiles/verify_tiles.h"

namespace envledger::cli {
namespace {

constexpr unsigned kMaxThreads = 1024;

// Reads the key and the checkpoints given. If one cannot be read, nothing can be concluded.
Status ReadEvidence(const Options& options, VerifyOptions& verify) {
  if (options.Has("vkey")) {
    ENVLEDGER_ASSIGN_OR_RETURN(verify.trusted_key, ReadVerifierKey(options.Get("vkey")));
  }
  for (const std::string& path : options.All("checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ReadCheckpointFile(path));
    verify.anchors.push_back({.note = std::move(note), .where = path, .anchor = true});
  }
  return Ok();
}

// Checks the timestamps. If there are none and no option asked for them, the report does not mention them.
Result<TimestampFindings> ReadTimestamps(const Options& options, const LedgerSource& source) {
  const std::string directory = TimestampsDirectory(options, source);
  if (directory.empty()) return TimestampFindings{};
  std::optional<std::string> certificates;
  if (options.Has("tsa-ca")) {
    ENVLEDGER_ASSIGN_OR_RETURN(certificates, ReadCertificates(options.All("tsa-ca")));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(TimestampFindings findings, CheckTimestamps(directory, certificates));
  const bool asked = options.Has("tsa-ca") || options.Has("timestamps");
  if (findings.count == 0 && !asked) findings.summary.clear();
  return findings;
}

Result<VerifyReport> Verify(Context& context, const LedgerSource& source, const VerifyOptions& verify) {
  Progress progress(context.err, context.err_is_terminal, context.ticks);
  const VerifyProgress tell = [&progress](uint64_t done, uint64_t total) { progress.Update(done, total, "entries"); };
  if (!source.tiles.empty()) return VerifyTiles(source.tiles, verify, tell);
  if (!source.data_dir.empty()) return VerifyStored(source.data_dir, verify, tell);
  ENVLEDGER_ASSIGN_OR_RETURN(const auto reader, context.open_ledger(source));
  return VerifyServed(*reader, verify, tell);
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto threads = options.Number("threads", 0, 0, kMaxThreads);
  if (!threads.ok()) return WrongUsage(context, threads.status());
  if (options.Has("checkpoint") && !options.Has("vkey")) {
    return WrongUsage(context,
                      InvalidArgument("--checkpoint needs --vkey: a checkpoint proves nothing without the key that "
                                      "signed it"));
  }
  if (options.Has("tsa-ca") && TimestampsDirectory(options, *source).empty()) {
    return WrongUsage(context,
                      InvalidArgument("--tsa-ca needs --timestamps DIR or --data-dir, to find the timestamps"));
  }
  if (options.Has("since-checkpoint") && !options.Has("checkpoint")) {
    return WrongUsage(context, InvalidArgument("--since-checkpoint needs --checkpoint, a checkpoint kept elsewhere"));
  }
  if (options.Has("since-checkpoint") && options.Has("only-hashes")) {
    return WrongUsage(context, InvalidArgument("--since-checkpoint and --only-hashes cannot be used together"));
  }
  if (options.Has("since-checkpoint") && options.Has("tiles")) {
    return WrongUsage(context, InvalidArgument("--since-checkpoint cannot be used with --tiles: an export is always "
                                               "verified as a whole"));
  }
  VerifyOptions verify;
  verify.since_anchor = options.Has("since-checkpoint");
  verify.only_hashes = options.Has("only-hashes");
  verify.threads = static_cast<unsigned>(*threads);
  if (const Status status = ReadEvidence(options, verify); !status.ok()) {
    Complain(context, status.ToString());
    return ExitStatus::kUnavailable;
  }
  auto timestamps = ReadTimestamps(options, *source);
  if (!timestamps.ok()) {
    Complain(context, timestamps.status().ToString());
    return ExitStatus::kUnavailable;
  }
  verify.anchors.insert(verify.anchors.end(), timestamps->anchors.begin(), timestamps->anchors.end());
  auto report = Verify(context, *source, verify);
  if (!report.ok()) return Fail(context, report.status());
  for (VerifyFailure& failure : timestamps->failures) AddFailure(*report, std::move(failure));
  if (!timestamps->summary.empty()) report->checks["timestamp"] = timestamps->summary;
  switch (style->format) {
    case Format::kTable:
      PrintVerify(context.out, *style, *report);
      break;
    case Format::kCsv:
      context.out << VerifyCsv(*report);
      break;
    case Format::kJson:
    case Format::kJsonl:
      context.out << VerifyJson(*report) << '\n';
      break;
  }
  return IsPass(report->verdict) ? ExitStatus::kFine : ExitStatus::kFailedVerification;
}

constexpr std::string_view kText =
    R"(Reads every entry and checks its form, its number, the chain of hashes, the times, the lifecycle rules, the
back-links of principals and envelopes, the Merkle tree against every stored checkpoint, and the checkpoints'
signatures. With --data-dir it also compares the indexes with the log, in both directions. With --tiles it checks every
file of the export, byte for byte, without a ledger. If the key was rotated, both keys must have signed each rotation,
and the key in force at its size must have signed each checkpoint. If a key is given, that key or a later one must have
signed at least one checkpoint that agrees with the entries.

VALID: the ledger agrees with a checkpoint kept elsewhere. UNANCHORED: the ledger is consistent in itself, but there was
no checkpoint kept elsewhere, so verify cannot see whether the tail was cut off or the ledger replaced. TRUNCATED,
TAMPERED, INCOMPLETE, WRONG_KEY: the exit status is 1. If a key or checkpoint cannot be read, it is 5.

A timestamp that does not verify gives TAMPERED; one whose authority does not chain to the certificates of --tsa-ca
gives WRONG_KEY. Timestamps beside the ledger could be removed together with its tail. Check the time of the latest
timestamp in the report: no timestamp vouches for later entries.

verify takes about 70 bytes of memory for each envelope and 50 for each principal of the ledger, and 250 more for each
principal if it compares the indexes. With --only-hashes it takes none of these.

json: {"verdict", "ok", "entries", "tree_size", "root", "checkpoints", "failures": [{"seq", "check", "message"}],
"checks", "failure_count", "origin", "vkey", "key_is_trusted", "keys": [{"vkey", "seq"}]}; at most the first 100
failures are listed.)";

constexpr std::string_view kExample = R"(  envledger checkpoint > /media/usb/checkpoint
  envledger verify --checkpoint /media/usb/checkpoint --vkey ledger.vkey
  envledger verify --tiles /srv/www/ledger --vkey ledger.vkey
)";

}  // namespace

Command VerifyCommand() {
  static const OptionSpecs kOwn = {
      {"vkey", Takes::kValue, "VKEY",
       "a verifier key of the ledger, the present or an earlier one, or a file that contains it"},
      {"checkpoint", Takes::kValues, "FILE",
       "a checkpoint kept elsewhere, to compare with; needs --vkey; may be repeated"},
      {"since-checkpoint", Takes::kNothing, "",
       "read only entries newer than --checkpoint, which vouches for the older ones; for frequent checks"},
      {"only-hashes", Takes::kNothing, "",
       "only compare hashes: whether every byte is what the checkpoints vouch for, as fast as the entries can be read"},
      {"tsa-ca", Takes::kValues, "FILE",
       "check the timestamps of checkpoints with these certificates (PEM); a stamped checkpoint then counts as kept "
       "elsewhere; may be repeated"},
      {"timestamps", Takes::kValue, "DIR",
       "the directory in which checkpoint --attach-timestamp stored them (default: in --data-dir)"},
      {"threads", Takes::kValue, "N", "the number of threads that hash (default 0: one per processor)"},
  };
  return {
      .name = "verify",
      .arguments = "",
      .summary = "check every entry, link, checkpoint and index",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, SourceOptions(), TilesOption(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
