// `proof verify`: checks a proof file without a ledger, using only what the auditor has: the entry or an old
// checkpoint, and a key that did not come from the ledger.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/codec/envelope.h"
#include "ledger/evidence/proof_file.h"
#include "ledger/files/file.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

// One proven fact. `name` is the field of json, `label` that of the table.
struct Field {
  std::string name;
  std::string label;
  std::string text;
  bool is_number = false;
};
using Fields = std::vector<Field>;

// What the auditor has.
struct Evidence {
  std::string proof;
  std::optional<std::string> entry;
  std::optional<std::string> old_checkpoint;
  TrustPolicy policy;
  TrustPolicy old_policy;  // of the old checkpoint
};

void AddNumber(Fields& fields, std::string name, std::string label, uint64_t value) {
  fields.push_back({std::move(name), std::move(label), std::to_string(value), true});
}
void AddText(Fields& fields, std::string name, std::string label, std::string text) {
  fields.push_back({std::move(name), std::move(label), std::move(text)});
}

// Reads all evidence. If some of it cannot be read, nothing can be concluded.
Result<Evidence> ReadEvidence(const Options& options) {
  Evidence evidence;
  ENVLEDGER_ASSIGN_OR_RETURN(const VerifierKey key, ReadVerifierKey(options.Get("vkey")));
  evidence.policy = TrustKey(key);
  evidence.old_policy = TrustKey(key);
  if (options.Has("old-vkey")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.old_policy.key, ReadVerifierKey(options.Get("old-vkey")));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(evidence.proof, ReadFile(options.arguments().front(), kMaxProofFileBytes));
  if (options.Has("entry")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.entry, ReadFile(options.Get("entry"), kMaxEntryBytes));
  }
  if (options.Has("old-checkpoint")) {
    ENVLEDGER_ASSIGN_OR_RETURN(evidence.old_checkpoint, ReadCheckpointFile(options.Get("old-checkpoint")));
  }
  if (options.Has("checkpoint")) {
    const std::string& path = options.Get("checkpoint");
    ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ReadCheckpointFile(path));
    evidence.policy.kept.push_back({.note = std::move(note), .where = "in " + path});
  }
  return evidence;
}

// Adds what the entry says about itself.
Status AddEntry(Fields& fields, const EntryView& entry, const std::string& bytes) {
  AddText(fields, "recorded_at", "recorded at", FormatTime(entry.header.recorded_at));
  if (entry.event) {
    AddText(fields, "event", "event", std::string(EventName(*entry.event)));
    return Ok();
  }
  const auto record = DecodeRecord(bytes);
  if (!record.ok()) {
    return Corruption("the entry is in the tree, but its transition is malformed: " + record.status().message());
  }
  AddText(fields, "envelope_id", "envelope", record->transition.envelope_id);
  AddNumber(fields, "revision", "revision", record->revision);
  AddText(fields, "stage", "stage", std::string(Name(record->transition.stage)));
  AddText(fields, "occurred_at", "occurred at", FormatTime(record->transition.occurred_at.value_or(0)));
  AddText(fields, "producer", "recorder", record->recorder.producer);
  return Ok();
}

Result<Fields> CheckInclusion(const Evidence& evidence) {
  ENVLEDGER_ASSIGN_OR_RETURN(const ProvenEntry proven,
                             CheckInclusionFile(evidence.proof, *evidence.entry, evidence.policy));
  const Checkpoint& checkpoint = proven.tree.checkpoint();
  Fields fields;
  AddText(fields, "origin", "origin", checkpoint.origin);
  AddNumber(fields, "seq", "entry", proven.seq);
  AddNumber(fields, "tree_size", "tree size", checkpoint.size);
  AddText(fields, "root", "root", Hex(View(checkpoint.root)));
  AddText(fields, "leaf_hash", "leaf hash", Hex(View(proven.leaf_hash)));
  AddText(fields, "vkey", "signed by", FormatVerifierKey(proven.tree.signer()));
  ENVLEDGER_RETURN_IF_ERROR(AddEntry(fields, proven.entry, *evidence.entry));
  return fields;
}

