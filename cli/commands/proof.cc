// `proof`: writes proofs that an entry is in the ledger, or that the ledger only grew, for outsiders to check.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_file.h"
#include "cli/output/proof_output.h"
#include "ledger/chain/tree.h"
#include "ledger/evidence/envelope_story.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/files/file.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

Status CheckUsage(const Options& options, const OutputStyle& style) {
  const bool consistency = options.Has("consistency");
  if (consistency) {
    for (const char* name : {"envelope", "revision", "all", "tree-size", "entry"}) {
      if (options.Has(name)) {
        return InvalidArgument("--" + std::string(name) + " cannot be used with --consistency");
      }
    }
    return Ok();
  }
  if (options.arguments().size() > 1) {
    return InvalidArgument("proof takes one argument; two sizes can only be given with --consistency");
  }
  if (!options.Has("all")) return Ok();
  if (options.Has("revision")) return InvalidArgument("--all and --revision cannot be used together");
  if (options.Has("entry")) return InvalidArgument("--entry cannot be used with --all, which writes the entries too");
  if (!options.Has("output")) return InvalidArgument("--all needs --output DIR, the directory for the files");
  if (style.format != Format::kTable)
    return InvalidArgument("--all writes proof files and cannot be used with --format");
  return Ok();
}

// The numbers in the options and the argument.
struct Numbers {
  std::optional<uint64_t> seq;
  std::optional<uint64_t> revision;
  std::optional<uint64_t> tree_size;
};

Result<Numbers> NumbersOf(const Options& options) {
  Numbers request;
  if (!options.Has("envelope")) request.seq = ParseDecimal(options.arguments().front());
  if (request.seq && (options.Has("revision") || options.Has("all"))) {
    return InvalidArgument("--revision and --all need an envelope, but " + std::to_string(*request.seq) +
                           " is read as the number of an entry; if it is an envelope's id, add --envelope");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t revision, options.Number("revision", 0, 0, UINT64_MAX));
  if (options.Has("revision")) request.revision = revision;
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t tree_size, options.Number("tree-size", 0, 1, UINT64_MAX));
  if (options.Has("tree-size")) request.tree_size = tree_size;
  return request;
}

// An entry to prove, and its leaf hash by the answer about the envelope.
struct Wanted {
  uint64_t seq = 0;
  std::optional<Hash> leaf_hash;  // not known for an entry that is named by its number
};

Result<std::vector<Wanted>> WantedOf(LedgerReader& reader, const Options& options, const Numbers& request) {
  if (request.seq) return std::vector<Wanted>{{*request.seq, {}}};
  const std::string& id = options.arguments().front();
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader, id));
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopeStory story, EnvelopeStory::Read(std::move(pages)));
  if (!story.completeness().complete) return Corruption("the answer is incomplete: " + story.completeness().problem);
  if (!story.hole().empty()) return Corruption("the answer is incomplete: " + story.problem());
  const uint64_t last = story.records() - 1;
  std::vector<Wanted> wanted;
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord([&](const Record& record, const std::string& entry) {
    const bool chosen = options.Has("all") || record.revision == request.revision.value_or(last);
    if (chosen) wanted.push_back({record.seq, LeafHash(entry)});
    return Ok();
  }));
  if (wanted.empty()) {
    return NotFound("envelope " + id + " has the revisions 0 to " + std::to_string(last) + ", not " +
                    std::to_string(*request.revision));
  }
  return wanted;
}

ExitStatus Deliver(Context& context, const Options& options, const std::string& text, const std::string& what) {
  if (options.Has("output")) return WriteOutput(context, options.Get("output"), text, what);
  context.out << (context.out_is_terminal ? SafeLines(text) : text);
  return ExitStatus::kFine;
}

Result<InclusionProofResponse> ProofOf(ProofSource& source, const Wanted& wanted, uint64_t tree_size,
                                       bool needs_checkpoint) {
  ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse proof, source.Inclusion(wanted.seq, tree_size));
  if (wanted.leaf_hash && *wanted.leaf_hash != LeafHash(proof.entry)) {
    return Corruption("entry " + std::to_string(wanted.seq) +
                      " is not the same in the answer about the envelope and in the proof");
  }
  if (needs_checkpoint && proof.checkpoint.empty()) return source.NoCheckpointOf(tree_size);
  return proof;
}

