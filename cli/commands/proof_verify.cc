// `proof verify`: checks a proof file with no ledger at all, only with what the auditor holds: the entry (or an old
// checkpoint) and a key that did not come from the ledger.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "ledger/base/file.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/envelope.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/text/csv.h"
#include "ledger/text/json_object.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

// What was proved, field by field, in the order of printing. The names are those of json.
struct Field {
  std::string name;
  std::string label;
  std::string text;
  bool is_number = false;
};
using Fields = std::vector<Field>;

struct Evidence {
  std::string proof;
  std::optional<std::string> entry;
  std::optional<std::string> old_checkpoint;
  std::optional<std::string> kept;  // --checkpoint
  VerifierKey key;
  VerifierKey old_key;
};

void AddNumber(Fields& fields, std::string name, std::string label, uint64_t value) {
  fields.push_back({std::move(name), std::move(label), std::to_string(value), true});
}
void AddText(Fields& fields, std::string name, std::string label, std::string text) {
  fields.push_back({std::move(name), std::move(label), std::move(text)});
}

Result<std::string> ReadCheckpointFile(const std::string& path) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ReadFile(path, kMaxNoteBytes));
  // As for verify --checkpoint: a file that is no checkpoint says nothing about a proof.
  const auto checkpoint = ReadCheckpointNote(note);
  if (!checkpoint.ok()) return InvalidArgument(path + " is no checkpoint: " + checkpoint.status().message());
  return note;
}

// What must be readable, or nothing can be concluded.
Result<Evidence> ReadEvidence(const Options& options) {
  Evidence evidence;
  ENVLEDGER_ASSIGN_OR_RETURN(evidence.key, ReadVerifierKey(options.Get("vkey")));
  evidence.old_key = evidence.key;
  if (options.Has("old-vkey")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.old_key, ReadVerifierKey(options.Get("old-vkey")));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(evidence.proof, ReadFile(options.arguments().front(), kMaxProofFileBytes));
  if (options.Has("entry")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.entry, ReadFile(options.Get("entry"), kMaxEntryBytes));
  }
  if (options.Has("old-checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.old_checkpoint, ReadCheckpointFile(options.Get("old-checkpoint")));
  }
  if (options.Has("checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.kept, ReadCheckpointFile(options.Get("checkpoint")));
  }
  return evidence;
}

// What the entry says of itself.
Status AddEntry(Fields& fields, const std::string& bytes, uint64_t seq) {
  const auto entry = CheckEntry(bytes);
  if (!entry.ok()) {
    return Corruption("the bytes are in the tree, but they are no entry of a ledger: " + entry.status().message());
  }
  if (entry->header.seq != seq) {
    return Corruption("the bytes are in the tree at " + std::to_string(seq) + ", but the entry says that it is " +
                      std::to_string(entry->header.seq));
  }
  AddText(fields, "recorded_at", "recorded at", FormatTime(entry->header.recorded_at));
  if (entry->event) {
    AddText(fields, "event", "event", std::string(EventName(*entry->event)));
    return Ok();
  }
  const auto record = DecodeRecord(bytes);
  if (!record.ok()) {
    return Corruption("the bytes are in the tree, but what they carry is malformed: " + record.status().message());
  }
  AddText(fields, "envelope_id", "envelope", record->transition.envelope_id);
  AddNumber(fields, "revision", "revision", record->revision);
  AddText(fields, "stage", "stage", std::string(Name(record->transition.stage)));
  AddText(fields, "occurred_at", "occurred at", FormatTime(record->transition.occurred_at.value_or(0)));
  AddText(fields, "producer", "recorder", record->recorder.producer);
  return Ok();
}

// The checkpoint kept elsewhere vouches for the proof's only if the two are the same; further signatures may differ.
Status CompareWithKept(const Evidence& evidence, const Checkpoint& checkpoint) {
  if (!evidence.kept) return Ok();
  auto kept = OpenCheckpoint(*evidence.kept, evidence.key);
  if (!kept.ok()) return std::move(kept).status().Prepend("the checkpoint given with --checkpoint: ");
  if (*kept == checkpoint) return Ok();
  const std::string what =
      kept->size != checkpoint.size
          ? "is over " + std::to_string(kept->size) + " entries, the proof's over " + std::to_string(checkpoint.size)
          : "has another root than the proof's";
  return Corruption("the checkpoint given with --checkpoint " + what);
}

Result<Fields> CheckInclusion(const Evidence& evidence) {
  ENVLEDGER_ASSIGN_OR_RETURN(const TlogProof proof, ParseTlogProof(evidence.proof));
  const Hash leaf_hash = LeafHash(*evidence.entry);
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, VerifyTlogProof(proof, leaf_hash, evidence.key));
  ENVLEDGER_RETURN_IF_ERROR(CompareWithKept(evidence, checkpoint));
  Fields fields;
  AddText(fields, "origin", "origin", checkpoint.origin);
  AddNumber(fields, "seq", "entry", proof.index);
  AddNumber(fields, "tree_size", "tree size", checkpoint.size);
  AddText(fields, "root", "root", Hex(View(checkpoint.root)));
  AddText(fields, "leaf_hash", "leaf hash", Hex(View(leaf_hash)));
  AddText(fields, "vkey", "signed by", FormatVerifierKey(evidence.key));
  ENVLEDGER_RETURN_IF_ERROR(AddEntry(fields, *evidence.entry, proof.index));
  return fields;
}

