// Answers a query from the entries alone, for comparison with what the indexes say.
//
// The places are those of any other answer (PlaceRule), so pages and cursors are the same. A page takes two passes. The
// first goes over the entries beyond the cursor, in the direction of the answer, and notes the envelopes whose records
// can give a place, until it has as many as the page may hold. The second goes over the log and collects the records of
// exactly those envelopes, because an envelope's later records may be anywhere after its place. What does not fit is
// left to the next page, starting from the last envelopes found, so the memory is that of a page. A page without any
// envelope costs no more than any other page. But if there is one, the time of the page is that of reading the log once
// and a part of it again; a request for a scan accepts that, and the daemon makes such answers apart from all others
// (api/audit_api).
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "ledger/base/siphash.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/protocol/match.h"
#include "ledger/query/answer.h"
#include "ledger/query/postings.h"

namespace envledger {
namespace {

constexpr uint64_t kBlock = 4096;  // entries read at once when going backwards

class ScanRun {
 public:
  ScanRun(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
      : view_(view),
        request_(request),
        limits_(limits),
        matcher_(request),
        effort_(limits.max_work, limits.unwanted),
        page_(view, request, limits) {}

  Result<QueryResponse> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(const PageStart start, StartOf(request_));
    const auto first = FirstBeyond(start.after, view_.tree_size, request_.descending);
    if (!first || *first >= view_.tree_size) return page_.Take();
    ENVLEDGER_RETURN_IF_ERROR(request_.descending ? FindBackwards(*first) : FindForwards(*first));
    if (!found_.empty()) ENVLEDGER_RETURN_IF_ERROR(Collect());
    Answer();
    page_.SetScanned(effort_.reads());
    return page_.Take();
  }

 private:
  struct Found {
    std::string envelope_id;
    uint64_t place = 0;  // as far as the first pass knows
  };
  // What the second pass has collected of an envelope.
  struct Gathered {
    Gathered(const Matcher& matcher, const AnswerLimits& limits) : judge(matcher), piece(limits) {}
    EnvelopeJudge judge;
    Piece piece;
    std::string problem;
    bool begins = true;  // the first record is `requested`
    uint64_t MemoryBytes() const { return judge.MemoryBytes() + piece.bytes(); }
  };

  bool full() const {
    return found_.size() >= page_.max_envelopes() || found_.size() >= limits_.max_records ||
           looked_at_ >= limits_.max_scanned;
  }
  // Whether the first pass may end.
  bool enough() { return full() || (found_.empty() ? effort_.spent() : effort_.Unwanted()); }

  // Reads entries in order. A missing or malformed entry is noted as a problem of the answer.
  Status Read(uint64_t from, uint64_t until,
              const std::function<bool(uint64_t, std::string_view, const EntryView&)>& visit) {
    uint64_t expected = from;
    bool stopped = false;
    ENVLEDGER_RETURN_IF_ERROR(view_.log->Scan(from, until, [&](uint64_t seq, std::string_view bytes) {
      if (seq != expected) page_.Problem("entry " + std::to_string(expected) + " is missing");
      expected = seq + 1;
      effort_.Entry(bytes.size());
      const auto entry = CheckEntry(bytes);
      if (!entry.ok()) {
        page_.Problem("entry " + std::to_string(seq) + ": " + entry.status().message());
        return true;
      }
      stopped = !visit(seq, bytes, *entry);
      return !stopped;
    }));
    if (!stopped && expected != until) page_.Problem("entry " + std::to_string(expected) + " is missing");
    return Ok();
  }

  // Whether the entry must be decoded to find out whether it can be a place.
  bool WorthALook(const EntryView& entry) const {
    if (entry.event) return false;
    return matcher_.rule() != PlaceRule::kRequested || entry.header.envelope_revision.value_or(0) == 0;
  }
  // The envelope whose place the entry can be, if any.
  std::optional<std::string> Look(uint64_t seq, std::string_view bytes) {
    auto record = DecodeRecord(bytes);
    if (!record.ok()) {
      page_.Problem("entry " + std::to_string(seq) + ": " + record.status().message());
      return std::nullopt;
    }
    if (!matcher_.CanPlace(*record) || (record->revision == 0 && matcher_.RulesOut(*record))) return std::nullopt;
    return std::move(record->transition.envelope_id);
  }
  void Note(std::string envelope_id, uint64_t seq) {
    const auto [envelope, fresh] = envelopes_.try_emplace(envelope_id, matcher_, limits_);
    if (fresh) gathered_bytes_ += envelope->second.MemoryBytes();
    // Going backwards, each record is nearer to the place than those found before, and Answer takes the last one.
    if (fresh || request_.descending) found_.push_back({std::move(envelope_id), seq});
  }

  Status FindForwards(uint64_t first) {
    return Read(first, view_.tree_size, [&](uint64_t seq, std::string_view bytes, const EntryView& entry) {
      if (WorthALook(entry)) {
        ++looked_at_;
        if (auto id = Look(seq, bytes)) Note(*std::move(id), seq);
      }
      reached_ = seq;
      more_ = seq + 1 < view_.tree_size;
      return !enough();
    });
  }

