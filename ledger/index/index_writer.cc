#include "ledger/index/index_writer.h"

#include "ledger/chain/tree.h"

namespace envledger {

Result<IndexWriter> IndexWriter::Resume(const LogDb& log, IndexDb& index, const IndexWriterOptions& options) {
  ENVLEDGER_ASSIGN_OR_RETURN(TreeBuilder tree, TreeBuilder::Resume(*index.Snapshot()));
  return IndexWriter(log, index, options, std::move(tree));
}

IndexWriter::IndexWriter(const LogDb& log, IndexDb& index, const IndexWriterOptions& options, TreeBuilder tree)
    : log_(&log),
      index_(&index),
      options_(options),
      builder_(&index.Latest(),
               index.watermark().seq == 0 ? IndexBuilder::Links::kAsTheyStand : IndexBuilder::Links::kContinue),
      tree_(std::move(tree)),
      watermark_(index.watermark().seq) {}

Status IndexWriter::AddEntry(uint64_t seq, std::string_view bytes, bool first) {
  // The entry was checked when it was sealed, so its form is trusted here and its transition is only read.
  PreparedEntry prepared;
  auto entry = CheckEntry(bytes);
  if (!entry.ok()) return LogDamage("entry " + std::to_string(seq) + ": " + entry.status().message());
  prepared.entry = *std::move(entry);
  if (!prepared.entry.event) prepared.facts = FactsOf(prepared.entry.transition);
  ENVLEDGER_RETURN_IF_ERROR(builder_.Add(prepared, puts_).Prepend("entry " + std::to_string(seq) + ": "));
  // Each entry holds the leaf hash of the one before it, which saves hashing every entry again.
  if (!first) tree_.Add(prepared.entry.header.previous, puts_);
  for (; counted_ < puts_.size(); ++counted_) {
    batch_bytes_ += sizeof(IndexPut) + puts_[counted_].key.size() + puts_[counted_].value.size();
  }
  return Ok();
}

Status IndexWriter::Step(uint64_t until) {
  const uint64_t from = watermark_;
  until = std::min<uint64_t>(until, from + options_.batch_entries);
  puts_.clear();
  counted_ = 0;
  batch_bytes_ = 0;
  Watermark next{from, {}};
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log_->Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
    problem = seq == next.seq ? AddEntry(seq, bytes, seq == from)
                              : LogDamage("entry " + std::to_string(next.seq) + " is missing");
    if (!problem.ok()) return false;
    next.seq = seq + 1;
    const bool last = next.seq == until || batch_bytes_ >= options_.batch_bytes;
    if (last) {
      const Hash hash = LeafHash(bytes);
      tree_.Add(hash, puts_);
      next.last_leaf_hash = View(hash);
    }
    return !last;
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  if (next.last_leaf_hash.empty()) {
    return LogDamage("the log ends at entry " + std::to_string(next.seq) + ", short of its size");
  }
  ENVLEDGER_RETURN_IF_ERROR(index_->Apply(puts_, next));
  builder_.Trim(options_.totals_bytes);
  watermark_ = next.seq;
  return Ok();
}

Status IndexWriter::CatchUp(uint64_t until, const Progress& progress) {
  while (watermark_ < until) {
    ENVLEDGER_RETURN_IF_ERROR(Step(until));
    if (progress) progress(watermark_);
  }
  return Ok();
}

}  // namespace envledger