Result<Fields> CheckConsistency(const Evidence& evidence) {
  ENVLEDGER_ASSIGN_OR_RETURN(const AddCheckpoint body, ParseAddCheckpoint(evidence.proof));
  ENVLEDGER_ASSIGN_OR_RETURN(const ConsistentCheckpoints both,
                             VerifyAddCheckpoint(body, *evidence.old_checkpoint, evidence.old_key, evidence.key));
  ENVLEDGER_RETURN_IF_ERROR(CompareWithKept(evidence, both.newer));
  Fields fields;
  AddText(fields, "origin", "origin", both.newer.origin);
  AddNumber(fields, "old_size", "old size", both.older.size);
  AddNumber(fields, "new_size", "new size", both.newer.size);
  AddText(fields, "old_root", "old root", Hex(View(both.older.root)));
  AddText(fields, "new_root", "new root", Hex(View(both.newer.root)));
  AddText(fields, "vkey", "signed by", FormatVerifierKey(evidence.key));
  return fields;
}

std::string_view KindName(ProofKind kind) { return kind == ProofKind::kInclusion ? "inclusion" : "consistency"; }

// What the file must be, by the evidence that was given with it.
Result<Fields> Check(const Evidence& evidence, ProofKind wanted) {
  const ProofKind is = ProofKindOf(evidence.proof);
  if (is != wanted && is != ProofKind::kUnknown) {
    return InvalidArgument(is == ProofKind::kInclusion
                               ? "the file is a proof of inclusion: check it with --entry FILE"
                               : "the file is a proof of consistency: check it with --old-checkpoint FILE");
  }
  return wanted == ProofKind::kInclusion ? CheckInclusion(evidence) : CheckConsistency(evidence);
}

void PrintTable(std::ostream& out, const OutputStyle& style, ProofKind kind, const Fields& fields) {
  out << style.palette.Paint(Color::kGreen, "HOLDS") << "  "
      << (kind == ProofKind::kInclusion ? "the checkpoint's tree has this entry in this place"
                                        : "the new tree begins with the old one, unchanged")
      << "\n\n";
  for (const Field& field : fields) {
    std::string label = field.label;
    label.resize(std::max<size_t>(label.size(), 12), ' ');
    out << "  " << style.palette.Paint(Color::kDim, label) << "  " << SafeText(field.text) << '\n';
  }
}