  // Reads blocks forwards, from the last to the first. Of a block, only the envelopes' ids are kept until their turn.
  Status FindBackwards(uint64_t first) {
    struct Looked {
      uint64_t seq = 0;
      bool counts = false;
      std::optional<std::string> envelope_id;
    };
    for (uint64_t end = first + 1; end > 0 && !enough();) {
      const uint64_t begin = end > kBlock ? end - kBlock : 0;
      std::vector<Looked> block;
      ENVLEDGER_RETURN_IF_ERROR(Read(begin, end, [&](uint64_t seq, std::string_view bytes, const EntryView& entry) {
        Looked& looked = block.emplace_back();
        looked.seq = seq;
        looked.counts = WorthALook(entry);
        if (looked.counts) looked.envelope_id = Look(seq, bytes);
        return true;
      }));
      more_ = begin > 0;
      reached_ = begin;
      for (size_t i = block.size(); i > 0; --i) {
        if (full()) {
          more_ = true;
          break;
        }
        Looked& looked = block[i - 1];
        if (looked.counts) ++looked_at_;
        if (looked.envelope_id) Note(*std::move(looked.envelope_id), looked.seq);
        reached_ = looked.seq;
      }
      end = begin;
    }
    return Ok();
  }

  // Collects the records of the envelopes found. If the place is the first record of an envelope, none is before it.
  Status Collect() {
    uint64_t from = 0;
    if (matcher_.rule() == PlaceRule::kRequested) {
      from = std::min(found_.front().place, found_.back().place);
    }
    return Read(from, view_.tree_size, [&](uint64_t, std::string_view bytes, const EntryView& entry) {
      if (entry.event) return !effort_.Unwanted();
      const auto wanted = envelopes_.find(std::string(FactsOf(entry.transition).envelope_id));
      if (wanted == envelopes_.end()) return !effort_.Unwanted();
      auto record = DecodeRecord(bytes);
      if (!record.ok()) {
        page_.Problem(record.status().message());
        return true;
      }
      Gather(*record, bytes, wanted->second);
      while (gathered_bytes_ > 2 * limits_.max_bytes && found_.size() > 1) LeaveOutLast();
      return !effort_.Unwanted();
    });
  }

  void Gather(const Record& record, std::string_view bytes, Gathered& envelope) {
    gathered_bytes_ -= envelope.MemoryBytes();
    const uint64_t due = envelope.judge.records();
    if (due == 0) envelope.begins = record.transition.stage == Stage::kRequested;
    if (record.revision != due && envelope.problem.empty()) {
      envelope.problem = "envelope " + record.transition.envelope_id + ": revision " + std::to_string(due) +
                         " is missing (entry " + std::to_string(record.seq) + " is revision " +
                         std::to_string(record.revision) + ")";
    }
    envelope.judge.Add(record);
    envelope.piece.Add(record.revision, std::string(bytes));
    gathered_bytes_ += envelope.MemoryBytes();
  }

  // Makes the page end before the envelope that was found last.
  void LeaveOutLast() {
    const std::string id = std::move(found_.back().envelope_id);
    found_.pop_back();
    reached_ = found_.back().place;
    more_ = true;
    const auto same = [&](const Found& found) { return found.envelope_id == id; };
    if (std::any_of(found_.begin(), found_.end(), same)) return;
    const auto envelope = envelopes_.find(id);
    gathered_bytes_ -= envelope->second.MemoryBytes();
    envelopes_.erase(envelope);
  }

  void Answer() {
    uint64_t answered = reached_;
    for (const Found& found : found_) {
      if (page_.full()) return page_.ContinueAfter(answered);
      answered = found.place;
      // An envelope is answered only at its place, not again at a later record.
      const auto at = envelopes_.find(found.envelope_id);
      if (at == envelopes_.end() || at->second.judge.place() != found.place) continue;
      Gathered& envelope = at->second;
      if (!envelope.problem.empty()) page_.Problem(std::move(envelope.problem));
      const auto roles = envelope.begins ? envelope.judge.Verdict() : std::nullopt;
      if (roles) page_.Add(found.envelope_id, *roles, std::move(envelope.piece), envelope.judge.records());
      envelopes_.erase(at);
    }
    if (more_) page_.ContinueAfter(reached_);
  }

  const LedgerView& view_;
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  const Matcher matcher_;
  Effort effort_;
  Page page_;
  std::vector<Found> found_;
  std::unordered_map<std::string, Gathered, KeyedHash> envelopes_;
  uint64_t gathered_bytes_ = 0;
  uint64_t looked_at_ = 0;
  uint64_t reached_ = 0;  // the last entry that the first pass looked at
  bool more_ = false;     // whether there are entries beyond
};

}  // namespace

Result<QueryResponse> RunScan(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits) {
  return ScanRun(view, request, limits).Run();
}

}  // namespace envledger
