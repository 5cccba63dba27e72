// `checkpoint`: prints the latest signed checkpoint, to be kept elsewhere.
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/timestamp_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/output_file.h"
#include "cli/output/output_style.h"
#include "ledger/chain/note.h"
#include "ledger/crypto/sha256.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/evidence/timestamps.h"
#include "ledger/files/file.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

Status PrintNote(Context& context, Format format, const std::string& note_bytes) {
  if (format == Format::kTable) {
    // Byte for byte, because the bytes are signed; on a terminal escaped, because control characters could change it.
    context.out << (context.out_is_terminal ? SafeLines(note_bytes) : note_bytes);
    return Ok();
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointNote(note_bytes));
  const std::string root = Hex(View(checkpoint.root));
  if (format == Format::kCsv) {
    context.out << CsvRow({"origin", "size", "root"})
                << CsvRow({checkpoint.origin, std::to_string(checkpoint.size), root});
    return Ok();
  }
  JsonObject json;
  json.Text("origin", checkpoint.origin).Number("size", checkpoint.size).Text("root", root).Text("note", note_bytes);
  context.out << json.str() << '\n';
  return Ok();
}

// The latest checkpoint, a new one (--sign-now), or the one of --size.
Result<std::string> FindNote(LedgerReader& reader, const Options& options, uint64_t size) {
  CheckpointsRequest request;
  request.latest = !options.Has("size");
  request.sign_now = options.Has("sign-now");
  request.from_size = size;
  request.limit = request.latest ? 0 : 1;
  ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, reader.Checkpoints(request));
  if (request.latest) {
    if (response.notes.empty()) return NotFound("no checkpoint has been signed yet; use --sign-now to sign one");
    return std::move(response.notes.back());
  }
  const auto checkpoint =
      response.notes.empty() ? Result<Checkpoint>(NotFound("")) : ReadCheckpointNote(response.notes.front());
  if (checkpoint.ok() && checkpoint->size == size) return std::move(response.notes.front());
  return ProofSource(reader, TrustTheLedgerItself(), false).NoCheckpointOf(size);
}

ExitStatus Unreadable(Context& context, const Status& status) {
  Complain(context, status.ToString());
  return ExitStatus::kUnavailable;
}

// The note that was stamped: from --checkpoint, which must match the timestamp, or else from the ledger.
Result<std::string> StampedNote(Context& context, const Options& options, const LedgerSource& source,
                                const Hash& imprint) {
  if (!options.Has("checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto reader, context.open_ledger(source));
    return FindStampedNote(*reader, imprint);
  }
  auto note = ReadFile(options.Get("checkpoint"), kMaxNoteBytes);
  if (!note.ok()) return Unavailable(note.status().message());
  if (Sha256(*note) == imprint) return note;
  return Corruption("the timestamp is not of " + options.Get("checkpoint") + ", but of data with the SHA-256 " +
                    Hex(View(imprint)));
}

// Writes the query for this checkpoint to the file of --timestamp-request, and the note to a file beside it.
ExitStatus RequestTimestamp(Context& context, const Options& options, const SignedNoteOf& checkpoint) {
  const std::string& path = options.Get("timestamp-request");
  const std::string what = "the checkpoint of " + std::to_string(checkpoint.checkpoint.size) + " entries";
  auto query = MakeTimestampQuery(checkpoint.note);
  if (!query.ok()) return Fail(context, query.status());
  const ExitStatus status = WriteOutput(context, path + ".checkpoint", checkpoint.note, what);
  if (status != ExitStatus::kFine) return status;
  return WriteOutput(context, path, *query, "the query for its timestamp");
}

// Stores the response in the file of --attach-timestamp, together with its checkpoint.
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
  if (!checkpoint.ok()) return Fail(context, Corruption("the stamped note: " + checkpoint.status().message()));
  std::string checked = "not checked: use --tsa-ca to name the trusted authorities";
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
  Complain(context, "stored " + *stored + ": a timestamp of the checkpoint of " + std::to_string(checkpoint->size) +
                        " entries, " + checked);
  return ExitStatus::kFine;
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  if (options.Has("sign-now") && !source->data_dir.empty()) {
    return WrongUsage(context, InvalidArgument("--sign-now cannot be used with --data-dir: only the daemon can sign"));
  }
  if (const Status usage = CheckTimestampUsage(options, *source); !usage.ok()) return WrongUsage(context, usage);
  auto size = options.Number("size", 0, 0, UINT64_MAX);
  if (!size.ok()) return WrongUsage(context, size.status());
  if (options.Has("size") && options.Has("sign-now")) {
    return WrongUsage(context, InvalidArgument("--size and --sign-now cannot be used together"));
  }
  if (options.Has("attach-timestamp")) return AttachTimestamp(context, options, *source);
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto note = FindNote(**reader, options, *size);
  if (!note.ok()) return Fail(context, note.status());
  if (options.Has("timestamp-request")) {
    const auto checkpoint = ReadCheckpointNote(*note);
    if (checkpoint.ok()) return RequestTimestamp(context, options, {*note, *checkpoint});
  }
  const Status printed = PrintNote(context, style->format, *note);
  if (printed.ok()) return ExitStatus::kFine;
  Complain(context, "the checkpoint is malformed: " + printed.message());
  return ExitStatus::kFailedVerification;
}

constexpr std::string_view kText =
    R"(Prints the latest checkpoint, byte for byte as it was signed: a C2SP signed note of the ledger's origin, size
and root. Keep it where nobody who can write to the ledger can change it. Later, envledger verify --checkpoint uses it
to show that no entry that it covers was changed, cut off or replaced.

--timestamp-request writes a query for an RFC 3161 timestamp authority; send it, for example, with curl -H
'Content-Type: application/timestamp-query' --data-binary @FILE URL. --attach-timestamp stores the response with its
checkpoint, and verify --tsa-ca checks it. The timestamp is a third party's statement of when the checkpoint existed.

json and jsonl: {"origin", "size", "root" (hexadecimal), "note"}; csv the same without the note.)";

}  // namespace

Command CheckpointCommand() {
  static const OptionSpecs kOwn = {
      {"sign-now", Takes::kNothing, "", "first sign a checkpoint at the present size"},
      {"size", Takes::kValue, "N", "the stored checkpoint of N entries instead of the latest"},
  };
  return {
      .name = "checkpoint",
      .arguments = "",
      .summary = "print the latest signed checkpoint, to keep elsewhere",
      .text = kText,
      .example = "  envledger checkpoint --sign-now > /media/usb/checkpoint\n",
      .options = Join({kOwn, TimestampOptions(), SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