// Fetches and checks every proof before it writes the first, so that a failure leaves no files. The proofs are not held
// in memory; they are fetched and checked again when they are written.
ExitStatus WriteAll(Context& context, const std::string& directory, ProofSource& source,
                    const std::vector<Wanted>& wanted, uint64_t tree_size) {
  for (const Wanted& one : wanted) {
    const auto proof = ProofOf(source, one, tree_size, true);
    if (!proof.ok()) return Fail(context, proof.status());
  }
  if (const Status made = MakeDirectory(directory); !made.ok()) {
    Complain(context, made.ToString());
    return ExitStatus::kUnavailable;
  }
  for (const Wanted& one : wanted) {
    const auto proof = ProofOf(source, one, tree_size, true);
    if (!proof.ok()) return Fail(context, proof.status());
    const std::string stem = directory + "/" + std::to_string(one.seq);
    ExitStatus status = WriteOutput(context, stem + ".entry", proof->entry, "entry " + std::to_string(one.seq));
    if (status == ExitStatus::kFine) {
      status = WriteOutput(context, stem + ".tlog-proof", InclusionOutput(Format::kTable, one.seq, *proof),
                           "its proof in the tree of " + std::to_string(tree_size) + " entries");
    }
    if (status != ExitStatus::kFine) return status;
  }
  return ExitStatus::kFine;
}

ExitStatus RunInclusion(Context& context, const Options& options, const OutputStyle& style, LedgerReader& reader,
                        ProofSource& source) {
  auto request = NumbersOf(options);
  if (!request.ok()) return WrongUsage(context, request.status());
  auto wanted = WantedOf(reader, options, *request);
  if (!wanted.ok()) return Fail(context, wanted.status());
  const uint64_t last = wanted->back().seq;
  if (request->tree_size && last >= *request->tree_size) {
    return WrongUsage(context, InvalidArgument("entry " + std::to_string(last) + " is not among the first " +
                                               std::to_string(*request->tree_size) + " entries (--tree-size)"));
  }
  // The same size for all proofs, so that one checkpoint vouches for them.
  uint64_t tree_size = request->tree_size.value_or(0);
  if (!request->tree_size) {
    auto covering = source.Covering(last);
    if (!covering.ok()) return Fail(context, covering.status());
    tree_size = covering->checkpoint.size;
  }
  if (options.Has("all")) return WriteAll(context, options.Get("output"), source, *wanted, tree_size);
  const auto proof = ProofOf(source, wanted->front(), tree_size, style.format == Format::kTable);
  if (!proof.ok()) return Fail(context, proof.status());
  const std::string what = "entry " + std::to_string(last);
  if (options.Has("entry")) {
    const ExitStatus status = WriteOutput(context, options.Get("entry"), proof->entry, what);
    if (status != ExitStatus::kFine) return status;
  }
  return Deliver(context, options, InclusionOutput(style.format, last, *proof),
                 "the proof that " + what + " is in the tree of " + std::to_string(tree_size) + " entries");
}

