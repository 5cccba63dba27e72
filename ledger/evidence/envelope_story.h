// One envelope from an answer, of any size. Its records are checked and folded once, and can be visited again as often
// as needed.
//
// Of a large envelope, only one page is held: each pass asks the ledger for the rest again. An envelope only grows at
// its end, and the story ends where the tree of the first answer ended. So every pass must give the same records, and
// it is an error when it does not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/envelope_pages.h"

namespace envledger {

// One user at a time.
class EnvelopeStory {
 public:
  // Reads the envelope once. kCorruption, naming the envelope, when the bytes are not entries of this envelope that
  // begin with `requested`, or when it was requested after `at`; other errors as the reader returns them. With `at`,
  // the story describes the envelope as of that moment: later records are checked but left out.
  static Result<EnvelopeStory> Read(EnvelopePages pages, std::optional<Nanos> at = std::nullopt);

  const Envelope& envelope() const { return envelope_; }
  RoleMask roles() const { return pages_.roles(); }         // held by the queried principal
  uint64_t records() const { return envelope_.revisions; }  // records up to the moment asked for
  uint64_t later() const { return later_; }                 // later records
  uint64_t last_seq() const { return last_seq_; }           // of all records
  uint64_t bytes() const { return bytes_; }                 // size of all their entries
  // Why records are missing; empty when the revisions are dense and each record names the one before it. problem()
  // includes the envelope's name, hole() does not.
  std::string problem() const;
  const std::string& hole() const { return hole_; }
  // The ledger's statement about its answer, if the envelope was asked for by its id.
  const Completeness& completeness() const { return pages_.completeness(); }

  // Calls `visit` with each record up to the moment asked for, in order, and its sealed bytes. An error of `visit` ends
  // the pass and is returned. kCorruption when the ledger returns different records than the first time.
  using Visit = std::function<Status(const Record& record, const std::string& entry)>;
  Status ForEachRecord(const Visit& visit);
  // The same, including records later than the moment asked for.
  Status ForEachOfAll(const Visit& visit);

 private:
  explicit EnvelopeStory(EnvelopePages pages, std::optional<Nanos> at) : pages_(std::move(pages)), at_(at) {}
  Status ReadOnce();
  // Visits all records as the reader gives them. `digest` covers those that are fetched again.
  Status Walk(const std::function<Status(Record& record, const std::string& entry)>& visit, Hash& digest);
  bool Happened(const Record& record) const;

  EnvelopePages pages_;
  std::optional<Nanos> at_;
  Envelope envelope_;
  uint64_t later_ = 0;
  uint64_t last_seq_ = 0;
  uint64_t bytes_ = 0;
  std::string hole_;
  std::vector<Record> held_;  // all records of a small envelope; otherwise empty
  Hash digest_{};             // of the entries after the first page
};

}  // namespace envledger
