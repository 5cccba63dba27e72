#include "cli/commands/checkpoint_timestamp.h"

#include "cli/output/proof_output.h"
#include "cli/timestamps.h"
#include "ledger/base/file.h"
#include "ledger/crypto/sha256.h"
#include "ledger/crypto/timestamp.h"

namespace envledger::cli {
namespace {

constexpr uint32_t kCheckpointPage = 512;

ExitStatus Unreadable(Context& context, const Status& status) {
  Complain(context, status.ToString());
  return ExitStatus::kUnavailable;
}

// The stored checkpoint whose note has this SHA-256.
Result<std::string> FindNote(LedgerReader& reader, const Hash& imprint) {
  CheckpointsRequest request;
  request.limit = kCheckpointPage;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const CheckpointsResponse page, reader.Checkpoints(request));
    for (const std::string& note : page.notes) {
      if (Sha256(note) == imprint) return note;
    }
    if (page.notes.empty()) {
      return NotFound("no checkpoint of the ledger is what was stamped (SHA-256 " + Hex(View(imprint)) +
                      "); if one got a further signature since, --checkpoint FILE gives it as it was: the request "
                      "left it beside itself");
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint last, ReadCheckpointNote(page.notes.back()));
    if (last.size == UINT64_MAX || last.size < request.from_size)
      return Internal("the ledger's checkpoints have no order");
    request.from_size = last.size + 1;
  }
}

// The note that was stamped: from --checkpoint, which is evidence and must fit, or from the ledger.
Result<std::string> StampedNote(Context& context, const Options& options, const LedgerSource& source,
                                const Hash& imprint) {
  if (!options.Has("checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto reader, context.open_ledger(source));
    return FindNote(*reader, imprint);
  }
  auto note = ReadFile(options.Get("checkpoint"), kMaxNoteBytes);
  if (!note.ok()) return Unavailable(note.status().message());
  if (Sha256(*note) == imprint) return note;
  return Corruption("the timestamp is not of " + options.Get("checkpoint") + ", but of a message with the SHA-256 " +
                    Hex(View(imprint)));
}

}  // namespace

OptionSpecs TimestampOptions() {
  return {
      {"timestamp-request", Takes::kValue, "FILE",
       "write an RFC 3161 query for the checkpoint, and the checkpoint to FILE.checkpoint"},
      {"attach-timestamp", Takes::kValue, "FILE", "keep the authority's answer, with the checkpoint that it is of"},
      {"checkpoint", Takes::kValue, "FILE", "with --attach-timestamp: the checkpoint as it was stamped"},
      {"tsa-ca", Takes::kValues, "FILE",
       "with --attach-timestamp: certificates in PEM that the authority must chain to; repeatable"},
      {"timestamps", Takes::kValue, "DIR",
       "with --attach-timestamp: where they are kept (default: timestamps in --data-dir)"},
  };
}

Status CheckTimestampUsage(const Options& options, const LedgerSource& source) {
  if (!options.Has("attach-timestamp")) {
    for (const char* name : {"checkpoint", "tsa-ca", "timestamps"}) {
      if (options.Has(name)) return InvalidArgument("--" + std::string(name) + " is for --attach-timestamp");
    }
    return Ok();
  }
  for (const char* name : {"timestamp-request", "sign-now", "size", "format"}) {
    if (options.Has(name))
      return InvalidArgument("--attach-timestamp and --" + std::string(name) + " exclude each other");
  }
  if (!TimestampsDirectory(options, source).empty()) return Ok();
  return InvalidArgument("--attach-timestamp needs --timestamps DIR (or --data-dir): where to keep it");
}

ExitStatus RequestTimestamp(Context& context, const Options& options, const SignedNoteOf& checkpoint) {
  const std::string& path = options.Get("timestamp-request");
  const std::string what = "the checkpoint of " + std::to_string(checkpoint.checkpoint.size) + " entries";
  auto query = MakeTimestampQuery(checkpoint.note);
  if (!query.ok()) return Fail(context, query.status());
  const ExitStatus status = WriteOutput(context, path + ".checkpoint", checkpoint.note, what);
  if (status != ExitStatus::kFine) return status;
  return WriteOutput(context, path, *query, "the query for its timestamp");
}

ExitStatus AttachTimestamp(Context& context, const Options& options, const LedgerSource& source) {
  const std::string& path = options.Get("attach-timestamp");
  auto response = ReadFile(path, kMaxTimestampBytes);
  if (!response.ok()) return Unreadable(context, response.status());
  auto certificates = ReadCertificates(options.All("tsa-ca"));
  if (!certificates.ok()) return Unreadable(context, certificates.status());
  auto imprint = TimestampImprint(*response);
  if (!imprint.ok()) {
    Complain(context, path + ": " + imprint.status().message());
    return ExitStatus::kFailedVerification;
  }
  auto note = StampedNote(context, options, source, *imprint);
  if (!note.ok()) return Fail(context, note.status());
  const auto checkpoint = ReadCheckpointNote(*note);
  if (!checkpoint.ok()) return Fail(context, Corruption("what was stamped: " + checkpoint.status().message()));
  std::string checked = "not checked: --tsa-ca says whose word counts";
  if (options.Has("tsa-ca")) {
    auto timestamp = VerifyTimestamp(*response, *note, *certificates);
    if (!timestamp.ok()) {
      Complain(context, path + ": " + timestamp.status().message());
      return ExitStatus::kFailedVerification;
    }
    checked = "by " + timestamp->authority + " at " + FormatTime(timestamp->time) + ", serial " + timestamp->serial;
  }
  auto stored = StoreTimestamp(TimestampsDirectory(options, source), checkpoint->size, *note, *response);
  if (!stored.ok()) return Unreadable(context, stored.status());
  Complain(context, "kept " + *stored + ": a timestamp of the checkpoint of " + std::to_string(checkpoint->size) +
                        " entries, " + checked);
  return ExitStatus::kFine;
}

}  // namespace envledger::cli