ExitStatus RunConsistency(Context& context, const Options& options, const OutputStyle& style, ProofSource& source) {
  std::vector<uint64_t> sizes;
  for (const std::string& word : options.arguments()) {
    const auto size = ParseDecimal(word);
    if (!size)
      return WrongUsage(context, InvalidArgument("--consistency takes tree sizes (numbers), not " + Quoted(word)));
    sizes.push_back(*size);
  }
  if (sizes.size() == 1) {
    auto latest = source.Latest();
    if (!latest.ok()) return Fail(context, latest.status());
    sizes.push_back(latest->checkpoint.size);
    if (sizes[0] > sizes[1]) {
      return Fail(context, NotFound("the latest checkpoint covers " + std::to_string(sizes[1]) +
                                    " entries, fewer than " + std::to_string(sizes[0])));
    }
  }
  if (sizes[0] > sizes[1]) {
    return WrongUsage(context, InvalidArgument("in --consistency OLD NEW, OLD must not be larger than NEW"));
  }
  auto proof = source.Consistency(sizes[0], sizes[1]);
  if (!proof.ok()) return Fail(context, proof.status());
  if (style.format == Format::kTable && proof->checkpoint.empty()) {
    return Fail(context, source.NoCheckpointOf(sizes[1]));
  }
  return Deliver(context, options, ConsistencyOutput(style.format, *proof),
                 "the proof that the tree of " + std::to_string(sizes[1]) + " entries begins with the first " +
                     std::to_string(sizes[0]));
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  if (const Status usage = CheckUsage(options, *style); !usage.ok()) return WrongUsage(context, usage);
  auto ledger = SourceOf(context, options);
  if (!ledger.ok()) return WrongUsage(context, ledger.status());
  TrustPolicy policy = TrustTheLedgerItself();
  if (options.Has("vkey")) {
    auto given = ReadVerifierKey(options.Get("vkey"));
    if (!given.ok()) return NoKey(context, given.status());
    policy = TrustKey(*std::move(given));
  }
  auto reader = context.open_ledger(*ledger);
  if (!reader.ok()) return Fail(context, reader.status());
  ProofSource source(**reader, std::move(policy), ledger->data_dir.empty());
  if (options.Has("consistency")) return RunConsistency(context, options, *style, source);
  return RunInclusion(context, options, *style, **reader, source);
}

constexpr std::string_view kText =
    R"(Prints a proof that an entry is in the ledger: a C2SP tlog-proof. It contains a signed checkpoint and can be
checked without the ledger (envledger proof verify, or any tool for the format). Name the entry by its number, or by its
envelope; then the latest record is proven, or that of --revision N. If the latest checkpoint does not cover the entry,
the daemon signs a new one. With --data-dir nothing can be signed, and this is an error.

--consistency OLD NEW prints the body of a C2SP add-checkpoint request: the proof that the first OLD of the NEW entries
are unchanged. NEW defaults to the size of the latest checkpoint. A signed checkpoint of exactly the size NEW must
exist.

Every proof is checked before it is printed; the exit status is 1 if it does not hold. With --vkey its checkpoint must
be signed by exactly that key, because that is the only key that the person who checks the file has. Without --vkey it
must be signed by the key in force by the ledger's own history. json and jsonl: {"seq", "tree_size", "root",
"leaf_hash", "hashes", "checkpoint", "proof", "entry" (base64)} or {"old_size", "new_size", "old_root", "new_root",
"hashes", "checkpoint", "proof"}, for any sizes; checkpoint and proof are null if no checkpoint of that size was signed.
csv has neither of these two, nor the entry.)";

constexpr std::string_view kExample = R"(  envledger proof env-deploy-0002 --output env.tlog-proof --entry env.entry
  envledger proof verify env.tlog-proof --entry env.entry --vkey ledger.vkey
)";

}  // namespace

Command ProofCommand() {
  static const OptionSpecs kOwn = {
      {"output", Takes::kValue, "FILE", "write the proof durably to FILE instead of standard output"},
      {"entry", Takes::kValue, "FILE", "also write the exact bytes of the entry, which are needed to check the proof"},
      {"envelope", Takes::kNothing, "", "the argument is an envelope's id, even if it looks like a number"},
      {"revision", Takes::kValue, "N", "the record of the envelope with this revision, from 0 (default: the latest)"},
      {"all", Takes::kNothing, "",
       "all records of the envelope; --output is a directory for SEQ.tlog-proof and SEQ.entry"},
      {"tree-size", Takes::kValue, "N", "in the tree of the first N entries (default: that of the latest checkpoint)"},
      {"consistency", Takes::kNothing, "", "the arguments are one or two tree sizes: prove that the ledger only grew"},
      {"vkey", Takes::kValue, "VKEY", "the key that must have signed the checkpoint, or a file that contains it"},
  };
  return {
      .name = "proof",
      .arguments = "SEQ | ENVELOPE_ID | --consistency OLD [NEW]",
      .summary = "prove to outsiders that an entry is in the ledger, or that the ledger only grew",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, SourceOptions(), OutputOptions()}),
      .min_arguments = 1,
      .max_arguments = 2,
      .run = Run,
  };
}

}  // namespace envledger::cli
