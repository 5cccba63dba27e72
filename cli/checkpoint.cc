// `checkpoint`: the latest signed checkpoint, to be kept elsewhere.
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/json_object.h"
#include "cli/ledger_source.h"
#include "cli/output_style.h"
#include "ledger/chain/note.h"

namespace envledger::cli {
namespace {

Status PrintNote(Context& context, Format format, const std::string& note_bytes) {
  if (format == Format::kTable) {
    context.out << note_bytes;  // byte for byte: this is what is signed
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

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  if (options.Has("sign-now") && !source->data_dir.empty()) {
    return WrongUsage(context, InvalidArgument("--sign-now is for the daemon, which has the key: not with --data-dir"));
  }
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  CheckpointsRequest request;
  request.latest = true;
  request.sign_now = options.Has("sign-now");
  auto response = (*reader)->Checkpoints(request);
  if (!response.ok()) return Fail(context, response.status());
  if (response->notes.empty()) return Fail(context, NotFound("no checkpoint was signed yet; --sign-now signs one"));
  const Status printed = PrintNote(context, style->format, response->notes.back());
  if (printed.ok()) return ExitStatus::kFine;
  Complain(context, "the latest checkpoint is malformed: " + printed.message());
  return ExitStatus::kFailedVerification;
}

}  // namespace

Command CheckpointCommand() {
  static const OptionSpecs kOwn = {
      {"sign-now", Takes::kNothing, "", "sign one at the present size first"},
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
          "json and jsonl: {\"origin\", \"size\", \"root\" (hexadecimal), \"note\"}; csv without the note.",
      .example = "  envledger checkpoint --sign-now > /media/usb/checkpoint\n",
      .options = Join({kOwn, SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
