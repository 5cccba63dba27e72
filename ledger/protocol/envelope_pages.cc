#include "ledger/protocol/envelope_pages.h"

#include <utility>

namespace envledger {

std::string TooLargeForOneAnswer(std::string_view envelope_id) {
  return "envelope " + std::string(envelope_id) +
         " is too large for one answer, so its later records are left out: ask for it in parts (FORMAT.md, 7.5)";
}

EnvelopePages::EnvelopePages(LedgerReader& reader, EnvelopeRecords begun, uint64_t tree_size)
    : reader_(&reader), first_(std::move(begun)), tree_size_(tree_size) {
  completeness_.tree_size = tree_size;
  completeness_.complete = true;
}

Result<EnvelopePages> EnvelopePages::Open(LedgerReader& reader, const std::string& envelope_id) {
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopeResponse page, reader.FindEnvelope({envelope_id, 0}));
  EnvelopePages pages(reader, std::move(page.envelope), page.completeness.tree_size);
  pages.completeness_ = std::move(page.completeness);
  return pages;
}

Result<const std::string*> EnvelopePages::Next() {
  for (;;) {
    const EnvelopeRecords& page = in_first_ ? first_ : later_;
    if (next_ < page.entries.size()) return &page.entries[next_++];
    if (!page.next_revision) return nullptr;
    ENVLEDGER_RETURN_IF_ERROR(Turn(*page.next_revision));
  }
}

Status EnvelopePages::Turn(uint64_t from_revision) {
  auto found = reader_->FindEnvelope({first_.envelope_id, from_revision});
  const bool missing = found.status().code() == Code::kNotFound;
  if (!found.ok() && !missing) return std::move(found).status();
  if (missing || found->envelope.entries.empty() ||
      (found->envelope.next_revision && *found->envelope.next_revision <= from_revision)) {
    return Corruption("the ledger gives no record of envelope " + first_.envelope_id + " from revision " +
                      std::to_string(from_revision) + " on, but said that there are some");
  }
  EnvelopeResponse page = *std::move(found);
  completeness_.scanned += page.completeness.scanned;
  if (!page.completeness.complete) {
    completeness_.complete = false;
    if (completeness_.problem.empty()) completeness_.problem = std::move(page.completeness.problem);
  }
  in_first_ = false;
  next_ = 0;
  later_ = std::move(page.envelope);
  return Ok();
}

void EnvelopePages::Rewind() {
  in_first_ = true;
  later_ = {};
  next_ = 0;
}

}  // namespace envledger