void Print(Context& context, const OutputStyle& style, ProofKind kind, const Result<Fields>& fields) {
  const std::string problem = fields.ok() ? "" : fields.status().message();
  if (style.format == Format::kTable) {
    if (fields.ok()) PrintTable(context.out, style, kind, *fields);
    return;
  }
  if (style.format == Format::kCsv) {
    std::vector<std::string> titles = {"ok", "kind", "problem"};
    std::vector<std::string> values = {fields.ok() ? "true" : "false", std::string(KindName(kind)), problem};
    for (const Field& field : fields.ok() ? *fields : Fields{}) {
      titles.push_back(field.name);
      values.push_back(field.text);
    }
    context.out << CsvRow(titles) << CsvRow(values);
    return;
  }
  JsonObject json;
  json.Bool("ok", fields.ok()).Text("kind", KindName(kind)).TextOrNull("problem", problem);
  for (const Field& field : fields.ok() ? *fields : Fields{}) {
    field.is_number ? json.Raw(field.name, field.text) : json.Text(field.name, field.text);
  }
  context.out << json.str() << '\n';
}

Status CheckUsage(const Options& options) {
  if (!options.Has("vkey")) {
    return InvalidArgument("--vkey is missing: without the key that signed it, a proof proves nothing");
  }
  if (options.Has("entry") == options.Has("old-checkpoint")) {
    return InvalidArgument("either --entry (inclusion) or --old-checkpoint (consistency) says what is proved");
  }
  if (options.Has("old-vkey") && !options.Has("old-checkpoint")) {
    return InvalidArgument("--old-vkey is the key of --old-checkpoint");
  }
  return Ok();
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  if (const Status usage = CheckUsage(options); !usage.ok()) return WrongUsage(context, usage);
  auto evidence = ReadEvidence(options);
  if (!evidence.ok()) {
    Complain(context, evidence.status().ToString());
    return ExitStatus::kUnavailable;
  }
  const ProofKind kind = options.Has("entry") ? ProofKind::kInclusion : ProofKind::kConsistency;
  const Result<Fields> fields = Check(*evidence, kind);
  Print(context, *style, kind, fields);
  if (fields.ok()) return ExitStatus::kFine;
  Complain(context, options.arguments().front() + " proves nothing: " + fields.status().message());
  return ExitStatus::kFailedVerification;
}

}  // namespace

Command ProofVerifyCommand() {
  static const OptionSpecs kOwn = {
      {"vkey", Takes::kValue, "VKEY", "the key that the checkpoint must be signed by, or a file that holds it"},
      {"entry", Takes::kValue, "FILE", "the entry's exact bytes: FILE is a proof that they are in the ledger"},
      {"old-checkpoint", Takes::kValue, "FILE", "a checkpoint kept: FILE is a proof that the ledger only grew since"},
      {"old-vkey", Takes::kValue, "VKEY", "the key of the old checkpoint, if the ledger's key was rotated since"},
      {"checkpoint", Takes::kValue, "FILE", "the proof's (new) checkpoint must be this one, kept elsewhere"},
  };
  return {
      .name = "proof verify",
      .arguments = "FILE",
      .summary = "check a proof file, without a ledger",
      .text =
          "Checks a proof file against an entry (--entry) or an old checkpoint (--old-checkpoint) and the ledger's "
          "verifier key. No ledger is asked. Prints what was proved: of an entry its number, the origin, size and root "
          "of the tree, and what the entry says of itself.\n"
          "\n"
          "Exit status 1 for anything that does not hold or is malformed, naming what and the line; 5 for a file or a "
          "key that cannot be read. json and jsonl: {\"ok\", \"kind\" (inclusion or consistency), \"problem\"} and the "
          "fields of the table; csv the same in one row.",
      .example = "  envledger proof verify env.tlog-proof --entry env.entry --vkey ledger.vkey\n",
      .options = Join({kOwn, OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
