// The sealed records of one envelope, read from a LedgerReader page by page. The first page and one more are held in
// memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Says that an answer leaves records out because its request did not ask for the envelope in parts.
std::string TooLargeForOneAnswer(std::string_view envelope_id);

// For one user at a time. The reader must outlive it.
class EnvelopePages {
 public:
  // Asks for the first page. Errors are those of LedgerReader::FindEnvelope.
  static Result<EnvelopePages> Open(LedgerReader& reader, const std::string& envelope_id);
  // Continues from the first part of an envelope that a query returned (`begun`). The query's answer was read from the
  // first `tree_size` entries.
  EnvelopePages(LedgerReader& reader, EnvelopeRecords begun, uint64_t tree_size);

  const std::string& envelope_id() const { return first_.envelope_id; }
  RoleMask roles() const { return first_.roles; }
  // The entries of the first page, and whether there are no others.
  const std::vector<std::string>& first() const { return first_.entries; }
  bool whole() const { return !first_.next_revision; }
  // The tree of the first page. Later pages may have records that were sealed after it; the caller must leave them out.
  uint64_t tree_size() const { return tree_size_; }
  // That of the first page, if Open asked for it. Problems of later pages are added.
  const Completeness& completeness() const { return completeness_; }
  // How many records the envelope must have before the tree's end; nothing if the first answer does not say.
  std::optional<uint64_t> records() const { return first_.records; }

  // The next record's entry, valid until the next call; null at the end. Errors are those of
  // LedgerReader::FindEnvelope, and kCorruption when a page does not continue where the previous one ended.
  Result<const std::string*> Next();
  // Starts again at the first record.
  void Rewind();

 private:
  Status Turn(uint64_t from_revision);

  LedgerReader* reader_;
  EnvelopeRecords first_;
  uint64_t tree_size_ = 0;
  Completeness completeness_;

  bool in_first_ = true;
  EnvelopeRecords later_;  // the page after the first that is being read
  size_t next_ = 0;        // in the page that is being read
};

}  // namespace envledger