Result<Fields> CheckConsistency(const Evidence& evidence) {
  ENVLEDGER_ASSIGN_OR_RETURN(const ProvenGrowth proven, CheckConsistencyFile(evidence.proof, *evidence.old_checkpoint,
                                                                             evidence.old_policy, evidence.policy));
  const Checkpoint& older = proven.older.checkpoint();
  const Checkpoint& newer = proven.newer.checkpoint();
  Fields fields;
  AddText(fields, "origin", "origin", newer.origin);
  AddNumber(fields, "old_size", "old size", older.size);
  AddNumber(fields, "new_size", "new size", newer.size);
  AddText(fields, "old_root", "old root", Hex(View(older.root)));
  AddText(fields, "new_root", "new root", Hex(View(newer.root)));
  AddText(fields, "vkey", "signed by", FormatVerifierKey(proven.newer.signer()));
  return fields;
}

std::string_view KindName(ProofKind kind) { return kind == ProofKind::kInclusion ? "inclusion" : "consistency"; }

// Checks the file as the kind of proof that the given evidence is for.
Result<Fields> Check(const Evidence& evidence, ProofKind wanted) {
  const ProofKind is = ProofKindOf(evidence.proof);
  if (is != wanted && is != ProofKind::kUnknown) {
    return InvalidArgument(is == ProofKind::kInclusion
                               ? "the file is an inclusion proof: check it with --entry FILE"
                               : "the file is a consistency proof: check it with --old-checkpoint FILE");
  }
  return wanted == ProofKind::kInclusion ? CheckInclusion(evidence) : CheckConsistency(evidence);
}

void PrintTable(std::ostream& out, const OutputStyle& style, ProofKind kind, const Fields& fields) {
  out << style.palette.Paint(Color::kGreen, "HOLDS") << "  "
      << (kind == ProofKind::kInclusion ? "the checkpoint's tree has this entry at this index"
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
    return InvalidArgument("--vkey is missing: a proof proves nothing without the key that signed its checkpoint");
  }
  if (options.Has("entry") == options.Has("old-checkpoint")) {
    return InvalidArgument(
        "give either --entry (for an inclusion proof) or --old-checkpoint (for a consistency proof)");
  }
  if (options.Has("old-vkey") && !options.Has("old-checkpoint")) {
    return InvalidArgument("--old-vkey can only be used with --old-checkpoint");
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

constexpr std::string_view kText =
    R"(Checks a proof file against an entry (--entry) or an old checkpoint (--old-checkpoint), and the ledger's
verifier key. It needs no ledger. The checkpoint must be signed by exactly the key given, because a proof file does not
contain key rotations. Prints what was proven: for an entry its number, the origin, size and root of the tree, and what
the entry says about itself.

Exit status 1 if something is malformed or does not hold, with a message that says what and in which line; 5 if a file
or key cannot be read. json and jsonl: {"ok", "kind" (inclusion or consistency), "problem"} and the fields of the table;
csv has the same in one row.)";

}  // namespace

Command ProofVerifyCommand() {
  static const OptionSpecs kOwn = {
      {"vkey", Takes::kValue, "VKEY", "the key that must have signed the checkpoint, or a file that contains it"},
      {"entry", Takes::kValue, "FILE", "for an inclusion proof: the exact bytes of the entry"},
      {"old-checkpoint", Takes::kValue, "FILE", "for a consistency proof: the older checkpoint, kept elsewhere"},
      {"old-vkey", Takes::kValue, "VKEY", "the key of the old checkpoint, if the ledger's key was rotated since"},
      {"checkpoint", Takes::kValue, "FILE", "the proof's (new) checkpoint must be this one, kept elsewhere"},
  };
  return {
      .name = "proof verify",
      .arguments = "FILE",
      .summary = "check a proof file, without a ledger",
      .text = kText,
      .example = "  envledger proof verify env.tlog-proof --entry env.entry --vkey ledger.vkey\n",
      .options = Join({kOwn, OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
