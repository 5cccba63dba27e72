#include "ledger/evidence/running_judge.h"

#include <utility>

#include "ledger/evidence/story.h"
#include "ledger/protocol/envelope_pages.h"

namespace envledger {
namespace {

constexpr size_t kNodeBytes = 128;  // list and map nodes

}  // namespace

RunningJudge::RunningJudge(QueryRequest query, size_t max_bytes)
    : query_(std::move(query)), matcher_(query_), max_bytes_(max_bytes) {}

size_t RunningJudge::Seen::MemoryBytes() const { return kNodeBytes + envelope_id.size() + judge.MemoryBytes(); }

Result<bool> RunningJudge::Passes(LedgerReader& reader, const Record& record) {
  const std::string& id = record.transition.envelope_id;
  std::optional<EnvelopeJudge> judge;
  if (const auto known = by_id_.find(id); known != by_id_.end()) {
    const auto place = known->second;
    bytes_ -= place->MemoryBytes();
    if (place->judge.records() == record.revision) judge = std::move(place->judge);
    by_id_.erase(known);
    seen_.erase(place);
  }
  if (!judge && record.revision == 0) judge.emplace(matcher_);
  if (judge) {
    judge->Add(record);
  } else {
    ENVLEDGER_ASSIGN_OR_RETURN(judge, UpTo(reader, record));
  }
  const bool passes = judge->Verdict().has_value();
  Keep(id, *std::move(judge));
  return passes;
}

Result<EnvelopeJudge> RunningJudge::UpTo(LedgerReader& reader, const Record& record) const {
  const std::string& id = record.transition.envelope_id;
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader, id));
  EnvelopeJudge judge(matcher_);
  RecordCheck check(id);
  while (check.last_seq() != record.seq) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string* entry, pages.Next());
    if (entry == nullptr) {
      return Corruption("envelope " + id + " was returned without entry " + std::to_string(record.seq));
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const Record earlier, DecodeRecord(*entry));
    ENVLEDGER_RETURN_IF_ERROR(check.Add(earlier).Prepend("envelope " + id + ": "));
    judge.Add(earlier);
  }
  return judge;
}

void RunningJudge::Keep(const std::string& envelope_id, EnvelopeJudge judge) {
  seen_.push_front({envelope_id, std::move(judge)});
  by_id_.emplace(seen_.front().envelope_id, seen_.begin());
  bytes_ += seen_.front().MemoryBytes();
  while (bytes_ > max_bytes_ && !seen_.empty()) {
    bytes_ -= seen_.back().MemoryBytes();
    by_id_.erase(seen_.back().envelope_id);
    seen_.pop_back();
  }
}

}  // namespace envledger
