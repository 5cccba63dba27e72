// A query's answer from the entries alone, for comparison with what the indexes say.
//
// The places are those of any other answer (PlaceRule), so pages and cursors are the same. A page takes two passes.
// The first goes over the entries beyond the cursor, in the direction of the answer, and notes the envelopes whose
// records can give a place, until it has as many as the page may hold. The second goes over the log and collects the
// records of exactly those, because the later ones of an envelope may stand anywhere behind. Memory is that of a page;
// the time of each page is that of reading the log, once and a part of it: who scans has asked for that.
#include <algorithm>
#include <unordered_map>

#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/query/answer.h"
#include "ledger/query/postings.h"

namespace envledger {
namespace {

constexpr uint64_t kBlock = 4096;  // entries read at once when going backwards

class ScanRun {
 public:
  ScanRun(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
      : view_(view), request_(request), limits_(limits), matcher_(request), page_(view, request, limits, matcher_) {}

  Result<QueryResponse> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto after, PlaceAsked(request_));
    const auto first = FirstBeyond(after, view_.tree_size, request_.descending);
    if (!first || *first >= view_.tree_size) return page_.Take();
    ENVLEDGER_RETURN_IF_ERROR(request_.descending ? FindBackwards(*first) : FindForwards(*first));
    if (!found_.empty()) ENVLEDGER_RETURN_IF_ERROR(Collect());
    Answer();
    return page_.Take();
  }

 private:
  struct Found {
    std::string envelope_id;
    uint64_t place = 0;  // as far as the first pass tells
  };

  bool enough() const {
    return found_.size() >= page_.max_envelopes() || found_.size() >= limits_.max_records ||
           looked_at_ >= limits_.max_scanned;
  }

  // Reads entries in order; a hole, and what is no entry, is a problem of the answer.
  Status Read(uint64_t from, uint64_t until,
              const std::function<bool(uint64_t, std::string_view, const EntryView&)>& visit) {
    uint64_t expected = from;
    bool stopped = false;
    ENVLEDGER_RETURN_IF_ERROR(view_.log->Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
      if (seq != expected) page_.Problem("entry " + std::to_string(expected) + " is missing");
      expected = seq + 1;
      ++page_.scanned();
      const auto entry = CheckEntry(bytes);
      if (!entry.ok()) {
        page_.Problem("entry " + std::to_string(seq) + ": " + entry.status().message());
        return true;
      }
      if (entry->event) return true;
      stopped = !visit(seq, bytes, *entry);
      return !stopped;
    }));
    if (!stopped && expected != until) page_.Problem("entry " + std::to_string(expected) + " is missing");
    return Ok();
  }

  // Notes the entry's envelope when the entry can be its place.
  void Look(uint64_t seq, std::string_view bytes, const EntryView& entry) {
    if (matcher_.rule() == PlaceRule::kRequested && entry.header.envelope_revision.value_or(0) != 0) return;
    ++looked_at_;
    const auto record = DecodeRecord(bytes);
    if (!record.ok()) return page_.Problem("entry " + std::to_string(seq) + ": " + record.status().message());
    if (!matcher_.CanPlace(*record) || (record->revision == 0 && matcher_.RulesOut(*record))) return;
    const std::string& id = record->transition.envelope_id;
    const auto [known, fresh] = envelopes_.try_emplace(id);
    if (fresh) {
      found_.push_back({id, seq});
    } else if (request_.descending) {
      found_.push_back({id, seq});  // nearer to the place than what was found before; Answer takes the last
    }
  }

  Status FindForwards(uint64_t first) {
    return Read(first, view_.tree_size, [&](uint64_t seq, std::string_view bytes, const EntryView& entry) {
      if (enough()) return false;
      Look(seq, bytes, entry);
      reached_ = seq;
      more_ = seq + 1 < view_.tree_size;
      return true;
    });
  }

  Status FindBackwards(uint64_t first) {
    for (uint64_t end = first + 1; end > 0 && !enough();) {
      const uint64_t begin = end > kBlock ? end - kBlock : 0;
      std::vector<std::pair<uint64_t, std::string>> block;
      ENVLEDGER_RETURN_IF_ERROR(Read(begin, end, [&](uint64_t seq, std::string_view bytes, const EntryView&) {
        block.emplace_back(seq, bytes);
        return true;
      }));
      more_ = begin > 0;
      reached_ = begin;
      for (size_t i = block.size(); i > 0; --i) {
        if (enough()) {
          more_ = true;
          break;
        }
        const auto& [seq, bytes] = block[i - 1];
        const auto entry = CheckEntry(bytes);
        if (entry.ok()) Look(seq, bytes, *entry);
        reached_ = seq;
      }
      end = begin;
    }
    return Ok();
  }

  // The records of what was found. No record of an envelope stands before its place when that is the first of them.
  Status Collect() {
    uint64_t from = 0;
    if (matcher_.rule() == PlaceRule::kRequested) {
      from = std::min(found_.front().place, found_.back().place);
    }
    return Read(from, view_.tree_size, [&](uint64_t, std::string_view bytes, const EntryView& entry) {
      const auto wanted = envelopes_.find(std::string(FactsOf(entry.transition).envelope_id));
      if (wanted == envelopes_.end()) return true;
      auto record = DecodeRecord(bytes);
      if (!record.ok()) {
        page_.Problem(record.status().message());
        return true;
      }
      wanted->second.records.push_back(*std::move(record));
      wanted->second.entries.emplace_back(bytes);
      return true;
    });
  }

  void Answer() {
    uint64_t answered = reached_;
    for (const Found& found : found_) {
      if (page_.full()) return page_.ContinueAfter(answered);
      answered = found.place;
      StoredEnvelope& envelope = envelopes_.at(found.envelope_id);
      if (envelope.records.empty()) continue;  // answered already
      // At its place only: a later record of it does not count again.
      if (matcher_.PlaceOf(envelope.records) != found.place) continue;
      CheckRevisions(envelope.records);
      if (envelope.records.front().transition.stage == Stage::kRequested) page_.Judge(std::move(envelope));
      envelope.records.clear();
    }
    if (more_) page_.ContinueAfter(reached_);
  }

  void CheckRevisions(const std::vector<Record>& records) {
    for (size_t i = 0; i < records.size(); ++i) {
      if (records[i].revision == i) continue;
      page_.Problem("envelope " + records[i].transition.envelope_id + ": revision " + std::to_string(i) +
                    " is missing (entry " + std::to_string(records[i].seq) + " is revision " +
                    std::to_string(records[i].revision) + ")");
      return;
    }
  }

  const LedgerView& view_;
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  const Matcher matcher_;
  Page page_;
  std::vector<Found> found_;
  std::unordered_map<std::string, StoredEnvelope> envelopes_;
  uint64_t looked_at_ = 0;
  uint64_t reached_ = 0;  // the last entry that the first pass looked at
  bool more_ = false;     // whether there are entries beyond
};

}  // namespace

Result<QueryResponse> RunScan(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits) {
  return ScanRun(view, request, limits).Run();
}

}  // namespace envledger
