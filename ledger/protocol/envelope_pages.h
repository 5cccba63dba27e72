// The sealed records of one envelope, as a reader gives them: page after page, of which the first and one more are
// held.
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

// The problem of an answer to who did not ask for an envelope in parts.
std::string TooLargeForOneAnswer(std::string_view envelope_id);

// One user at a time. The reader must outlive it.
class EnvelopePages {
 public:
  // Asks for the first page. Errors as LedgerReader::FindEnvelope.
  static Result<EnvelopePages> Open(LedgerReader& reader, const std::string& envelope_id);
  // Goes on from what a query gave of an envelope, whose answer was read from the first `tree_size` entries.
  EnvelopePages(LedgerReader& reader, EnvelopeRecords begun, uint64_t tree_size);

  const std::string& envelope_id() const { return first_.envelope_id; }
  RoleMask roles() const { return first_.roles; }
  // What the first page holds, and whether that is all.
  const std::vector<std::string>& first() const { return first_.entries; }
  bool whole() const { return !first_.next_revision; }
  // The tree of the first page. Records that were sealed later may come: it is the caller's to leave them out.
  uint64_t tree_size() const { return tree_size_; }
  // Of the first page, when it was asked for here; then what later pages found wrong is added to it.
  const Completeness& completeness() const { return completeness_; }

  // The next record's entry, valid until the next call; null at the end. Errors as LedgerReader::FindEnvelope, and
  // kCorruption when a page does not go on where the one before ended.
  Result<const std::string*> Next();
  // From the first record again.
  void Rewind();

 private:
  Status Turn(uint64_t from_revision);

  LedgerReader* reader_;
  EnvelopeRecords first_;
  uint64_t tree_size_ = 0;
  Completeness completeness_;

  bool in_first_ = true;
  EnvelopeRecords later_;  // the page at which the reading is, behind the first
  size_t next_ = 0;        // of the present page
};

}  // namespace envledger
