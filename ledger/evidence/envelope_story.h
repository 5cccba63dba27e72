// One envelope as an answer brings it, whatever its size: its records checked and folded once, and gone through again
// as often as somebody wants to tell of them.
//
// Of a large envelope no more than a page is held: each time it is gone through, the ledger is asked for the rest
// again. An envelope only grows at its end, and the story ends where the first answer's tree ended; so what comes must
// be what came the first time, and it is an error when it is not.
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
  // Reads it once. kCorruption, naming the envelope, when the bytes are not entries of this envelope that begin with
  // `requested`, or when it was not requested by `at`; others as the reader gives them. With `at`, the envelope is told
  // as of that moment: what occurred later is checked, and left out.
  static Result<EnvelopeStory> Read(EnvelopePages pages, std::optional<Nanos> at = std::nullopt);

  const Envelope& envelope() const { return envelope_; }
  RoleMask roles() const { return pages_.roles(); }         // that the queried principal holds
  uint64_t records() const { return envelope_.revisions; }  // that had happened
  uint64_t later() const { return later_; }                 // that had not
  uint64_t last_seq() const { return last_seq_; }           // of all of them
  uint64_t bytes() const { return bytes_; }                 // of all their entries
  // Why the records are not all: empty when their revisions are dense and each names the one before it. With the
  // envelope's name, and without it.
  std::string problem() const;
  const std::string& hole() const { return hole_; }
  // What the ledger said of its answer, where the envelope was asked for by its id.
  const Completeness& completeness() const { return pages_.completeness(); }

  // Calls `visit` with each record that had happened, in order, and its sealed bytes. A status of `visit` that is not
  // ok ends it and is returned. kCorruption when the ledger gives other records than the first time.
  using Visit = std::function<Status(const Record& record, const std::string& entry)>;
  Status ForEachRecord(const Visit& visit);
  // The same with those too that had not happened.
  Status ForEachOfAll(const Visit& visit);

 private:
  explicit EnvelopeStory(EnvelopePages pages, std::optional<Nanos> at) : pages_(std::move(pages)), at_(at) {}
  Status ReadOnce();
  // Visits all records as the reader gives them. `digest` goes over those that are asked for again.
  Status Walk(const std::function<Status(Record& record, const std::string& entry)>& visit, Hash& digest);
  bool Happened(const Record& record) const;

  EnvelopePages pages_;
  std::optional<Nanos> at_;
  Envelope envelope_;
  uint64_t later_ = 0;
  uint64_t last_seq_ = 0;
  uint64_t bytes_ = 0;
  std::string hole_;
  std::vector<Record> held_;  // all records of a small envelope, else none
  Hash digest_{};             // over the entries behind the first page
};

}  // namespace envledger
