// `checkpoint`: the latest signed checkpoint, to be kept elsewhere.
#include "cli/arguments/ledger_source.h"
#include "cli/commands/checkpoint_timestamp.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "ledger/chain/note.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/text/csv.h"
#include "ledger/text/json_object.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

Status PrintNote(Context& context, Format format, const std::string& note_bytes) {
  if (format == Format::kTable) {
    // Byte for byte, because this is what is signed; but a terminal obeys bytes.
    context.out << (context.out_is_terminal ? SafeLines(note_bytes) : note_bytes);
    return Ok();
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const Note note, ParseNote(note_bytes));
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(note.text));
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

// The latest, one signed now, or that of --size.
Result<std::string> FindNote(LedgerReader& reader, const Options& options, uint64_t size) {
  CheckpointsRequest request;
  request.latest = !options.Has("size");
  request.sign_now = options.Has("sign-now");
  request.from_size = size;
  request.limit = request.latest ? 0 : 1;
  ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, reader.Checkpoints(request));
  if (request.latest) {
    if (response.notes.empty()) return NotFound("no checkpoint was signed yet; --sign-now signs one");
    return std::move(response.notes.back());
  }
  const auto checkpoint =
      response.notes.empty() ? Result<Checkpoint>(NotFound("")) : ReadCheckpointNote(response.notes.front());
  if (checkpoint.ok() && checkpoint->size == size) return std::move(response.notes.front());
  return ProofSource(reader, std::nullopt, false).NoCheckpointOf(size);
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  if (options.Has("sign-now") && !source->data_dir.empty()) {
    return WrongUsage(context, InvalidArgument("--sign-now is for the daemon, which has the key: not with --data-dir"));
  }
  if (const Status usage = CheckTimestampUsage(options, *source); !usage.ok()) return WrongUsage(context, usage);
  auto size = options.Number("size", 0, 0, UINT64_MAX);
  if (!size.ok()) return WrongUsage(context, size.status());
  if (options.Has("size") && options.Has("sign-now")) {
    return WrongUsage(context, InvalidArgument("--size and --sign-now exclude each other"));
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

}  // namespace

Command CheckpointCommand() {
  static const OptionSpecs kOwn = {
      {"sign-now", Takes::kNothing, "", "sign one at the present size first"},
      {"size", Takes::kValue, "N", "the stored checkpoint of N entries instead of the latest"},
  };
  return {
      .name = "checkpoint",
      .arguments = "",
      .summary = "print the latest signed checkpoint, to keep elsewhere",
      .text =
          "Prints the latest checkpoint, byte for byte as it was signed: a C2SP signed note of the ledger's origin, "
          "its "
          "size and its root. Kept where nobody who can write to the ledger can change it, it is what shows later that "
          "nothing before it was changed, cut off or replaced (envledger verify --checkpoint).\n"
          "\n"
          "--timestamp-request writes a query that an authority for RFC 3161 timestamps answers (such as curl -H "
          "'Content-Type: application/timestamp-query' --data-binary @FILE URL); --attach-timestamp keeps the answer "
          "with its checkpoint, and verify --tsa-ca checks it: a third party's word when the checkpoint existed.\n"
          "\n"
          "json and jsonl: {\"origin\", \"size\", \"root\" (hexadecimal), \"note\"}; csv without the note.",
      .example = "  envledger checkpoint --sign-now > /media/usb/checkpoint\n",
      .options = Join({kOwn, TimestampOptions(), SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
