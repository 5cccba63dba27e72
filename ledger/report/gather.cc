#include "ledger/report/gather.h"

#include "ledger/chain/subset_proof.h"
#include "ledger/evidence/pages.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/report/filters.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

void AddAnswer(const Completeness& answer, ReportData& data) {
  data.answered_size = answer.tree_size;
  data.answered_root = answer.root;
  data.complete = answer.complete && answer.problem.empty();
  data.problem = answer.complete || !answer.problem.empty() ? answer.problem : "the ledger does not say what";
}

struct Room {
  uint64_t bytes = 0;
  uint64_t taken = 0;
};

// Adds an envelope with all its records: those after the moment must be included, to show that they are later.
Status AddEnvelope(EnvelopeStory& story, ReportData& data, Room& room) {
  ReportEnvelope envelope{.id = story.envelope().envelope_id, .roles = story.roles(), .seqs = {}};
  ENVLEDGER_RETURN_IF_ERROR(story.ForEachOfAll([&](const Record& record, const std::string& entry) -> Status {
    room.taken += entry.size();
    if (room.taken > room.bytes) {
      return Status(Code::kResourceExhausted, "report",
                    "a report embeds at most " + Grouped(room.bytes) +
                        " bytes of records, and there are more: narrow the filters");
    }
    if (!data.entries.emplace(record.seq, entry).second) {
      return Corruption("the ledger returned entry " + std::to_string(record.seq) + " twice");
    }
    envelope.seqs.push_back(record.seq);
    return Ok();
  }));
  data.envelopes.push_back(std::move(envelope));
  return Ok();
}

Status GatherOne(LedgerReader& reader, const std::string& envelope_id, std::optional<Nanos> at, Room room,
                 ReportData& data) {
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader, envelope_id));
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopeStory story, EnvelopeStory::Read(std::move(pages)));
  if (at && story.envelope().opened_at > *at) {
    return NotFound("envelope " + envelope_id + " was requested later than " + FormatTime(*at));
  }
  Coverage coverage;
  coverage.AddPage(story.completeness());
  coverage.AddStory(story.envelope().first_seq, story.last_seq(), story.problem());
  AddAnswer(coverage.total(), data);
  return AddEnvelope(story, data, room);
}

// Whether another envelope matches beyond the limit that ended the answer. A cursor alone does not show this, because
// the ledger returns one whenever something is left to be judged. A hole in the rest makes the answer incomplete,
// unless another match is found anyway.
Result<bool> AnyBeyond(LedgerReader& reader, QueryRequest request, Completeness& answer) {
  request.limit = 1;
  request.in_parts = true;
  Completeness whole = answer;
  while (!whole.next_cursor.empty()) {
    if (whole.next_cursor == request.cursor) {
      return Internal("the ledger returned the same cursor twice");
    }
    request.cursor = whole.next_cursor;
    ENVLEDGER_ASSIGN_OR_RETURN(const QueryResponse page, reader.Query(request));
    if (!page.envelopes.empty()) return true;
    whole.next_cursor = page.completeness.next_cursor;
    whole.complete = whole.complete && page.completeness.complete;
    if (whole.problem.empty()) whole.problem = page.completeness.problem;
  }
  answer = std::move(whole);
  return false;
}

Status GatherMany(LedgerReader& reader, const QueryPlan& plan, const std::function<void(uint64_t)>& progress, Room room,
                  ReportData& data) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Coverage coverage,
                             ForEachEnvelope(reader, plan.request, plan.limit, [&](EnvelopeStory& story) -> Status {
                               if (progress) progress(data.envelopes.size() + 1);
                               return AddEnvelope(story, data, room);
                             }));
  Completeness answer = coverage.total();
  ENVLEDGER_ASSIGN_OR_RETURN(data.more, AnyBeyond(reader, plan.request, answer));
  AddAnswer(answer, data);
  return Ok();
}

// Adds the checkpoint and the key that signed it.
Result<CheckedTree> AddCheckpoint(ProofSource& source, ReportData& data) {
  ENVLEDGER_ASSIGN_OR_RETURN(const SignedNoteOf signed_note,
                             data.entries.empty() ? source.Latest() : source.Covering(data.entries.rbegin()->first));
  ENVLEDGER_ASSIGN_OR_RETURN(CheckedTree tree, source.Check(signed_note));
  data.checkpoint = tree.note();
  data.vkey = FormatVerifierKey(tree.signer());
  return tree;
}

Status AddProof(ProofSource& source, const CheckedTree& tree, ReportData& data) {
  const uint64_t size = tree.checkpoint().size;
  std::vector<uint64_t> seqs;
  seqs.reserve(data.entries.size());
  for (const auto& [seq, bytes] : data.entries) seqs.push_back(seq);
  ENVLEDGER_ASSIGN_OR_RETURN(
      data.nodes, SubsetProof(seqs, size, [&](uint64_t seq) -> Result<Proof> {
        ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse proof, source.Inclusion(seq, size));
        if (proof.entry != data.entries.at(seq)) {
          return Corruption("entry " + std::to_string(seq) + " differs between the proof and the answer");
        }
        return std::move(proof.hashes);
      }));
  return CheckEvidence(data, tree);
}

}  // namespace

Status CheckEvidence(const ReportData& data, const CheckedTree& tree) {
  std::vector<std::pair<uint64_t, Hash>> leaves;
  leaves.reserve(data.entries.size());
  for (const auto& [seq, bytes] : data.entries) leaves.emplace_back(seq, LeafHash(bytes));
  ENVLEDGER_RETURN_IF_ERROR(tree.HoldsAll(leaves, data.nodes).Prepend("the entries are not proven: "));
  const Checkpoint& checkpoint = tree.checkpoint();
  if (data.answered_size == checkpoint.size && data.answered_root != checkpoint.root) {
    return Corruption("the answer is from a tree of " + std::to_string(checkpoint.size) + " entries with the root " +
                      Hex(View(data.answered_root)) + ", but the checkpoint of that size has " +
                      Hex(View(checkpoint.root)));
  }
  return Ok();
}

Result<ReportData> GatherReport(LedgerReader& reader, const ReportRequest& request,
                                const std::function<void(uint64_t envelopes)>& progress) {
  ENVLEDGER_ASSIGN_OR_RETURN(ReportPlan plan, ReadReportFilters(request.filters));
  ReportData data;
  data.tool_version = ENVLEDGER_VERSION;
  data.generated_at = request.now;
  data.filters = request.filters;
  if (plan.query.principal) {
    ENVLEDGER_ASSIGN_OR_RETURN(const ResolvedPrincipal resolved, Resolve(reader, *plan.query.principal));
    plan.query.request.principal = resolved.filter;
    for (const PrincipalSummary& one : resolved.candidates) data.principals.push_back(one.principal);
  }
  if (plan.envelope_id.empty()) {
    ENVLEDGER_RETURN_IF_ERROR(GatherMany(reader, plan.query, progress, {request.max_bytes}, data));
  } else {
    ENVLEDGER_RETURN_IF_ERROR(GatherOne(reader, plan.envelope_id, plan.query.request.at, {request.max_bytes}, data));
  }
  ProofSource source(reader, request.policy, request.can_sign);
  const auto tree = AddCheckpoint(source, data);
  if (!tree.ok() && data.entries.empty() && tree.status().code() == Code::kNotFound) return data;
  if (!tree.ok()) return tree.status();
  if (!data.entries.empty()) ENVLEDGER_RETURN_IF_ERROR(AddProof(source, *tree, data));
  return data;
}

}  // namespace envledger
